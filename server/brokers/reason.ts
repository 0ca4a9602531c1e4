import type { BrokerUrl } from './broker-url.ts';

/** What an error says, fit to be shown: without the URL's password, should a library or a broker quote it. */
export function toReason(error: unknown, { password }: Pick<BrokerUrl, 'password'>): string {
  const text = readMessage(error);
  // AMQP's default password is no secret, and is also the name of the default user.
  if (password === '' || password === 'guest') return text;
  return text.replaceAll(password, '**').replaceAll(encodeURIComponent(password), '**');
}

function readMessage(error: unknown): string {
  // Node's connect to a name with several addresses fails with one error for each, and an empty message of its own.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(readMessage).join(', ');
  return error instanceof Error ? error.message : String(error);
}
