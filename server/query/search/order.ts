/**
 * The one order of tasks: by the sort value, those without one last in either direction; equal ones newest row first, by
 * segment, then id. A row's place in it is two numbers, the lesser first: rank (infinite: no value) and tie.
 */
import { blockRows, type Codes, type NumberColumn, type Zones } from '../../store/columns.ts';
import { greatestOf, isSketched, leastOf, sketchOf, type SketchedColumn } from '../../store/number-sketch.ts';
import type { SearchSort } from '../search.ts';
import type { QuestionOf, SegmentPosition } from './question.ts';
import type { Scan } from './scan.ts';
import { beyondSketches, hasWithin, nearestRow } from './sketched-rows.ts';

export interface Place {
  rank: number;
  tie: number;
}

export function isBefore(a: Place, b: Place): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.tie < b.tie);
}

type Value = string | number | null;

/** A place before which no row of a block is. */
export interface Nearest extends Place {
  /** Not behind this rank a row of the block is that fits and is sought; null: that is not known. */
  sureRank: number | null;
}

/** How the rows of one segment are ordered; with `backward` from the last to the first. */
export interface SegmentOrder {
  placeOf(position: SegmentPosition): Place;
  /** The place before which no row of the block is, of those beyond `beyond`; null: no row of it is. */
  firstOf(block: number, beyond: Place | null): Place | null;
  /** Whether a block has values from all over, rather than those that follow on its neighbour's. */
  readonly isScattered: boolean;
  /** Whether there is a {@link nearestOf}, which needs what is in memory only. */
  readonly hasNearest: boolean;
  /** Whether a row of the block, also one that does not fit, may be beyond `beyond` and up to `until`, as far as memory tells. */
  reaches(block: number, beyond: Place | null, until: Place): Promise<boolean>;
  /** As `firstOf`, but only of the rows that may fit: mostly nearer to the first of them. */
  nearestOf(block: number, beyond: Place | null, fits: Uint8Array): Promise<Nearest | null>;
  /** The ranks of the rows of a block that may fit; what stands for the others is of no interest, and all until the next call. */
  ranks(block: number, fits: Uint8Array): Promise<Float64Array>;
  valueOf(rank: number): Value;
  /** Of a row. */
  tieOf(id: number): number;
  idOf(tie: number): number;
}

const isText = (key: SearchSort['key']): key is 'name' | 'state' | 'worker' =>
  key === 'name' || key === 'state' || key === 'worker';

export async function openOrder(scan: Scan, { sort, backward }: QuestionOf<'rows'>): Promise<SegmentOrder> {
  const { key, descending } = sort;
  if (isText(key)) return new TextOrder(scan, key, descending, backward, await scan.dictionary(key));
  return new NumberOrder(scan, key, descending, backward, await scan.reader.columns.zones(key));
}

interface Ranks {
  least: number;
  greatest: number;
}

/** What both kinds share: `way` is -1 backward. The rank of no value is infinite forward. */
abstract class Order implements SegmentOrder {
  protected readonly way: 1 | -1;
  protected readonly scratch = new Float64Array(blockRows);

  constructor(
    protected readonly scan: Scan,
    backward: boolean,
  ) {
    this.way = backward ? -1 : 1;
  }

  readonly isScattered: boolean = false;
  readonly hasNearest: boolean = false;

  async reaches(_block: number, _beyond: Place | null, _until: Place): Promise<boolean> {
    return true;
  }

  async nearestOf(block: number, beyond: Place | null, _fits: Uint8Array): Promise<Nearest | null> {
    return withoutSureRank(this.firstOf(block, beyond));
  }

  abstract ranks(block: number, fits: Uint8Array): Promise<Float64Array>;
  abstract valueOf(rank: number): Value;
  protected abstract rankOf(value: string | number): number;
  /** The least and greatest rank of rows with a value; null: none has. */
  protected abstract ranksOf(block: number): Ranks | null;

  placeOf({ value, id }: SegmentPosition): Place {
    return { rank: this.way * (value === null ? Infinity : this.rankOf(value)), tie: this.tieOf(id) };
  }

  tieOf(id: number): number {
    return this.way * -id;
  }

  idOf(tie: number): number {
    return -this.way * tie;
  }

  firstOf(block: number, beyond: Place | null): Place | null {
    return this.firstWithin(block, this.ranksOf(block), beyond);
  }

  /** As `firstOf` where these are the block's ranks. */
  protected firstWithin(block: number, ranks: Ranks | null, beyond: Place | null): Place | null {
    const from = block * blockRows;
    const tie = this.way === 1 ? this.tieOf(from + blockRows - 1) : this.tieOf(from);
    const hasValues = ranks !== null && (beyond === null || ranks.greatest >= beyond.rank);
    // Rows without a value come last, so first going backward, and then only those beyond a row without one.
    const mayLackValue = this.way === 1 || beyond === null || beyond.rank === -Infinity;
    if (!hasValues && !mayLackValue) return null;
    const least = hasValues ? ranks.least : Infinity;
    const rank = mayLackValue ? Math.min(least, this.way * Infinity) : least;
    return { rank: beyond && rank < beyond.rank ? beyond.rank : rank, tie };
  }
}

class NumberOrder extends Order {
  override readonly isScattered: boolean;
  override readonly hasNearest: boolean;
  readonly #sketched: SketchedColumn | null;
  readonly #sign: 1 | -1;

