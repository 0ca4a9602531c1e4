/**
 * Every route of Flower's API, each with what a script asks of it and what it is answered, by two workers of `callee.py`:
 * `old@test`, which consumes `old` too, and `new@test`, which consumes `new`, scales itself and may restart its pool.
 */
import { expect } from 'vitest';
import { asJson, asText, failed, said, type Answer } from './answers.ts';

export interface Asked {
  /** What follows the route's path. */
  path?: string;
  form?: Record<string, string>;
  /** Text as it is, anything else as JSON. */
  body?: unknown;
  answer: Answer;
}

/** Of a route, in order. Questions are asked again until they are answered so, orders once. */
type Exchanges = readonly Asked[];

const any = <T>(kind: T): unknown => expect.any(kind) as unknown;
const text = (pattern: RegExp): unknown => expect.stringMatching(pattern) as unknown;
const all = (...items: unknown[]): unknown => expect.arrayContaining(items) as unknown;
const having = (fields: object): unknown => expect.objectContaining(fields) as unknown;
const unknownWorker = asText(404, "Unknown worker 'none@test'");
const unknownTask = asText(404, "Unknown task 'no.such'");
const noInt = asText(400, "Invalid argument 'abc' of type 'int'");
const notJson = failed(400, /JSON/);
const noRestarts = "Failed to restart the 'old@test' pool: ValueError('Pool restarts not enabled')";
const noAutoscale = "Failed to autoscale 'old@test' worker: ValueError('Autoscale not enabled')";

/** What makes tasks; their ids are ours, so that other routes can be asked for them. */
export const calls: Record<string, Exchanges> = {
  'POST /api/task/apply/': [
    {
      path: 'callee.add',
      body: { args: [1, 2], task_id: 'sum', queue: 'old', time_limit: 300, headers: { size: 200 } },
      answer: asJson({ 'task-id': 'sum', state: 'SUCCESS', result: 3 }),
    },
    {
      path: 'callee.fail?timeout=60',
      body: { args: ['boom'], task_id: 'failure', queue: 'new', retries: 200 },
      answer: asJson({
        'task-id': 'failure',
        state: 'FAILURE',
        result: "ValueError('boom')",
        traceback: text(/^Traceback/),
      }),
    },
    { path: 'no.such', answer: unknownTask },
    { path: 'callee.add', body: '{"args"', answer: notJson },
    { path: 'callee.add', body: [1], answer: failed(400, /JSON object/) },
    { path: 'callee.add', body: { args: 1 }, answer: failed(400, /args must be a list/) },
    { path: 'callee.add', body: { eta: 'soon' }, answer: failed(400, /eta 'soon' is no date/) },
  ],
  'POST /api/task/async-apply/': [
    {
      path: 'callee.add',
      body: { args: ['mo', 'ss'], task_id: 'moss', queue: 'new' },
      answer: asJson({ 'task-id': 'moss', state: text(/^(PENDING|STARTED|SUCCESS)$/) }),
    },
    { path: 'no.such', answer: unknownTask },
    { path: 'callee.add', body: { countdown: 'soon' }, answer: failed(400, /countdown/) },
  ],
  'POST /api/task/send-task/': [
    {
      path: 'callee.abortable',
      body: { task_id: 'abortable', queue: 'old' },
      answer: asJson({ 'task-id': 'abortable', state: text(/^(PENDING|STARTED)$/) }),
    },
    {
      path: 'callee.sleep',
      body: { args: [600], task_id: 'running', queue: 'old' },
      answer: asJson({ 'task-id': 'running', state: text(/^(PENDING|STARTED)$/) }),
    },
    {
      path: 'callee.sleep',
      body: { args: [600], task_id: 'waiting', queue: 'new', countdown: 600 },
      answer: asJson({ 'task-id': 'waiting', state: 'PENDING' }),
    },
    { path: 'callee.add', body: { expires: 'never' }, answer: failed(400, /expires/) },
  ],
};

