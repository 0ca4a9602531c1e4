import { describe, expect, it } from 'vitest';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import { blockRows } from '../../server/store/columns.ts';
import { successOf, taskEvent, uuidOf } from '../helpers/batches.ts';
import { columnsOf } from '../helpers/columns.ts';

const start = 1_700_000_000;
const charge = successOf(uuidOf(1), 0).reduce<Task | undefined>(reduceTask, undefined)!;
const waiting = reduceTask(undefined, taskEvent('sent', uuidOf(2), 7, { name: 'shop.ship', queue: 'slow' }));

describe('columns of tasks in memory', () => {
  const columns = columnsOf([undefined, charge, ...Array.from({ length: blockRows }, () => undefined), waiting]);

  it('hold each task at its row id', async () => {
    const [first, second] = await columns.numbers('received', 0, 2);
    expect([first![0], first![1], second![2]]).toEqual([NaN, start, start + 7]);
    const names = await columns.dictionary('name');
    const [codes] = await columns.codes('name', 1, 2);
    expect([names[codes![1]!], names[codes![2]!]]).toEqual(['', 'shop.ship']);
  });

  it('say of what numbers each block is', async () => {
    expect(await columns.zones('runtime')).toEqual({ low: Float64Array.of(0.2, NaN), high: Float64Array.of(0.2, NaN) });
    expect(columns.blocks).toBe(2);
  });

  it('know a row without a task by its state', async () => {
    const [codes] = await columns.codes('state', 0, 1);
    expect([...codes!.subarray(0, 3)]).toEqual([0, 1, 0]);
  });
});
