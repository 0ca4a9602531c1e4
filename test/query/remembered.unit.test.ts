import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CountAnswer, QuestionOf, RowsAnswer, SegmentPosition } from '../../server/query/search/question.ts';
import { rememberAnswer } from '../../server/query/search/remembered.ts';
import type { SegmentData } from '../../server/store/segment-data.ts';

type RowsQuestion = QuestionOf<'rows'>;
type RowsAsked = Partial<Pick<RowsQuestion, 'limit' | 'until' | 'beyond' | 'backward'>>;

/** Rows of a segment by run time, some of them with the same, the last two with none. */
const inOrder: SegmentPosition[] = [0.5, 1, 1, 2, 2, 2, 3, null, null].map((value, i) => ({ value, id: 90 - i * 10 }));
/** Between segments, rows with the same value are before those of all older ones, and after those of all newer ones. */
const places = inOrder.flatMap(({ value, id }) => [id, Infinity, -Infinity].map((id) => ({ value, id })));

function isUpTo(row: SegmentPosition, until: SegmentPosition, backward: boolean): boolean {
  const rank = (value: unknown): number => (value === null ? 99 : Number(value));
  const [a, b] = [rank(row.value), rank(until.value)];
  if (a !== b) return a < b !== backward;
  return backward ? row.id <= until.id : row.id >= until.id;
}

class AskedSegment {
  version: number | null = 1;
  /** How often it had to look. */
  looks = 0;
  isInTime = true;
  readonly data = { version: async () => this.version } as SegmentData;

  rows(asked: RowsAsked): Promise<RowsAnswer> {
    const question: RowsQuestion & { where: null; exact: [] } = {
      kind: 'rows',
      where: null,
      exact: [],
      sort: { key: 'runtime', descending: false },
      backward: false,
      beyond: null,
      until: null,
      limit: 5,
      ...asked,
    };
    return rememberAnswer(this.data, question, async () => {
      this.looks++;
      return this.look(question);
    }) as Promise<RowsAnswer>;
  }

  look({ until, limit, backward }: Pick<RowsQuestion, 'until' | 'limit' | 'backward'>): RowsAnswer {
    const rows = backward ? [...inOrder].reverse() : inOrder;
    const found = rows.filter((row) => until === null || isUpTo(row, until, backward)).slice(0, limit);
    return { values: found.map(({ value }) => value), ids: found.map(({ id }) => id), partial: !this.isInTime };
  }
}

describe('a segment that is asked again', () => {
  it('tells the rows that looking would, however far it was asked before', async () => {
    const question = fc.record({
      until: fc.option(fc.constantFrom(...places)),
      limit: fc.integer({ min: 1, max: 12 }),
      backward: fc.boolean(),
    });
    const questions = fc.array(question, { minLength: 2, maxLength: 12 });
    const property = fc.asyncProperty(questions, async (questions) => {
      const segment = new AskedSegment();
      for (const asked of questions) {
        const { ids } = await segment.rows(asked);
        const { ids: expected } = segment.look(asked);
        // Rows behind `until` may be told too.
        expect(ids.slice(0, expected.length)).toEqual(expected);
        expect(ids.length).toBeLessThanOrEqual(asked.limit);
      }
    });
    await fc.assert(property, { numRuns: 2000 });
  });

  it('looks once for the same rows, for fewer of them, and for those up to a place before', async () => {
    const segment = new AskedSegment();
    const [, , third, , , sixth] = inOrder;
    await segment.rows({ limit: 8, until: sixth });
    for (const asked of [
      { limit: 8, until: sixth },
      { limit: 2, until: sixth },
      { limit: 8, until: third },
    ]) {
      await segment.rows(asked);
    }
    expect(segment.looks).toBe(1);
    await segment.rows({ limit: 8 });
    expect(segment.looks).toBe(2);
  });

  it('looks again for more rows than it was asked for', async () => {
    const segment = new AskedSegment();
    expect((await segment.rows({ limit: 3 })).ids).toHaveLength(3);
    expect((await segment.rows({ limit: 6 })).ids).toHaveLength(6);
    expect(segment.looks).toBe(2);
  });

  it('tells places in newer segments from those in older ones', async () => {
    const segment = new AskedSegment();
    await segment.rows({ beyond: { value: 1, id: Infinity } });
    await segment.rows({ beyond: { value: 1, id: -Infinity } });
    expect(segment.looks).toBe(2);
  });

  it('looks again once something has changed, as long as it cannot tell, and after it ran out of time', async () => {
    const segment = new AskedSegment();
    segment.isInTime = false;
    await segment.rows({});
    segment.isInTime = true;
    expect(await segment.rows({})).toMatchObject({ partial: false });
    segment.version = 2;
    await segment.rows({});
    expect(segment.looks).toBe(3);
    segment.version = null;
    await segment.rows({});
    await segment.rows({});
    expect(segment.looks).toBe(5);
  });

  it('does not keep the rows of an export', async () => {
    const segment = new AskedSegment();
    await segment.rows({ limit: 4000 });
    await segment.rows({ limit: 4000 });
    expect(segment.looks).toBe(2);
  });

  it('counts once, until something changes while it counts', async () => {
    const segment = new AskedSegment();
    let counted = 0;
    const count = (during: () => void): Promise<unknown> =>
      rememberAnswer(segment.data, { kind: 'count', where: null, exact: [] }, async (): Promise<CountAnswer> => {
        during();
        return { tasks: ++counted, partial: false };
      });
    await count(() => (segment.version = 2));
    expect(await count(() => {})).toEqual({ tasks: 2, partial: false });
    expect(await count(() => {})).toEqual({ tasks: 2, partial: false });
  });
});
