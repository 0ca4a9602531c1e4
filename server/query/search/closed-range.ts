import type { Bound } from '../../language/query.ts';

/** A range with both bounds in it, perhaps infinite: what a loop over numbers compares with. */
export interface ClosedRange {
  low: number;
  high: number;
}

export function toClosedRange(from: Bound | null, to: Bound | null): ClosedRange {
  return {
    low: from === null ? -Infinity : from.inclusive ? from.value : nextNumber(from.value, 1),
    high: to === null ? Infinity : to.inclusive ? to.value : nextNumber(to.value, -1),
  };
}

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/** The number right after (1) or before (-1) this one, of all that a double can be. */
function nextNumber(value: number, direction: 1 | -1): number {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return direction * Number.MIN_VALUE;
  float[0] = value;
  bits[0]! += BigInt(value > 0 ? direction : -direction);
  return float[0];
}
