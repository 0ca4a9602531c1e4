/** Where the parts of a Python repr end, and what its escapes stand for: text only, see `python-repr.ts`. */

/** Whether what stands at `at` may follow a value: the end, a comma, a colon or a closing bracket. */
export function isValueEnd(text: string, at: number): boolean {
  const next = text[at];
  if (next === undefined || next === ')' || next === ']' || next === '}') return true;
  const after = text[at + 1];
  return (next === ',' && (after === ' ' || after === ')')) || (next === ':' && after === ' ');
}

/** The index after the bracket that closes the `<` or `(` at `at`; null when there is none. */
export function findObjectEnd(text: string, at: number): number | null {
  if (text[at] === '<') return findAngleEnd(text, at);
  return text[at] === '(' ? findCallEnd(text, at) : null;
}

/** Quotes in here are only text: `<it's>`. An arrow closes nothing. */
function findAngleEnd(text: string, start: number): number | null {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '<') depth++;
    else if (text[at] === '>' && text[at - 1] !== '-' && --depth === 0) return at + 1;
  }
  return null;
}

const quotedOrBracket = /"[^"\\]*(?:\\[^][^"\\]*)*"|'[^'\\]*(?:\\[^][^'\\]*)*'|[()[\]{}]/g;

function findCallEnd(text: string, start: number): number | null {
  let depth = 0;
  quotedOrBracket.lastIndex = start;
  for (let found = quotedOrBracket.exec(text); found; found = quotedOrBracket.exec(text)) {
    if ('([{'.includes(found[0])) depth++;
    else if (')]}'.includes(found[0]) && --depth === 0) return quotedOrBracket.lastIndex;
  }
  return null;
}

const letterEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\n': '',
};

/** Undoes the escapes of Python's `repr` of str; of bytes too, one character for each byte. */
export function unescapePython(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([^]))/g, toCharacter);
}

function toCharacter(
  escape: string,
  byte: string | undefined,
  unit: string | undefined,
  point: string | undefined,
  octal: string | undefined,
  letter: string | undefined,
): string {
  const hex = byte ?? unit ?? point;
  if (hex !== undefined) {
    const code = parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : escape;
  }
  if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
  // Python keeps the backslash of an escape that it does not know.
  return letter === undefined ? escape : (letterEscapes[letter] ?? (/['"\\]/.test(letter) ? letter : escape));
}
