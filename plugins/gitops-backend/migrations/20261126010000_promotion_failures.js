/**
 * What kept a merged promotion from arriving, so that each cause is an event of the promotion once.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table
      .text('failures')
      .nullable()
      .comment('JSON list of the codes that are in its timeline');
  });
  await knex.schema.alterTable('promotion_events', table => {
    table.string('code', 255).nullable().comment('Of a finding');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotion_events', table => {
    table.dropColumn('code');
  });
  await knex.schema.alterTable('promotions', table => {
    table.dropColumn('failures');
  });
};
