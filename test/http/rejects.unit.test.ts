import request from 'supertest';
import { expect, it } from 'vitest';
import { answerOf, openApi, sampleRejects, startHttp } from '../helpers/http-server.ts';

it('GET /api/rejects says what was put aside, and why', async () => {
  const { url } = await startHttp(openApi);
  const { status, body } = await answerOf(request(url).get('/api/rejects'));
  expect([status, body]).toEqual([200, sampleRejects]);
});
