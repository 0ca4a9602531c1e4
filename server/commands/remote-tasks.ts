/**
 * In: the address of a running Herbarium. Out: its tasks, over the API that everybody else uses too. An answer that
 * breaks off is an error, never a short one. The password is sent to that server alone, and is in no message.
 */
import { errorCodes, type ErrorBody } from '../contract/errors.ts';
import { writeSort, type ExportRequest, type SearchBody, type SearchRequest } from '../contract/search.ts';
import type { TaskBody } from '../contract/tasks.ts';
import { AppError } from '../errors.ts';
import type { TaskSource } from './task-source.ts';

export interface Address {
  /** With the prefix, and without a login. */
  url: string;
  user?: string;
  password?: string;
  signal: AbortSignal;
}

export function openRemoteTasks(address: Address): TaskSource {
  return {
    search: async (request) => (await (await ask(address, '/api/search', request)).json()) as SearchBody,
    tasks: (request) => readTasks(address, request),
    close: async () => undefined,
  };
}

async function* readTasks(
  address: Address,
  request: Omit<ExportRequest, 'format'>,
): AsyncIterable<Partial<TaskBody>[]> {
  const { body } = await ask(address, '/api/export', { ...request, format: 'ndjson' });
  if (body === null) return;
  try {
    for await (const lines of readLines(body)) yield lines.map((line) => JSON.parse(line) as Partial<TaskBody>);
  } catch (cause) {
    throw toFailure(address, 'broke off its answer', cause);
  }
}

async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    // Only a line feed ends a line: in the JSON of a task there is none.
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
  if (rest !== '') throw new Error('it broke off in the middle of a task');
}

type Asked = Partial<SearchRequest> & Partial<ExportRequest>;

async function ask(address: Address, path: string, { sort, columns, limit, ...texts }: Asked): Promise<Response> {
  const parameters = new URLSearchParams(Object.entries(texts).filter((pair) => pair[1] !== undefined));
  if (sort !== undefined) parameters.set('sort', writeSort(sort));
  if (columns !== undefined) parameters.set('columns', columns.join(','));
  if (limit !== undefined) parameters.set('limit', String(limit));
  const { url, user, password = '', signal } = address;
  const login = Buffer.from(`${user}:${password}`).toString('base64');
  const headers = user === undefined ? undefined : { Authorization: `Basic ${login}` };
  const response = await fetch(`${url}${path}?${parameters.toString()}`, { headers, signal }).catch(
    (cause: unknown) => {
      throw toFailure(address, 'does not answer', cause);
    },
  );
  if (!response.ok) throw await toAppError(address, response);
  return response;
}

/** What the server says is wrong, as if it had been found here. */
async function toAppError({ url }: Address, response: Response): Promise<AppError> {
  const text = await response.text();
  const body = readErrorBody(text);
  if (body?.code === 'unauthenticated') {
    return new AppError('unauthenticated', `${url} wants a login: give --basic-auth user:password, the right one`);
  }
  if (body) return new AppError(body.code, body.error, body.details);
  // Where no authentication is configured, Flower's refusal is a sentence.
  if (response.status === 401) return new AppError('unauthenticated_api', `${url} answers: ${text.slice(0, 200)}`);
  return new AppError(
    'not_supported',
    `${url} answers ${response.status}: is there a Herbarium, and under which path?`,
  );
}

function readErrorBody(text: string): ErrorBody | undefined {
  try {
    const body = JSON.parse(text) as ErrorBody;
    return errorCodes.includes(body.code) && typeof body.error === 'string' ? body : undefined;
  } catch {
    return undefined;
  }
}

function toFailure({ url }: Address, what: string, cause: unknown): AppError {
  const reason =
    cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
  return new AppError('store_unavailable', `${url} ${what}: ${reason}`, undefined, { cause });
}
