/**
 * Whether the pull request of a promotion that has ended is open again, and an index to find promotions by pull request.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table
      .boolean('reopened')
      .notNullable()
      .defaultTo(false)
      .comment('Whether its pull request is open although it has ended');
    table.index(['reopened'], 'promotions_reopened_idx');
    table.index(
      ['repository', 'pull_request_number'],
      'promotions_pull_request_idx',
    );
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.dropIndex([], 'promotions_pull_request_idx');
    table.dropIndex([], 'promotions_reopened_idx');
    table.dropColumn('reopened');
  });
};
