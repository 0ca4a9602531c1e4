import { describe, expect, it } from 'vitest';
import { readServerFacts, wasCutOff } from '../../server/brokers/redis-cut-off.ts';

const counting = (runId: string, cutOffs: number) => ({ runId, cutOffs });
const old = (runId: string) => ({ runId, cutOffs: null });
const caughtUp = { byServer: true, wasBehind: false } as const;
const behind = { byServer: true, wasBehind: true } as const;

describe('being cut off by Redis', () => {
  it.each([
    ['a server that counted one more', counting('a', 2), caughtUp, counting('a', 3), true],
    ['a server that counted no more', counting('a', 2), behind, counting('a', 2), false],
    ['an old server that had more for us', old('a'), behind, old('a'), true],
    ['an old server from which we had read all', old('a'), caughtUp, old('a'), false],
    ['a server that was started again', counting('a', 2), behind, counting('b', 3), false],
    ['a connection that we gave up ourselves', counting('a', 2), { byServer: false } as const, counting('a', 3), false],
    ['a server that does not say which one it is', null, behind, old('a'), false],
    ['the first connection', null, null, counting('a', 3), false],
  ])('is told by %s: %#', (_what, before, end, now, expected) => {
    expect(wasCutOff(before, end, now)).toBe(expected);
  });

  it('is read from INFO, of servers that count and of those that do not', () => {
    const server = '# Server\r\nredis_version:7.0.15\r\nrun_id:5fd6\r\ntcp_port:6379\r\n';
    expect(readServerFacts(server)).toEqual({ runId: '5fd6', cutOffs: null });
    expect(readServerFacts(`${server}# Stats\r\nclient_output_buffer_limit_disconnections:7\r\n`)).toEqual({
      runId: '5fd6',
      cutOffs: 7,
    });
    expect(readServerFacts('')).toBeNull();
  });
});
