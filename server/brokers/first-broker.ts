import { AppError } from '../errors.ts';
import type { BrokerUrl } from './broker-url.ts';
import { toReason } from './reason.ts';

/**
 * Does something on the first broker of the list on which it can be done; undefined when `signal` came first.
 * @throws {AppError} `broker_unavailable` when there is none; what `work` itself refuses, as it is
 */
export async function onFirstBroker<T>(
  urls: readonly BrokerUrl[],
  signal: AbortSignal,
  work: (url: BrokerUrl) => Promise<T>,
): Promise<T | undefined> {
  const errors: string[] = [];
  for (const url of urls) {
    if (signal.aborted) return undefined;
    try {
      return await work(url);
    } catch (error) {
      if (error instanceof AppError) throw error;
      errors.push(toReason(error, url));
    }
  }
  const said = `The broker ${urls.map(({ masked }) => masked).join(';')} cannot be reached now: ${errors.join('; ')}`;
  throw new AppError('broker_unavailable', said);
}
