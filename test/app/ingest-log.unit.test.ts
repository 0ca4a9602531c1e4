import { expect, test } from 'vitest';
import { logIngest } from '../../server/ingest-log.ts';
import type { CommitChange } from '../../server/ingest/change.ts';
import { FakeLog } from '../helpers/http-server.ts';

test('the log says why messages are put aside, at once, and not for each of them', () => {
  const log = new FakeLog();
  let tell: (change: CommitChange) => void = () => undefined;
  let nowMs = 0;
  logIngest({ onState: () => undefined, onCommit: (listener) => (tell = listener) }, log, () => nowMs);
  const commit = (rejects: CommitChange['rejects']): void =>
    tell({
      tasks: [],
      alsoChanged: [],
      workers: [],
      counts: new Map(),
      tallies: [],
      events: { count: 0, last: [] },
      rejects,
    });
  const last = { reason: 'The body is pickled.', broker: 'amqp://localhost' };
  commit({ count: 0, last: null });
  expect(log.lines).toEqual([]);
  commit({ count: 2, last });
  for (nowMs = 500; nowMs < 60_000; nowMs += 500) commit({ count: 1, last });
  commit({ count: 0, last: null });
  expect(log.lines.map(({ fields }) => fields)).toEqual([{ count: 2, why: last.reason, broker: last.broker }]);
  commit({ count: 1, last });
  expect(log.lines.map(({ level, fields }) => [level, fields])).toEqual([
    ['warn', { count: 2, why: last.reason, broker: last.broker }],
    ['warn', { count: 120, why: last.reason, broker: last.broker }],
  ]);
});