const inspection = {
  ...Object.fromEntries(
    ['active', 'active_queues', 'registered', 'reserved', 'revoked'].map((key) => [key, any(Array)]),
  ),
  scheduled: any(Array),
  conf: any(Object),
  stats: having({ pid: any(Number), pool: any(Object) }),
  timestamp: any(Number),
};

export const questions: Record<string, Exchanges> = {
  'GET /api/workers': [
    { answer: asJson({ 'new@test': inspection, 'old@test': inspection }) },
    { path: '?refresh=True&workername=old%40test', answer: asJson({ 'old@test': inspection }) },
    { path: '?workername=new@test', answer: asJson({ 'new@test': inspection }) },
    { path: '?status=1', answer: asJson({ 'new@test': true, 'old@test': true }) },
    { path: '?workername=none@test', answer: unknownWorker },
    { path: '?refresh=maybe', answer: asText(400, "Invalid argument 'maybe' of type 'bool'") },
  ],
  'GET /api/tasks': [
    {
      path: '?taskname=callee.add&state=SUCCESS&sort_by=-received',
      answer: asJson({ moss: having({ worker: 'new@test' }), sum: having({ worker: 'old@test' }) }),
    },
    { path: '?search=kwargs:nothing', answer: asJson({}) },
    { path: '?search=%22', answer: failed(400, / at position \d+/) },
    { path: '?limit=x', answer: failed(400, /limit|'x'/) },
    { path: '?sort_by=clock', answer: failed(400, /sort_by|clock/) },
    { path: '?received_start=today', answer: failed(400, /today/) },
  ],
  'GET /api/task/types': [
    { answer: asJson({ 'task-types': ['callee.abortable', 'callee.add', 'callee.fail', 'callee.sleep'] }) },
  ],
  'GET /api/task/info/': [
    {
      path: 'sum',
      answer: asJson(
        having({
          ...{ uuid: 'sum', name: 'callee.add', state: 'SUCCESS', args: '(1, 2)', kwargs: '{}', result: '3' },
          ...{ worker: 'old@test', retries: 0, root_id: 'sum', parent_id: null, children: [], exception: null },
          ...{ received: any(Number), started: any(Number), succeeded: any(Number), runtime: any(Number) },
        }),
      ),
    },
    {
      path: 'failure',
      answer: asJson(having({ state: 'FAILURE', exception: "ValueError('boom')", worker: 'new@test' })),
    },
    { path: 'none', answer: asText(404, "Unknown task 'none'") },
  ],
  'GET /api/task/result/': [
    { path: 'sum', answer: asJson({ 'task-id': 'sum', state: 'SUCCESS', result: 3 }) },
    { path: 'moss?timeout=30', answer: asJson({ 'task-id': 'moss', state: 'SUCCESS', result: 'moss' }) },
    { path: 'running?timeout=0.1', answer: asJson({ 'task-id': 'running', state: 'STARTED' }) },
    { path: 'none', answer: asJson({ 'task-id': 'none', state: 'PENDING' }) },
    { path: 'sum?timeout=x', answer: failed(400, /'x'/) },
  ],
  'GET /api/queues/length': [
    {
      answer: asJson({
        active_queues: all({ name: 'celery', messages: 0 }, { name: 'new', messages: 0 }, { name: 'old', messages: 0 }),
      }),
    },
  ],
  'GET /healthcheck': [{ answer: asText(200, 'OK') }],
  'GET /metrics': [
    {
      answer: {
        ...{ status: 200, type: text(/^text\/plain; version=0\.0\.4/) as string },
        body: text(/^flower_events_total\{worker="old@test",type="task-succeeded",task="callee\.add"\} 1$/m),
      },
    },
  ],
};

/** What ends tasks. */
export const ends: Record<string, Exchanges> = {
  'POST /api/task/abort/': [{ path: 'abortable', answer: said("Aborted 'abortable'") }],
  'POST /api/task/revoke/': [
    { path: 'waiting', answer: said("Revoked 'waiting'") },
    { path: 'running', form: { terminate: 'true', signal: 'SIGKILL' }, answer: said("Revoked 'running'") },
    { path: 'none?terminate=maybe', answer: asText(400, "Invalid argument 'maybe' of type 'bool'") },
  ],
};

