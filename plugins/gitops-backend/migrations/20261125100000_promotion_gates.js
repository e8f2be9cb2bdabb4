/**
 * What the gates said of each promotion, and what of it was overridden.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table
      .text('gates')
      .nullable()
      .comment(
        'JSON list of GateResult, as they stood when it was let through',
      );
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.dropColumn('gates');
  });
};
