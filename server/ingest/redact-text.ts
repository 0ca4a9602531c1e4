import { findObjectEnd, unescapePython } from '../python/python-repr-text.ts';

/**
 * Takes the values of secret keys out of text: Python reprs, whole or cut, JSON, either of them inside a string of the
 * other, query strings, `name=value` in objects' reprs and in lines of code.
 *
 * In: text, and which keys are secret. Out: the text, with `'[redacted]'` for their values. It looks for keys wherever
 * they stand instead of reading the whole as one value: a repr that is cut, or none, must not show more than a sound one.
 * Where it cannot tell the end of a value (Celery escapes no backslash) it takes too much rather than too little. Linear.
 */
export function redactKeys(text: string, isSecret: (key: string) => boolean): string {
  let shown = '';
  let done = 0;
  for (const { start, end, quote } of listValues(text, isSecret)) {
    if (start >= done) shown += text.slice(done, start) + quote + mark + quote;
    done = Math.max(done, end);
  }
  return shown + text.slice(done);
}

/** What is replaced, and the quotes that are put around the mark. */
interface Value {
  start: number;
  end: number;
  quote: string;
}

/** In order of their beginnings; they may overlap: a value may have keys in it, and seem to end before it does. */
function listValues(text: string, isSecret: (key: string) => boolean): Value[] {
  const values: Value[] = [];
  let work = 0;
  keyStart.lastIndex = 0;
  for (let found = keyStart.exec(text); found; found = keyStart.exec(text)) {
    const isBare = found[3] !== undefined;
    // Not past the colon: what looks like a key may be what stands between two strings.
    if (!isBare) keyStart.lastIndex = found.index + found[0].length;
    const key = isBare ? readBareKey(found) : readQuotedKey(text, found);
    if (key === null || !isSecretKey(key.name, isSecret)) continue;
    const value = findValue(text, key);
    if (value === null) continue;
    values.push(value);
    if (value.end === text.length) break;
    // Secrets in secrets, thousands deep: it is not worth the time to tell them apart.
    work += value.end - value.start;
    if (work > text.length * mostWork) return [{ start: 0, end: text.length, quote: '' }];
  }
  return values.sort((one, other) => one.start - other.start);
}

const mostWork = 20;

export const mark = '[redacted]';

/** A quote with the backslashes before it; or a name and what makes it a key. */
const keyStart = /(?<!\\)(\\*)(["'])|(?<![\p{L}\p{N}_-])([\p{L}_][\p{L}\p{N}_-]*)[ \t]*(=>|=(?!=)|:(?![:/]))/gu;

interface Key {
  name: string;
  /** After its colon. */
  end: number;
  /** In bare text a value ends earlier than in a repr. */
  kind: 'quoted' | 'named' | 'headed';
  /** As they stand before its closing quote, with it; empty for a bare one. */
  quote: string;
}

const longestKey = 256;

function readQuotedKey(text: string, found: RegExpExecArray): Key | null {
  const [opening, { length: depth } = '', quote = ''] = found;
  const start = found.index + opening.length;
  for (let at = text.indexOf(quote, start); at >= 0 && at - start <= longestKey; at = text.indexOf(quote, at + 1)) {
    const slashes = countSlashes(text, at, start);
    const colon = matchAt(colonAfterKey, text, at + 1);
    if (colon !== null && !looksLikeItems.test(text.slice(start, at))) {
      return { name: text.slice(start, at - slashes), end: at + 1 + colon.length, kind: 'quoted', quote: opening };
    }
    // A quote with more backslashes than the opening one belongs to the key.
    if (slashes <= depth) return null;
  }
  return null;
}

function readBareKey(found: RegExpExecArray): Key {
  const kind = found[4] === ':' ? 'headed' : 'named';
  return { name: found[3] ?? '', end: found.index + found[0].length, kind, quote: '' };
}

/** No name, but several with what stands between them. */
const looksLikeItems = /["']\s*[,:)\]}]|[,:([{]\s*\\*["']/;
const colonAfterKey = /\s{0,100}(?::|=>)/y;

function isSecretKey(name: string, isSecret: (key: string) => boolean): boolean {
  return isSecret(name.trim()) || (name.includes('\\') && isSecret(unescapePython(name).trim()));
}

function findValue(text: string, key: Key): Value | null {
  const start = key.end + (matchAt(key.kind === 'quoted' ? space : blank, text, key.end)?.length ?? 0);
  const opening = matchAt(stringStart, text, start);
  if (opening !== null) {
    const quote = toQuote(opening);
    return { start, end: endOfStrings(text, start, opening), quote };
  }
  const end = key.kind === 'named' ? endOfWord(text, start) : endOfBare(text, start, key);
  return end > start ? { start, end, quote: key.quote } : null;
}

const space = /\s*/y;
const blank = /[ \t]*/y;
const stringStart = /[bBrRuUfF]{0,2}\\*["']/y;

/** Printed over several lines, one string is written as several; and some languages double the quotes in it. */
function endOfStrings(text: string, start: number, opening: string): number {
  let end = endOfString(text, start + opening.length, opening);
  for (;;) {
    const gap = matchAt(space, text, end)?.length ?? 0;
    const next = matchAt(stringStart, text, end + gap);
    if (next === null || (gap === 0 && next !== opening)) return end;
    end = endOfString(text, end + gap + next.length, next);
  }
}

/** The index after the quote that closes what `opening` opened before `from`; the end of the text for one that is cut. */
function endOfString(text: string, from: number, opening: string): number {
  const quote = opening.at(-1)!;
  const depth = toQuote(opening).length - 1;
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    const slashes = countSlashes(text, at, from);
    if (slashes === depth) return at + 1;
    // It closes the string around this one.
    if (slashes < depth) return at - slashes;
    // One with more backslashes is escaped, or comes after one at the string's end: Celery's repr does not tell.
    if (matchAt(afterItem, text, at + 1) !== null) return text.length;
  }
  return text.length;
}

/** What comes after a string in a repr and in JSON. */
const afterItem = /\s*(?:[,)\]}:]|$)/y;

