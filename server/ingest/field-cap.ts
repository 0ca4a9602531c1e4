/** How long one field of an event may be. What is longer is cut, and says at its end how much is missing. */

/**
 * A cut text is never longer than `maxLength`, so that it is not cut again. `before`: characters that are gone already;
 * `finish`: what is done with what is kept, which may make it a few characters longer.
 */
export function capText(text: string, maxLength: number, before = 0, finish = (kept: string) => kept): string {
  if (before === 0 && text.length <= maxLength) return text;
  const kept = withoutHalf(text.slice(0, maxLength - reserve));
  const gone = before + text.length - kept.length;
  return `${finish(kept)}… [cut: ${gone.toLocaleString('en-US')} characters]`;
}

/** A text and, when it was cut, the words at its end that say so. */
export function splitCut(text: string): { body: string; words: string } {
  const words = cutWords.exec(text.slice(-50))?.[0] ?? '';
  return { body: text.slice(0, text.length - words.length), words };
}

const cutWords = /… \[cut: [\d,]{1,20} characters\]$/;

/** A structure counts as the JSON it is stored as; one that is too long becomes text. */
export function capValue(value: unknown, maxLength: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const json = JSON.stringify(value) ?? '';
  return json.length > maxLength ? capText(json, maxLength) : value;
}

/** Characters beyond the cap that are looked at before the cut. */
export const overlap = 4096;

/** For the words at the end, and for the mark of a value that is redacted at the cut. */
const reserve = 64;

/** A pair of surrogates that was cut in two is no text for a database. */
function withoutHalf(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '');
}
