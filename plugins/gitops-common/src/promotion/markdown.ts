// What changes the direction of text makes it look like another one.
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Text from outside on one line: a line break in it must not start anything. */
export function oneLine(text: string): string {
  return text.replace(INVISIBLE, '').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/** Text from outside as code: a backtick in it must not end it, and nothing at all would begin none. */
export function inlineCode(text: string): string {
  return `\`${oneLine(text).replace(/`/g, "'") || ' '}\``;
}

/** The same in a table, where a bar must not end the cell. */
export function tableCode(text: string): string {
  return inlineCode(text).replace(/\|/g, '\\|');
}
