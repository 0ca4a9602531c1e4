import { beforeEach, describe, expect, it } from 'vitest';
import { openOrders, type Orders } from '../../server/control/orders.ts';
import type { ControlAnswer, RemoteControl } from '../../server/control/remote-control.ts';

/** A worker that counts as many processes as before for a while after its pool was given another size. */
let processes: number[] | undefined;
let sent: string[];
let isBusy: boolean;
let orders: Orders;

const ask: RemoteControl['ask'] = async (method) => {
  sent.push(method);
  const ok: ControlAnswer =
    method === 'stats'
      ? { ok: true, value: { pool: { 'max-concurrency': 2, ...(processes && { processes }) } } }
      : isBusy
        ? { ok: false, error: 'busy' }
        : { ok: true, value: { ok: 'done' } };
  return new Map([['w@a', ok]]);
};
const shrink = (n: number) => orders.give('pool_shrink', { n }, 'w@a');

beforeEach(() => {
  [processes, sent, isBusy] = [[1, 2, 3], [], false];
  orders = openOrders({ ask, tell: () => Promise.resolve() }, 1000);
});

describe('a pool that is to be made smaller', () => {
  it('keeps a process, also while the worker still counts those that end', async () => {
    const refused = {
      ok: false,
      reason: expect.stringMatching(/^the pool has 3, and at least 1 has to stay/) as unknown,
    };
    expect(await shrink(3)).toEqual(refused);
    expect(sent).toEqual(['stats']);
    expect(await Promise.all([shrink(2), shrink(1)])).toMatchObject([{ ok: true }, { ok: false }]);
    expect(await shrink(1)).toMatchObject({ reason: expect.stringContaining('has 1,') as unknown });
  });

  it('may lose what it was given just before', async () => {
    await orders.give('pool_grow', { n: 2 }, 'w@a');
    expect(await shrink(5)).toMatchObject({ reason: expect.stringContaining('has 5,') as unknown });
    expect(await shrink(4)).toMatchObject({ ok: true });
    expect(await shrink(1)).toMatchObject({ ok: false });
  });

  it('may have become smaller in part when the worker did not do it', async () => {
    isBusy = true;
    expect(await shrink(2)).toEqual({ ok: false, reason: 'busy' });
    isBusy = false;
    expect(await shrink(2)).toMatchObject({ ok: false });
  });

  it('of threads is known by its limit', async () => {
    processes = undefined;
    expect(await shrink(2)).toMatchObject({ ok: false });
    expect(await shrink(1)).toMatchObject({ ok: true });
  });
});