  constructor(
    scan: Scan,
    private readonly column: NumberColumn,
    descending: boolean,
    backward: boolean,
    private readonly zones: Zones,
  ) {
    super(scan, backward);
    this.#sign = descending ? -1 : 1;
    this.isScattered = isSketched(column);
    this.#sketched = isSketched(column) && scan.reader.columns.sketches ? column : null;
    this.hasNearest = this.#sketched !== null;
  }

  override async reaches(block: number, beyond: Place | null, until: Place): Promise<boolean> {
    const isBeyondNone = beyond === null || !Number.isFinite(beyond.rank);
    // Backward, rows without a value are the first of all.
    if (this.#sketched === null || !Number.isFinite(until.rank) || (this.way === -1 && isBeyondNone)) return true;
    const sketch = await this.scan.reader.sketch(this.#sketched, block);
    const sign = this.way * this.#sign;
    const last = sketchOf(sign * until.rank);
    const first = isBeyondNone ? null : sketchOf(sign * beyond.rank);
    return sign === 1 ? hasWithin(first ?? 1, last, sketch) : hasWithin(last, first ?? beyondSketches, sketch);
  }

  override async nearestOf(block: number, beyond: Place | null, fits: Uint8Array): Promise<Nearest | null> {
    const ranks = this.ranksOf(block);
    if (ranks === null) return withoutSureRank(this.firstWithin(block, null, beyond));
    const sketch = await this.scan.reader.sketch(this.#sketched!, block);
    const sign = this.way * this.#sign;
    const bound = beyond && Number.isFinite(beyond.rank) ? sketchOf(sign * beyond.rank) : null;
    const row = nearestRow(sign, bound, sketch, fits);
    if (row === -1) return withoutSureRank(this.firstWithin(block, null, beyond));
    const nearest = sketch[row]!;
    const [least, most] =
      sign === 1 ? [leastOf(nearest), greatestOf(nearest)] : [-greatestOf(nearest), -leastOf(nearest)];
    const place = this.firstWithin(block, { least, greatest: ranks.greatest }, beyond);
    // A row with the sketch of the place it has to be beyond may be on either side of it; beyond none is one with a value.
    const isSure = fits[row] === 2 && nearest !== bound && beyond?.rank !== Infinity;
    return place && { ...place, sureRank: isSure ? most : null };
  }

  protected rankOf(value: string | number): number {
    return this.#sign * Number(value);
  }

  protected ranksOf(block: number): Ranks | null {
    const sign = this.way * this.#sign;
    const [low, high] = [this.zones.low[block]!, this.zones.high[block]!];
    if (Number.isNaN(low)) return null;
    return sign === 1 ? { least: low, greatest: high } : { least: -high, greatest: -low };
  }

  async ranks(block: number, fits: Uint8Array): Promise<Float64Array> {
    const sign = this.way * this.#sign;
    const none = this.way * Infinity;
    const numbers = await this.scan.reader.numbers(this.column, block);
    const ranks = this.scratch;
    for (let i = 0; i < blockRows; i++) {
      if (fits[i] === 0) continue;
      const value = numbers[i]!;
      ranks[i] = Number.isNaN(value) ? none : sign * value;
    }
    return ranks;
  }

  valueOf(rank: number): Value {
    return Number.isFinite(rank) ? this.way * this.#sign * rank + 0 : null;
  }
}

const withoutSureRank = (place: Place | null): Nearest | null => place && { ...place, sureRank: null };

class TextOrder extends Order {
  /** In order. */
  readonly #texts: string[];
  readonly #rankOfCode: Float64Array;
  readonly #sign: 1 | -1;

  constructor(
    scan: Scan,
    private readonly column: 'name' | 'state' | 'worker',
    descending: boolean,
    backward: boolean,
    dictionary: readonly string[],
  ) {
    super(scan, backward);
    this.#sign = descending ? -1 : 1;
    const codes = Array.from(dictionary.keys()).slice(1);
    codes.sort((a, b) => this.#sign * compareTexts(dictionary[a]!, dictionary[b]!));
    this.#texts = codes.map((code) => dictionary[code]!);
    this.#rankOfCode = new Float64Array(dictionary.length).fill(this.way * Infinity);
    for (const [rank, code] of codes.entries()) this.#rankOfCode[code] = this.way * rank;
  }

  /** Of a text that is not in the segment: between those of its neighbours. */
  protected rankOf(value: string | number): number {
    const text = String(value);
    let low = 0;
    let high = this.#texts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#sign * compareTexts(this.#texts[middle]!, text);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return low - 0.5;
  }

  protected ranksOf(): Ranks | null {
    if (this.#texts.length === 0) return null;
    const last = this.#texts.length - 1;
    return this.way === 1 ? { least: 0, greatest: last } : { least: -last, greatest: 0 };
  }

  async ranks(block: number, fits: Uint8Array): Promise<Float64Array> {
    const codes: Codes = await this.scan.reader.codes(this.column, block);
    const ranks = this.scratch;
    for (let i = 0; i < blockRows; i++) {
      if (fits[i] !== 0) ranks[i] = this.#rankOfCode[codes[i]!] ?? this.way * Infinity;
    }
    return ranks;
  }

  valueOf(rank: number): Value {
    return Number.isFinite(rank) ? this.#texts[this.way * rank]! : null;
  }
}

/** Values of a column that rows are sorted by: none is last in either direction. */
export function compareValues(a: Value, b: Value, descending: boolean): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  const order = typeof a === 'string' ? compareTexts(a, String(b)) : a < Number(b) ? -1 : 1;
  return descending ? -order : order;
}

/** By UTF-16 code units. */
function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
