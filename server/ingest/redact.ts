import { RE2JS } from 're2js';
import { AppError } from '../errors.ts';
import { mark, redactKeys } from './redact-text.ts';

/**
 * What nobody may read later: values under secret keys, and whatever fits secret patterns.
 *
 * In: rules as a person writes them. Out: a {@link Redactor}. Keys: `password`, `*token*`, with `*` for any characters,
 * in either case. Patterns: `/4[0-9]{15}/i`, in RE2's syntax, run by re2js in linear time: no input, however made, can
 * hold up ingest, which a backtracking engine cannot promise. To redact twice is to redact once.
 */
export class Redactor {
  readonly #keys: readonly KeyGlob[];
  readonly #patterns: readonly RE2JS[];
  /** Hits where no key can be secret, now and then; never misses where one is. Most texts are let through by it. */
  readonly #hint: RegExp | null;

  constructor(keys: readonly KeyGlob[], patterns: readonly RE2JS[]) {
    this.#keys = keys;
    this.#patterns = patterns;
    this.#hint = toHint(keys);
  }

  isSecretKey(key: string): boolean {
    const lower = key.toLowerCase();
    return this.#keys.some((glob) => fits(lower, glob));
  }

  text(text: string): string {
    const hasKey = this.#keys.length > 0 && (this.#hint?.test(text) ?? true);
    const shown = hasKey ? redactKeys(text, (key) => this.isSecretKey(key)) : text;
    return this.#patterns.reduce(redactPattern, shown);
  }

  /** The value of `key` in a structure, with all that is in it; `depth`: how deep it stands. */
  value(key: string | null, value: unknown, depth = 0): unknown {
    if (depth > deepest || (key !== null && this.isSecretKey(key))) return value === null ? null : mark;
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.text(String(value)) === String(value) ? value : mark;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.value(null, item, depth + 1));
    // Object.fromEntries defines its keys, so that `__proto__` is a key like any other.
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [this.text(name), this.value(name, field, depth + 1)]),
    );
  }
}

const deepest = 100;

/** @throws {AppError} `bad_config`, with the rule and what is accepted */
export function readRedactions(rules: readonly string[]): Redactor | null {
  const isPattern = (rule: string) => rule.startsWith('/');
  const keys = rules.filter((rule) => !isPattern(rule)).map((rule) => rule.toLowerCase().split(/\*+/));
  const patterns = rules.filter(isPattern).map(readPattern);
  return rules.length === 0 ? null : new Redactor(keys, patterns);
}

/** What stands between the stars. */
type KeyGlob = readonly string[];

function fits(key: string, glob: KeyGlob): boolean {
  const first = glob[0] ?? '';
  const last = glob.at(-1) ?? '';
  if (glob.length === 1) return key === first;
  if (key.length < first.length + last.length || !key.startsWith(first) || !key.endsWith(last)) return false;
  let at = first.length;
  for (const part of glob.slice(1, -1)) {
    const found = key.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= key.length - last.length;
}

/** A key has the longest piece of its glob in it; one that is not ASCII may be written in escapes. */
function toHint(globs: readonly KeyGlob[]): RegExp | null {
  const pieces = globs.map((glob) =>
    glob.reduce((longest, piece) => (piece.length > longest.length ? piece : longest)),
  );
  if (pieces.some((piece) => !/^[\w -]+$/.test(piece))) return null;
  return new RegExp(pieces.join('|') || '(?!)', 'iu');
}

const flagValues: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
  // All matches are replaced, and texts are Unicode, in any case.
  g: 0,
  u: 0,
};

function readPattern(rule: string): RE2JS {
  const accepted = 'accepted are keys such as password or *token*, and patterns such as /4[0-9]{15}/i in RE2 syntax';
  const [, source, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(rule) ?? [];
  const values = [...flags].map((flag) => flagValues[flag]);
  if (source === undefined || values.includes(undefined)) {
    throw new AppError('bad_config', `redact: ${rule} is no pattern of the form /pattern/flags; ${accepted}`);
  }
  const pattern = compile(source, values as number[], rule, accepted);
  if (pattern.test('')) throw new AppError('bad_config', `redact: ${rule} fits the empty text, and so everywhere`);
  return pattern;
}

function compile(source: string, flags: number[], rule: string, accepted: string): RE2JS {
  try {
    return RE2JS.compile(
      source,
      flags.reduce((all, flag) => all | flag, 0),
    );
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('bad_config', `redact: ${rule} cannot be read (${why}); ${accepted}`, undefined, { cause });
  }
}

/** What is redacted already is left alone, whatever the pattern. */
function redactPattern(text: string, pattern: RE2JS): string {
  if (!pattern.test(text)) return text;
  const parts = text.split(mark).map((part) => pattern.matcher(part).replaceAll(mark));
  return parts.join(mark);
}
