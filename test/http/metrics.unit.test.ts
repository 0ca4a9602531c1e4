import request from 'supertest';
import { expect, test } from 'vitest';
import { answerOf, startHttp } from '../helpers/http-server.ts';

test('metrics are for anyone, also where there is a password, in the format that Prometheus asks for', async () => {
  const metrics = { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: async () => 'up 1\n' };
  const { url } = await startHttp({ basicAuth: [{ user: 'ada', password: 'secret' }] }, { metrics });
  const answer = await answerOf(request(url).get('/metrics'));
  expect(answer).toMatchObject({ status: 200, text: 'up 1\n' });
  expect(answer.headers['content-type']).toBe(metrics.contentType);
  expect(answer.headers['cache-control']).toBe('no-store');
});
