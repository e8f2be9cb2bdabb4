/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('promotions', table => {
    table.comment('Promotions of image pins between environments');
    table.uuid('id').primary();
    table
      .string('repository', 512)
      .notNullable()
      .comment('URL of the infra repository');
    table.string('service', 255).notNullable();
    table.string('from_environment', 255).notNullable();
    table.string('to_environment', 255).notNullable();
    table
      .string('entity_ref', 512)
      .notNullable()
      .comment(
        'Entity that the promotion was asked for on; rights are checked on it',
      );
    table.string('state', 16).notNullable();
    table
      .string('open_key', 1024)
      .nullable()
      .unique()
      .comment(
        'Repository, service and target while the promotion holds them; null afterwards',
      );
    table.text('title').notNullable();
    table.text('changes').notNullable().comment('JSON list of PinChange');
    table.string('branch', 512).notNullable();
    table.string('base_commit', 64).notNullable();
    table.string('head_commit', 64).nullable();
    table.integer('pull_request_number').nullable();
    table.text('pull_request_url').nullable();
    table.string('requested_by', 512).notNullable();
    table.string('created_at', 24).notNullable().comment('ISO 8601 in UTC');
    table.string('updated_at', 24).notNullable().comment('ISO 8601 in UTC');
    table.string('merged_by', 512).nullable();
    table.string('merged_at', 24).nullable().comment('ISO 8601 in UTC');
    table.string('merge_commit', 64).nullable();
    table.text('error').nullable();
    table.index(['service', 'created_at']);
    table.index(['state']);
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('promotions');
};
