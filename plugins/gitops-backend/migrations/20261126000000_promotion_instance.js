/**
 * The Argo CD instance that a promotion's entity looks in, so that it is followed where it was asked for.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table
      .text('instance')
      .nullable()
      .comment('Name of the one Argo CD instance to look in; all when null');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.dropColumn('instance');
  });
};
