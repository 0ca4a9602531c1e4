import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockRows } from '../../server/store/columns.ts';
import { greatestOf, leastOf, sketchOf, toSketch } from '../../server/store/number-sketch.ts';

const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ noNaN: true, min: 0, max: 200_000 }),
  fc.constantFrom(0, -0, 2 ** -15, 2 ** -16, 1, 3, 2 ** 17, 131_000, Infinity, -Infinity, Number.MIN_VALUE),
);

describe('the sketch of a number', () => {
  it('is no less where the number is greater, and never that of none', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(sketchOf(Math.min(a, b))).toBeLessThanOrEqual(sketchOf(Math.max(a, b)));
        expect(sketchOf(a)).toBeGreaterThan(0);
        expect(sketchOf(a)).toBeLessThanOrEqual(0xffff);
      }),
      { numRuns: 2000 },
    );
    expect(sketchOf(NaN)).toBe(0);
  });

  it('says between what the number is', () => {
    fc.assert(
      fc.property(number, (each) => {
        const sketch = sketchOf(each);
        expect(leastOf(sketch)).toBeLessThanOrEqual(each);
        expect(greatestOf(sketch)).toBeGreaterThanOrEqual(each);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells numbers of usual size apart that differ by a thousandth', () => {
    for (let each = 1e-4; each < 100_000; each *= 1.7) {
      expect(sketchOf(each * 1.001)).toBeGreaterThan(sketchOf(each));
      expect(greatestOf(sketchOf(each)) / leastOf(sketchOf(each))).toBeLessThan(1.001);
    }
  });

  it('is made of each row of a block', () => {
    const numbers = Float64Array.from({ length: blockRows }, (_, i) => (i % 5 === 0 ? NaN : i / 7));
    expect([...toSketch(numbers)]).toEqual([...numbers].map(sketchOf));
  });
});
