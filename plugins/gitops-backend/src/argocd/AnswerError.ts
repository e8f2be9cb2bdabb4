/** An upstream answered, but with something that cannot be read. */
export class AnswerError extends Error {
  name = 'AnswerError';
}
