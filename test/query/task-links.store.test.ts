import { expect, it } from 'vitest';
import { openTaskLinks } from '../../server/query/task-links.ts';
import { makeStore, onEveryEngine } from '../helpers/stores.ts';

onEveryEngine((engine) => {
  it('links a task and those that repeat it both ways, also after a restart', async () => {
    const store = await makeStore(engine);
    const first = await store.openWriter();
    const reader = await store.openReader();
    const linksOf = openTaskLinks(reader);
    await first.saveRerun({ uuid: 'second', retryOf: 'first' });
    await first.saveRerun({ uuid: 'third', retryOf: 'first' });
    await first.close();
    const writer = await store.openWriter();
    await writer.saveRerun({ uuid: 'fourth', retryOf: 'second' });
    expect(await linksOf('first')).toEqual({ retried_as: ['second', 'third'] });
    expect(await linksOf('second')).toEqual({ retry_of: 'first', retried_as: ['fourth'] });
    expect(await linksOf('third')).toEqual({ retry_of: 'first' });
    expect(await linksOf('none')).toEqual({});
    await Promise.all([reader.close(), writer.close()]);
    await store.remove();
  });
});
