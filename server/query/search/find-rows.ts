/** The rows of a page, merged from the segments' answers: their places only, a few bytes a row, not the rows. */
import type { Segment } from '../../store/store.ts';
import type { Budget, PageRequest, Position } from '../search.ts';
import { compareValues } from './order.ts';
import type { Filter, QuestionOf, RowsAnswer, SegmentPosition } from './question.ts';
import { chooseSegments, isAfter, isBefore, isByTime, type Direction } from './segment-choice.ts';

export interface FoundRows {
  /** In order; backward, so from the last on, where rows before a place were asked for. */
  places: Position[];
  partial: boolean;
}

/**
 * Where all segments have rows of the page, each is first asked for as many of them as come to it if they are spread
 * evenly, and twice that: all together tell where the page ends, and hardly one has to be asked again. To ask the first
 * for a whole page takes it three times as long.
 */
const shares = 2;

/** What one segment is asked for. */
interface Step {
  segment: Segment;
  beyond: Position | null;
  limit: number;
}

export type RowsRequest = Filter & Pick<PageRequest, 'sort' | 'limit' | 'after' | 'before'>;

export async function findRows(segments: readonly Segment[], request: RowsRequest, budget: Budget): Promise<FoundRows> {
  return new RowSearch(request, budget).find(segments);
}

class RowSearch {
  readonly #request: RowsRequest;
  readonly #budget: Budget;
  readonly #isBackward: boolean;
  readonly #beyond: Position | null;
  readonly #direction: Direction;
  #places: Position[] = [];
  #isPartial = false;

  constructor(request: RowsRequest, budget: Budget) {
    this.#request = request;
    this.#budget = budget;
    this.#isBackward = request.before !== undefined;
    this.#beyond = request.before ?? request.after ?? null;
    const { key, descending } = request.sort;
    this.#direction = { key, isFalling: descending !== this.#isBackward };
  }

  async find(segments: readonly Segment[]): Promise<FoundRows> {
    const chosen = chooseSegments(segments, this.#request.where).filter(
      (segment) => !this.#beyond || !isBefore(segment, this.#beyond, this.#direction),
    );
    const { limit } = this.#request;
    const share = isByTime(this.#direction) ? limit : Math.min(limit, Math.ceil((shares * limit) / chosen.length));
    const inOrder = this.#direction.isFalling ? chosen : chosen.reverse();
    const waiting = inOrder.map((segment): Step => ({ segment, beyond: this.#beyond, limit: share }));
    const goOn = async (): Promise<void> => {
      for (let step = waiting.shift(); step; step = waiting.shift()) {
        const last = await this.#ask(step);
        if (last) waiting.push({ segment: step.segment, beyond: last, limit });
      }
    };
    // Often the first segment has the whole page; else two threads are asked at a time.
    if (isByTime(this.#direction) && waiting.length > 0) await this.#ask(waiting.shift()!);
    await Promise.all([goOn(), goOn()]);
    return { places: this.#places, partial: this.#isPartial };
  }

  /** @returns the last of the rows found if there may be more of interest behind it */
  async #ask({ segment, beyond, limit }: Step): Promise<Position | null> {
    const { where, exact, sort, limit: wanted } = this.#request;
    const last = this.#places.length === wanted ? this.#places.at(-1)! : null;
    if (last && isAfter(segment, last, this.#direction)) return null;
    if (last && beyond && this.#compare(last, beyond) <= 0) return null;
    if (performance.now() >= this.#budget.deadlineMs) {
      this.#isPartial = true;
      return null;
    }
    const question: QuestionOf<'rows'> = {
      kind: 'rows',
      where,
      exact,
      sort,
      backward: this.#isBackward,
      beyond: toSegmentPosition(beyond, segment),
      until: toSegmentPosition(last, segment),
      limit,
    };
    const { values, ids, partial } = (await segment.ask(question, this.#budget)) as RowsAnswer;
    this.#isPartial ||= partial;
    const found = ids.map((id, i): Position => ({ value: values[i]!, segment: segment.id, id }));
    this.#places = merge(this.#places, found, (a, b) => this.#compare(a, b)).slice(0, wanted);
    return limit < wanted && found.length === limit ? found.at(-1)! : null;
  }

  #compare(a: Position, b: Position): number {
    const order = comparePositions(a, b, this.#request.sort.descending);
    return this.#isBackward ? -order : order;
  }
}

/** Where a place of the whole history lies in one segment: of equal values the newest segment's come first. */
function toSegmentPosition(position: Position | null, segment: Segment): SegmentPosition | null {
  if (!position) return null;
  const { value } = position;
  if (segment.id === position.segment) return { value, id: position.id };
  return { value, id: segment.id < position.segment ? Infinity : -Infinity };
}

function merge<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): T[] {
  const merged: T[] = [];
  let at = 0;
  for (const item of a) {
    while (at < b.length && compare(b[at]!, item) < 0) merged.push(b[at++]!);
    merged.push(item);
  }
  return [...merged, ...b.slice(at)];
}

/** The order of {@link Position}. */
function comparePositions(a: Position, b: Position, descending: boolean): number {
  return compareValues(a.value, b.value, descending) || b.segment - a.segment || b.id - a.id;
}
