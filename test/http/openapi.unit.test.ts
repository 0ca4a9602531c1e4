import { Validator } from '@seriousme/openapi-schema-validator';
import request from 'supertest';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import type * as callBody from '../../server/control/call-body.ts';
import type * as parameters from '../../server/http/parameters.ts';
import { makeApiDocument } from '../../scripts/openapi/make-document.ts';
import { Access } from '../../server/auth/access.ts';
import type { ApiDocument, ApiOperation } from '../../server/contract/api-document.ts';
import { AppError } from '../../server/errors.ts';
import { createExpressApp } from '../../server/http/express-app.ts';
import { toPathTemplate } from '../../server/http/openapi/document.ts';
import type { Operation } from '../../server/http/openapi/operation.ts';
import { operations } from '../../server/http/openapi/operations.ts';
import type { HttpOptions, HttpServices } from '../../server/http/server.ts';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { AnswerCheck } from '../helpers/api-answers.ts';
import { FakeCluster, openFakeCalls } from '../helpers/fake-calls.ts';
import { FakeSearch, numberedTasks, openFakeAnswers } from '../helpers/fake-search.ts';
import {
  FakeInspector,
  FakeOrders,
  FakeQueues,
  FakeTasks,
  fakeServices,
  openApi,
  plainOptions,
  startHttp,
} from '../helpers/http-server.ts';
import { sampleWorker } from '../helpers/samples.ts';

/** The schemas with which routes checked what came, in the order in which they did. */
const used: z.ZodType[] = vi.hoisted(() => []);

vi.mock('../../server/http/parameters.ts', async (importOriginal) => {
  const original = await importOriginal<typeof parameters>();
  const keep =
    <Result>(check: (schema: z.ZodType<Result>, parameters: Readonly<Record<string, string>>) => Result) =>
    (schema: z.ZodType<Result>, parameters: Readonly<Record<string, string>>): Result => {
      used.push(schema);
      return check(schema, parameters);
    };
  return { ...original, checkParameters: keep(original.checkParameters), checkForm: keep(original.checkForm) };
});
vi.mock('../../server/control/call-body.ts', async (importOriginal) => {
  const original = await importOriginal<typeof callBody>();
  const readCallBody = <Result>(schema: z.ZodType<Result>, text: string): Result => {
    used.push(schema);
    return original.readCallBody(schema, text);
  };
  return { ...original, readCallBody };
});

let document: ApiDocument;
let check: AnswerCheck;
// The compiler reads the types of all answers.
beforeAll(() => {
  document = makeApiDocument();
  check = new AnswerCheck(document);
}, 120_000);

const listed = operations.map(
  (operation) => [`${operation.method.toUpperCase()} ${operation.path}`, operation] as const,
);

describe('the document', () => {
  it('is one of OpenAPI 3.1, as a validator says', async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate({ ...structuredClone(document) })).toEqual({ valid: true });
  });

  it('has every route of the app, and no other', () => {
    expect(listed.map(([name]) => name).sort()).toEqual(listRoutes().sort());
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual(
      operations.map(({ method, path }) => `${method.toUpperCase()} ${toPathTemplate(path).path}`).sort(),
    );
  });

  it('names each request once, and has a schema for all that it refers to, and no other', () => {
    const ids = operations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const referred = new Set(
      [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
    );
    expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  it('describes every parameter and every field of a body in a sentence', () => {
    for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
      const fields = Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema }) =>
        Object.values(schema.properties ?? {}),
      );
      for (const { description } of [...operation.parameters, ...fields]) expect(description).toMatch(/^\S.+\.$/);
    }
  });
}, 60_000);

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
  /** Where it is mounted. */
  rawPath: string;
}

/** As the router has them, but for those of the pages, which end in one that takes every path. */
function listRoutes(): string[] {
  const access = new Access({ ...plainOptions, unauthenticatedApi: true });
  const app = createExpressApp(plainOptions, { ...fakeServices(), access, now: () => 0 });
  const list = (stack: Layer[], prefix: string): string[] =>
    stack.flatMap((layer) => {
      const { route, handle, rawPath } = layer;
      if (route) {
        const methods = Object.keys(route.methods).filter((method) => method !== '_all');
        return methods.map((method) => `${method.toUpperCase()} ${prefix}${route.path}`);
      }
      const arePages = handle.stack?.some((inner) => inner.route?.path === '/*path') ?? false;
      if (handle.stack === undefined || arePages) return [];
      return list(handle.stack, prefix + rawPath.replace(/\/$/, ''));
    });
  return list((app as unknown as { router: { stack: Layer[] } }).router.stack, '');
}

const rests: Record<string, string> = { worker: 'w%40heard', name: 'tasks.add', id: 't0' };
/** What the parameters that have to be there may be. */
const samples: Record<string, string> = {
  min: '1',
  max: '3',
  queue: 'mail',
  workername: 'w@heard',
  ratelimit: '10/m',
  timeout: '0',
};

function toRequestPath({ path }: Operation): string {
  const template = toPathTemplate(path);
  return template.rest === null ? path : template.path.replace(/\{\w+\}/, rests[template.rest]!);
}