function toQuote(opening: string): string {
  return opening.replace(/^[a-z]+/i, '');
}

/** `name=value` of a query string, a call or an object's repr. */
function endOfWord(text: string, start: number): number {
  let at = start + (matchAt(authScheme, text, start)?.length ?? 0);
  for (;;) {
    at += matchAt(wordCharacters, text, at)?.length ?? 0;
    if (!'([{<'.includes(text[at] ?? ' ')) return at;
    at = endOfBrackets(text, at);
  }
}

const authScheme = /(?:bearer|basic|digest|negotiate|token)[ \t]+/iy;
const wordCharacters = /[^\s,;&"'\\()[\]{}<>]+/y;

/** An unquoted value of a repr, to the comma or bracket after it; after a bare `name:`, to the end of the line at most. */
function endOfBare(text: string, start: number, { kind }: Key): number {
  const before = kind === 'quoted' ? /[\w=(]\s*$/ : /[=(]\s*$/;
  for (let at = start; ;) {
    at += matchAt(kind === 'quoted' ? bareCharacters : lineCharacters, text, at)?.length ?? 0;
    const next = text[at];
    if (next === undefined) return at;
    const isOpening = '([{<'.includes(next);
    if (isOpening) at = endOfBrackets(text, at);
    else if (next === '"' || next === "'" || next === '\\') {
      const opening = matchAt(stringStart, text, at);
      // `str = 'x'` and, in a repr, `Secret'x'` go on; a quote after anything else closes what is around.
      const goesOn = at > start && before.test(text.slice(at - 3, at));
      if (opening === null) at++;
      else if (!goesOn) return at;
      else at = endOfString(text, at + opening.length, opening);
    } else return trimEnd(text, start, at);
  }
}

const bareCharacters = /[^,"'\\()[\]{}<]+/y;
const lineCharacters = /[^,;\r\n"'\\()[\]{}<]+/y;

function trimEnd(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length;
}

/** The index after the bracket that closes the one at `start`; the end of the text for a value that is cut. */
function endOfBrackets(text: string, start: number): number {
  if (text[start] === '<') return findObjectEnd(text, start) ?? text.length;
  let depth = 0;
  let hasObjects = true;
  bracketOrQuote.lastIndex = start;
  for (let found = bracketOrQuote.exec(text); found; found = bracketOrQuote.exec(text)) {
    const token = found[0];
    if (token === '<') {
      // Where one has no end, those in it have none that matters: each would be looked for to the end of the text.
      const end: number | null = hasObjects ? findObjectEnd(text, found.index) : null;
      hasObjects = end !== null;
      bracketOrQuote.lastIndex = end ?? found.index + 1;
    } else if ('([{'.includes(token)) depth++;
    else if (!')]}'.includes(token)) bracketOrQuote.lastIndex = endOfString(text, bracketOrQuote.lastIndex, token);
    else if (--depth === 0) return bracketOrQuote.lastIndex;
  }
  return text.length;
}

const bracketOrQuote = /[([{}\])<]|(?<!\\)\\*["']/g;

/** How many backslashes stand right before `at`, not before `from`. */
function countSlashes(text: string, at: number, from: number): number {
  let first = at;
  while (first > from && text[first - 1] === '\\') first--;
  return at - first;
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
