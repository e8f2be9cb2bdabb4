/**
 * Promotions of a version that a person names, and rollbacks: those have no environment that they come from.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table.setNullable('from_environment');
    table
      .text('version')
      .nullable()
      .comment('The version that was asked for, where a person named one');
    table
      .string('rollback_to', 64)
      .nullable()
      .comment('The commit that a rollback goes back to');
    table
      .text('undoes')
      .nullable()
      .comment('JSON list of the promotions that a rollback takes back');
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex('promotions')
    .whereNull('from_environment')
    .update({ from_environment: '' });
  await knex.schema.alterTable('promotions', table => {
    table.dropColumns('version', 'rollback_to', 'undoes');
    table.dropNullable('from_environment');
  });
};
