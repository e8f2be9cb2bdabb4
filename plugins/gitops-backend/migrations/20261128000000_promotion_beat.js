/**
 * Whether a promotion is being opened, as whoever opens it says again and again.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table
      .integer('beat')
      .notNullable()
      .defaultTo(0)
      .comment('Rises while it is being opened; no clock is compared');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.dropColumn('beat');
  });
};
