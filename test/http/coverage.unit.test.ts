import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { CoverageRange } from '../../server/query/queries.ts';
import { answerOf, openApi, sampleCoverage, startHttp } from '../helpers/http-server.ts';

/** A server that answers the sample, and what it was asked. */
async function startCoverage() {
  const asked: CoverageRange[] = [];
  const coverage = (range: CoverageRange) => {
    asked.push(range);
    return Promise.resolve(sampleCoverage);
  };
  const { url } = await startHttp(openApi, { coverage });
  return { asked, get: (query: string) => answerOf(request(url).get(`/api/coverage${query}`)) };
}

describe('GET /api/coverage', () => {
  it('answers for the last 24 hours', async () => {
    const { asked, get } = await startCoverage();
    const { status, body } = await get('');
    expect([status, body]).toEqual([200, sampleCoverage]);
    expect(asked[0]!.to).toBeCloseTo(Date.now() / 1000, -1);
    expect(asked[0]!.to - asked[0]!.from).toBe(86_400);
    expect(asked[0]!.step).toBeUndefined();
  });

  it.each([
    ['?from=1700000000&to=1700003600.5&step=60', { from: 1_700_000_000, to: 1_700_003_600.5, step: 60 }],
    ['?from=2026-11-20T06:00:00Z&to=2026-11-20T07:00:00.250Z', { from: 1_795_154_400, to: 1_795_158_000.25 }],
    ['?from=2026-11-20T07:00:00+01:00&to=2026-11-20T05:30:00-0130', { from: 1_795_154_400, to: 1_795_158_000 }],
    ['?from=2026-11-20&to=2026-11-21', { from: 1_795_132_800, to: 1_795_219_200 }],
    ['?to=3600', { from: 0, to: 3600 }],
  ])('reads %s', async (query, range) => {
    const { asked, get } = await startCoverage();
    expect((await get(query)).status).toBe(200);
    expect(asked).toEqual([{ step: undefined, ...range }]);
  });

  it.each([
    ['?from=yesterday', 'from', /'yesterday'.*epoch seconds, or a date and time/],
    ['?from=2026-13-01', 'from', /'2026-13-01'/],
    ['?to=-5', 'to', /'-5'/],
    ['?to=99999999999999', 'to', /epoch seconds/],
    ['?step=1h', 'step', /'1h'.*whole number of seconds/],
    ['?step=0', 'step', /must not be 0/],
  ])('refuses %s, and says what is accepted', async (query, path, message) => {
    const { asked, get } = await startCoverage();
    const { status, body } = await get(query);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'bad_request',
      error: expect.stringMatching(message) as string,
      details: [{ path }],
    });
    expect(asked).toEqual([]);
  });

  it('names everything that is wrong', async () => {
    const { get } = await startCoverage();
    const { body } = await get('?from=x&to=y&step=z');
    expect((body as { details: unknown[] }).details).toHaveLength(3);
  });
});