export const orders: Record<string, Exchanges> = {
  'POST /api/worker/pool/grow/': [
    { path: 'old@test?n=2', answer: said("Growing 'old@test' worker's pool by 2") },
    { path: 'new@test', answer: asText(403, text(/^Failed to grow 'new@test' worker's pool: .*autoscale/)) },
    { path: 'old@test?n=abc', answer: noInt },
    { path: 'none@test', answer: unknownWorker },
  ],
  'POST /api/worker/pool/shrink/': [
    { path: 'old%40test', form: { n: '1' }, answer: said("Shrinking 'old@test' worker's pool by 1") },
    { path: 'old@test?n=3', answer: asText(403, text(/^Failed to shrink 'old@test' worker's pool: the pool has 3,/)) },
    { path: 'old@test?n=0', answer: asText(400, text(/n must be a whole number/)) },
  ],
  'POST /api/worker/pool/autoscale/': [
    { path: 'new@test?min=1&max=4', answer: said("Autoscaling 'new@test' worker (min=1, max=4)") },
    { path: 'new@test?min=1', answer: asText(400, 'Missing argument max') },
    { path: 'old@test', form: { min: '1', max: '2' }, answer: asText(403, noAutoscale) },
  ],
  'POST /api/worker/pool/restart/': [
    { path: 'new@test', answer: said("Restarting 'new@test' worker's pool") },
    { path: 'old@test', answer: asText(403, noRestarts) },
  ],
  'POST /api/worker/queue/add-consumer/': [
    { path: 'old@test?queue=moss', answer: said('add consumer moss') },
    { path: 'new@test', form: { queue: 'moss' }, answer: said('add consumer moss') },
    { path: 'old@test', answer: asText(400, 'Missing argument queue') },
    { path: 'none@test?queue=q', answer: unknownWorker },
  ],
  'POST /api/worker/queue/cancel-consumer/': [
    { path: 'old@test?queue=moss', answer: said('no longer consuming from moss') },
    { path: 'new@test', answer: asText(400, 'Missing argument queue') },
  ],
  'POST /api/task/timeout/': [
    {
      path: 'callee.add',
      form: { workername: 'old@test', soft: '9.5', hard: '10' },
      answer: said('time limits set successfully'),
    },
    { path: 'callee.add?workername=new@test&hard=10', answer: said('time limits set successfully') },
    { path: 'no.such', form: { workername: 'old@test', soft: '1' }, answer: unknownTask },
    { path: 'callee.add?workername=none@test', answer: unknownWorker },
    {
      path: 'callee.add',
      form: { workername: 'old@test', soft: 'x' },
      answer: asText(400, "Invalid argument 'x' of type 'float'"),
    },
  ],
  'POST /api/task/rate-limit/': [
    {
      path: 'callee.dates',
      form: { workername: 'old@test', ratelimit: '10/m' },
      answer: said('new rate limit set successfully'),
    },
    { path: 'callee.dates?workername=new@test&ratelimit=200', answer: said('new rate limit set successfully') },
    { path: 'callee.dates?workername=new@test&ratelimit=0', answer: said('rate limit disabled successfully') },
    {
      path: 'callee.dates',
      form: { workername: 'old@test', ratelimit: 'fast' },
      answer: asText(403, text(/^Failed to set rate limit: 'Invalid rate limit string: .+'$/)),
    },
    { path: 'no.such?workername=old@test&ratelimit=1', answer: unknownTask },
  ],
};

/** Asked when all else was: the worker is gone after it. */
export const farewell: Record<string, Exchanges> = {
  'POST /api/worker/shutdown/': [
    { path: 'none@test', answer: unknownWorker },
    { path: 'old@test', answer: said('Shutting down!') },
  ],
};

/** `METHOD /path` with something to act on, of each route that acts. */
export const actingRequests = Object.keys({ ...calls, ...ends, ...orders, ...farewell }).map((route) => ({
  path: `${route.replace('POST ', '')}${route.includes('/worker/') ? 'old@test' : 'callee.add'}`,
}));
