/**
 * When Argo CD was seen to have applied a merge, so that it is an event of the promotion once.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.string('synced_at', 24).nullable().comment('ISO 8601 in UTC');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.dropColumn('synced_at');
  });
};
