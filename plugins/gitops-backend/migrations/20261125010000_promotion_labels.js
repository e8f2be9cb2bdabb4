/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table
      .boolean('unlabelled')
      .notNullable()
      .defaultTo(false)
      .comment('Whether its pull request still lacks labels and reviewers');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.dropColumn('unlabelled');
  });
};