function toQueryString({ query, form }: Operation, documented: ApiOperation): string {
  const required = new Set([
    ...documented.parameters.filter((each) => each.in === 'query' && each.required).map(({ name }) => name),
    ...Object.values(documented.requestBody?.content ?? {}).flatMap(({ schema }) => schema.required ?? []),
    ...((query ?? form)?.about['timeout'] === undefined ? [] : ['timeout']),
  ]);
  return new URLSearchParams([...required].map((name): [string, string] => [name, samples[name]!])).toString();
}

function documentedOf({ path, method }: Operation): ApiOperation {
  return document.paths[toPathTemplate(path).path]![method]!;
}

let services: Partial<HttpServices>;
let cluster: FakeCluster;
beforeEach(() => {
  used.length = 0;
  cluster = new FakeCluster();
  cluster.recorded.set('t0', { name: 'tasks.add', args: '(1,)', kwargs: '{}', exchange: '', routing_key: 'mail' });
  cluster.results.set('t0', {
    status: 'FAILURE',
    value: "ValueError('x')",
    traceback: 'Traceback',
    children: [],
  } as never);
  const workers = new WorkerRegistry(10);
  workers.apply({ workers: [sampleWorker({ hostname: 'w@heard' })], counts: new Map() });
  const inspector = new FakeInspector();
  inspector.inspections.set('w@heard', { registered: ['tasks.add'], stats: { pid: 1 }, timestamp: 1 });
  const tasks = new FakeTasks(numberedTasks(3));
  tasks.storedEvents.set('t0', [
    { type: 'task-sent', uuid: 't0', hostname: 'gen', timestamp: 1, clock: 1, pid: 1, queue: 'mail' },
  ]);
  services = {
    workers,
    inspector,
    tasks,
    orders: new FakeOrders(),
    calls: openFakeCalls(cluster),
    search: openFakeAnswers(Object.assign(new FakeSearch(), { stored: numberedTasks(3) })),
    depths: async () => [{ at: 60, ready: 1, unacked: null, consumers: 2 }],
  };
});

async function ask(operation: Operation, url: string, { query = '', headers = {}, body = '' } = {}) {
  const path = toRequestPath(operation);
  const asked = `${path}${query && `?${query}`}`;
  const sent = (operation.method === 'get' ? request(url).get(asked) : request(url).post(asked)).set(headers);
  const answer = await (body === '' ? sent : sent.type('json').send(body));
  const contentType = String(answer.headers['content-type']);
  return { method: operation.method, path, status: answer.status, contentType, text: answer.text };
}

describe.each(listed)('%s', (_name, operation) => {
  const start = async (options: Partial<HttpOptions> = openApi): Promise<string> =>
    (await startHttp(options, services)).url;
  const toQuery = (): string => toQueryString(operation, documentedOf(operation));

  it('checks what comes with the schemas of the document, and answers as it says', async () => {
    const answer = await ask(operation, await start(), { query: toQuery() });
    expect(answer).toMatchObject({ status: 200 });
    expect(check.findFaults(answer)).toEqual([]);
    const { query, form, body } = operation;
    const described = [query, form, body].filter((each) => each !== undefined).map(({ schema }) => schema);
    expect(used).toHaveLength(described.length);
    described.forEach((schema, i) => expect(used[i]).toBe(schema));
  }, 60_000);

  it('refuses as the document says', async () => {
    const answers = [
      await ask(operation, await start({}), { query: toQuery() }),
      await ask(operation, await start({ basicAuth: [{ user: 'ada', password: 'x' }] }), { query: toQuery() }),
      await ask(operation, await start({ ...openApi, readOnly: true }), { query: toQuery() }),
      await ask(operation, await start(), { query: toQuery(), headers: { Origin: 'http://elsewhere.example' } }),
      ...(operation.body ? [await ask(operation, await start(), { query: toQuery(), body: '{"args": 1}' })] : []),
    ];
    for (const name of Object.keys((operation.query ?? operation.form)?.about ?? {})) {
      answers.push(await ask(operation, await start(), { query: `${toQuery()}&${name}=${'%00%3A('.repeat(600)}` }));
    }
    expect(answers.flatMap((answer) => check.findFaults(answer))).toEqual([]);
  }, 60_000);

  it('fails as the document says, when nothing is known, and nothing can be reached', async () => {
    const failure = new AppError('store_unavailable', 'It is down');
    const tasks = new FakeTasks();
    const [queues, search] = [new FakeQueues(), new FakeSearch()];
    const answers = [];
    services = {
      ...services,
      tasks,
      workers: new WorkerRegistry(1),
      inspector: new FakeInspector(),
      calls: openFakeCalls(),
    };
    answers.push(await ask(operation, await start(), { query: toQuery() }));
    for (const each of [tasks, queues, search]) each.failure = failure;
    const fail = () => Promise.reject(failure);
    const without = openFakeCalls(Object.assign(new FakeCluster(), { hasResults: false }));
    const down = {
      search: openFakeAnswers(search),
      queues,
      status: fail,
      coverage: fail,
      rejects: fail,
      depths: fail,
      calls: without,
    };
    services = { ...services, ...down, apiDocument: '/nowhere' };
    answers.push(await ask(operation, await start(), { query: toQuery() }));
    expect(answers.flatMap((answer) => check.findFaults(answer))).toEqual([]);
  }, 60_000);
});
