/**
 * What is known of the upstreams, so that it survives a restart and every replica knows the same.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('upstreams', table => {
    table.comment('Upstreams that are followed, and who follows them');
    table
      .string('id', 512)
      .primary()
      .comment('Such as github:https://github.com/demo/infra, argocd:main');
    table
      .bigInteger('sequence')
      .notNullable()
      .defaultTo(0)
      .comment('Of the last change; rises by one with each');
    table.string('read_at', 24).nullable().comment('ISO 8601 in UTC');
    table.text('error').nullable().comment('Why the last look failed');
  });
  await knex.schema.createTable('upstream_entries', table => {
    table.comment('Last known state of each upstream, entry by entry');
    table.string('upstream', 512).notNullable();
    table.string('key', 1024).notNullable();
    table
      .bigInteger('sequence')
      .notNullable()
      .comment('The change that wrote the entry');
    table.text('value').nullable().comment('JSON; null where it is gone');
    table.primary(['upstream', 'key']);
    table.index(['upstream', 'sequence']);
  });
  await knex.schema.createTable('leases', table => {
    table.comment('Which process does what only one of them may do');
    table.string('id', 512).primary();
    table.string('holder', 64).nullable().comment('A process; null if free');
    table
      .bigInteger('beat')
      .notNullable()
      .defaultTo(0)
      .comment('Rises while the holder lives; no clock is compared');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('leases');
  await knex.schema.dropTable('upstream_entries');
  await knex.schema.dropTable('upstreams');
};
