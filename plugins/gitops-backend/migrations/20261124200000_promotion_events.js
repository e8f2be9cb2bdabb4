/**
 * What happened to each promotion, kept for ever, and the update of an open pull request that is under way.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('promotion_events', table => {
    table.comment('What happened to each promotion; never changed or deleted');
    table.bigIncrements('id').comment('In the order in which it was written');
    table.uuid('promotion').notNullable();
    table.string('at', 24).notNullable().comment('ISO 8601 in UTC');
    table.string('event', 16).notNullable();
    table
      .string('who', 512)
      .nullable()
      .comment('Entity ref, or login on the host; null where nobody did it');
    table.text('detail').nullable();
    table.index(['promotion', 'id']);
  });
  await knex.raw(
    `insert into promotion_events (promotion, at, event, who)
     select id, created_at, 'requested', requested_by from promotions`,
  );
  await knex.schema.alterTable('promotions', table => {
    table
      .text('intended')
      .nullable()
      .comment('JSON of the update of its pull request that is under way');
    table.index(['repository', 'head_commit']);
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.dropIndex(['repository', 'head_commit']);
    table.dropColumn('intended');
  });
  await knex.schema.dropTable('promotion_events');
};
