/**
 * Who is about to merge or to close a promotion, so that it is known whoever hears of it first; and an index for what was
 * merged into an environment.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.text('decision').nullable().comment('JSON: event, by');
    table.index(
      ['repository', 'service', 'to_environment', 'created_at'],
      'promotions_target_idx',
    );
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.dropIndex([], 'promotions_target_idx');
    table.dropColumn('decision');
  });
};
