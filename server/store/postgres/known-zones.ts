import type { NumberColumn, Zones } from '../columns.ts';
import { isAsOf, toXid, writtenSince, type Moment } from './moment.ts';
import type { RunQuery } from './postgres-columns.ts';

const readZones = 'SELECT block, low, high FROM column_zones WHERE field = $1';

interface ZoneRow {
  block: number;
  low: number | null;
  high: number | null;
}

/** The zones of a column, which only ever widen, as far as a thread has read them. */
export class KnownZones {
  #low = new Float64Array(0);
  #high = new Float64Array(0);
  /** They are right as of then. */
  #seen: Moment | null = null;

  constructor(private readonly column: NumberColumn) {}

  /** Reads what was written since it was done last. */
  async refresh(query: RunQuery, moment: Moment): Promise<void> {
    const seen = this.#seen;
    if (seen && isAsOf(seen, moment)) return;
    const rows = seen
      ? await query<ZoneRow>(`${readZones} AND ${writtenSince('$2')}`, [this.column, toXid(seen)])
      : await query<ZoneRow>(readZones, [this.column]);
    this.#grow(rows.reduce((most, { block }) => Math.max(most, block + 1), 0));
    for (const { block, low, high } of rows) {
      if (low !== null && !(this.#low[block]! <= low)) this.#low[block] = low;
      if (high !== null && !(this.#high[block]! >= high)) this.#high[block] = high;
    }
    this.#seen = moment;
  }

  /** Of the first so many blocks. A copy. */
  upTo(blocks: number): Zones {
    this.#grow(blocks);
    return { low: this.#low.slice(0, blocks), high: this.#high.slice(0, blocks) };
  }

  #grow(blocks: number): void {
    if (blocks <= this.#low.length) return;
    this.#low = grown(this.#low, blocks);
    this.#high = grown(this.#high, blocks);
  }
}

function grown(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(length).fill(NaN);
  longer.set(values);
  return longer;
}
