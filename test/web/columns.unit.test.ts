import { describe, expect, it } from 'vitest';
import { options } from '../../server/config/options.ts';
import {
  allColumns,
  moveColumn,
  ownColumns,
  readColumns,
  readWeights,
  resizeColumn,
  toggleColumn,
  toWidths,
  weightOf,
} from '../../web/src/models/columns.ts';

describe('the columns of the table', () => {
  it('are all that the option may name, and some more', () => {
    expect(readColumns(options.tasks_columns.default)).toEqual(options.tasks_columns.default);
    expect(allColumns).toEqual(expect.arrayContaining(['retries', 'revoked', 'exception', 'expires', 'eta']));
    expect(readColumns(['uuid', 'nonsense', 'constructor', 'uuid', 'state'])).toEqual(['uuid', 'state']);
    expect(readColumns(['nonsense'])).toBeNull();
    expect(readColumns(null)).toBeNull();
  });

  it('are moved, and stay within the table', () => {
    expect(moveColumn(['state', 'name', 'call'], 'call', -1)).toEqual(['state', 'call', 'name']);
    expect(moveColumn(['state', 'name'], 'state', -1)).toEqual(['state', 'name']);
    expect(moveColumn(['state', 'name'], 'name', 1)).toEqual(['state', 'name']);
  });

  it('are chosen, of which one is always left', () => {
    expect(toggleColumn(['state', 'name'], 'eta')).toEqual(['state', 'name', 'eta']);
    expect(toggleColumn(['state', 'name'], 'state')).toEqual(['name']);
    expect(toggleColumn(['name'], 'name')).toEqual(['name']);
  });
});

describe('their widths', () => {
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

  it('are the whole table, however many there are', () => {
    expect(sum(toWidths(ownColumns, {}))).toBeCloseTo(100);
    expect(sum(toWidths(allColumns, { name: 40 }))).toBeCloseTo(100);
  });

  it('change at the cost of the next column alone, and never to nothing', () => {
    const wider = resizeColumn(ownColumns, {}, 'name', 0.1);
    const total = sum(ownColumns.map((id) => weightOf(id, {})));
    expect(weightOf('name', wider) - weightOf('name', {})).toBeCloseTo(total / 10);
    expect(sum(ownColumns.map((id) => weightOf(id, wider)))).toBeCloseTo(total);
    expect(Object.keys(wider)).toEqual(['name', 'call']);
    expect(weightOf('name', resizeColumn(ownColumns, {}, 'name', -9))).toBe(3.5);
    expect(weightOf('call', resizeColumn(ownColumns, {}, 'name', 9))).toBe(3.5);
    expect(Object.keys(resizeColumn(ownColumns, {}, 'runtime', 0.01))).toEqual(['runtime', 'received']);
  });

  it('are read from what a browser kept, whatever that is', () => {
    expect(readWeights({ name: 20, nonsense: 3, call: 'wide', state: -4, worker: 1e9 })).toEqual({ name: 20 });
    expect(readWeights(null)).toEqual({});
    expect(readWeights('x')).toEqual({});
  });
});
