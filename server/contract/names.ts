/** A short string of AMQP. */
export const mostNameBytes = 255;

const encoder = new TextEncoder();

/** Whether a worker, its broker and its log can bear it as a name of a queue, a task, a worker… */
export function isName(text: string): boolean {
  return text !== '' && encoder.encode(text).length <= mostNameBytes && !/[\p{Cc}\p{Cs}]/u.test(text);
}
