import request from 'supertest';
import { expect, test } from 'vitest';
import { AppError } from '../../server/errors.ts';
import { answerOf, FakeQueues, openApi, startHttp } from '../helpers/http-server.ts';

test('the lengths of queues are told as Flower tells them', async () => {
  const { url } = await startHttp(openApi);
  const answer = await answerOf(request(url).get('/api/queues/length'));
  expect(answer).toMatchObject({ status: 200, body: { active_queues: [{ name: 'celery', messages: 2 }] } });
});

test.each(['/api/queues/length', '/api/queues', '/api/broker'])('%s is 503 while the broker is away', async (path) => {
  const queues = new FakeQueues();
  queues.failure = new AppError('broker_unavailable', 'The broker cannot be reached now');
  const { url } = await startHttp(openApi, { queues });
  expect((await answerOf(request(url).get(path))).status).toBe(503);
});

test('the history of a queue is of the last day unless told otherwise, in order', async () => {
  const asked: unknown[] = [];
  const point = { at: 60, ready: 1, unacked: null, consumers: 2 };
  const depths = async (...range: unknown[]) => (asked.push(range), [point]);
  const { url } = await startHttp(openApi, { depths });
  const answer = await answerOf(request(url).get('/api/queues/history?queue=mail&to=86460'));
  expect(answer.body).toEqual({ queue: 'mail', from: 60, to: 86_460, points: [point] });
  expect(asked).toEqual([['mail', 60, 86_460]]);
});

test('the depths of all queues are told over the last day, too', async () => {
  const asked: unknown[] = [];
  const queues = [{ queue: 'mail', points: [{ at: 60, ready: 1 }] }];
  const allDepths = async (from: number, to: number) => (asked.push([from, to]), { from, to, step: 60, queues });
  const { url } = await startHttp(openApi, { allDepths });
  const answer = await answerOf(request(url).get('/api/queues/depths?to=86460'));
  expect(answer.body).toEqual({ from: 60, to: 86_460, step: 60, queues });
  expect(asked).toEqual([[60, 86_460]]);
  expect((await answerOf(request(url).get('/api/queues/depths?from=10&to=5'))).status).toBe(400);
});

test.each([
  ['', 'Missing argument queue'],
  ['?queue=mail&from=10&to=5', 'Invalid range: from (10) must be before to (5)'],
  ['?queue=mail&from=yesterday', "Invalid from 'yesterday'"],
])('a question for history that is none, %s, is refused', async (query, said) => {
  const { url } = await startHttp(openApi);
  const answer = await answerOf(request(url).get(`/api/queues/history${query}`));
  expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining(said) as string } });
});
