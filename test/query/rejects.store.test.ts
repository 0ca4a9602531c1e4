import { expect, it } from 'vitest';
import { openRejectsQuery } from '../../server/query/rejects.ts';
import { toBatch } from '../../server/ingest/batcher.ts';
import { makeStore, onEveryEngine } from '../helpers/stores.ts';

const reject = (at: number, reason: string, contentType: string | null = null) => ({
  at,
  broker: 'redis://localhost:6379/0',
  reason,
  routingKey: `key.${at}`,
  contentType,
  excerpt: `begins ${at}`,
});

onEveryEngine((engine) => {
  it('tells what was put aside by reason, the latest first', async () => {
    const store = await makeStore(engine);
    const writer = await store.openWriter();
    const reader = await store.openReader();
    const read = openRejectsQuery(reader, { showsExcerpts: true });
    expect(await read()).toEqual({ rejects: [] });
    const rejects = [
      ...[reject(1, 'no JSON'), reject(2, 'pickled', 'application/x-python-serialize')],
      ...[reject(3, 'no JSON', 'application/json'), reject(4, 'no JSON')],
    ];
    await writer.write({ ...toBatch([], []), rejects });
    const toGroup = (
      count: number,
      first: number,
      last: number,
      reason: string,
      contentType: string | null = null,
    ) => ({
      ...{ reason, broker: 'redis://localhost:6379/0', content_type: contentType, count, first, last },
      ...{ routing_key: `key.${last}`, excerpt: `begins ${last}` },
    });
    const groups = [
      toGroup(2, 1, 4, 'no JSON'),
      toGroup(1, 3, 3, 'no JSON', 'application/json'),
      toGroup(1, 2, 2, 'pickled', 'application/x-python-serialize'),
    ];
    expect(await read()).toEqual({ rejects: groups });
    expect(await openRejectsQuery(reader, { showsExcerpts: false })()).toEqual({
      rejects: groups.map((group) => ({ ...group, excerpt: null })),
    });
    await Promise.all([writer.close(), reader.close()]);
    await store.remove();
  });
});
