/** RabbitMQ's management API: what `broker_api` names. Its password goes into a header, and into no URL and no error. */

/** A management API that is busy answers within seconds, or not at all. */
const patienceMs = 5000;

export type ApiRecord = Readonly<Record<string, unknown>>;

/** Undefined: there is no such thing. @throws {Error} when it does not answer as it should */
export async function askRabbitApi(brokerApi: string, path: string): Promise<unknown> {
  const url = new URL(brokerApi);
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = url.password = '';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  const headers = login === ':' ? undefined : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  const answer = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(patienceMs) }).catch(
    (cause: Error) => {
      throw new Error(`broker_api at ${url.origin} cannot be reached: ${cause.message}`);
    },
  );
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`broker_api at ${url.origin} answers ${answer.status} ${answer.statusText}`);
  return answer.json();
}

/** A number somewhere in a record; null when it is not there. */
export function numberIn(record: unknown, ...path: string[]): number | null {
  const value = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), record);
  return typeof value === 'number' ? value : null;
}

export function isRecord(value: unknown): value is ApiRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
