/** Durations as people write them, `1h30m` or `500ms`; a plain number is in seconds. */

const unitS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
type Unit = keyof typeof unitS;

const combined = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/;
const plain = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;

/** Seconds of a number with units; null: it is none. */
export function readDurationWithUnit(text: string): number | null {
  if (!combined.test(text)) return null;
  let seconds = 0;
  for (const [, digits, unit] of text.matchAll(/([\d.]+)(ms|[smhdw])/g)) {
    // Divided, for 0.001 is no exact number.
    seconds += unit === 'ms' ? Number(digits) / 1000 : Number(digits) * unitS[unit as Unit];
  }
  return Number.isFinite(seconds) ? seconds : null;
}

/** Seconds of a number with or without units; null: it is none. */
export function readDuration(text: string): number | null {
  if (!plain.test(text)) return readDurationWithUnit(text);
  return Number.isFinite(Number(text)) ? Number(text) : null;
}

/** The text that reads as exactly this many seconds: with units where they are exact. */
export function printDuration(seconds: number): string {
  const text = seconds < 1 && seconds > 0 ? `${seconds * 1000}ms` : withUnits(seconds);
  return readDuration(text) === seconds ? text : String(seconds);
}

function withUnits(seconds: number): string {
  if (!Number.isInteger(seconds)) return `${seconds}s`;
  let rest = seconds;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / unitS[unit]);
    rest -= count * unitS[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
