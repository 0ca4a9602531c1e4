import type { Kind } from './option.ts';

const yes = ['y', 'yes', 't', 'true', 'on', '1'];
const no = ['n', 'no', 'f', 'false', 'off', '0'];

/** Whether a word is one of those that mean true or false. */
export function isBooleanWord(word: string): boolean {
  return yes.includes(word.toLowerCase()) || no.includes(word.toLowerCase());
}

export const boolean: Kind<boolean> = {
  placeholder: 'bool',
  accepts: 'true or false (also y/yes/t/on/1 and n/no/f/off/0)',
  isSwitch: true,
  read(raw) {
    if (typeof raw === 'boolean') return raw;
    const word = typeof raw === 'number' ? String(raw) : raw;
    if (typeof word !== 'string') return undefined;
    if (yes.includes(word.trim().toLowerCase())) return true;
    return no.includes(word.trim().toLowerCase()) ? false : undefined;
  },
};

/** Any text. `accepts` says what it should be; `pattern`, when given, makes sure. */
export function text(accepts: string, placeholder = 'text', pattern = /^[^]*$/): Kind<string> {
  return {
    placeholder,
    accepts,
    read: (raw) => (typeof raw === 'string' && pattern.test(raw) ? raw : undefined),
  };
}

export const path: Kind<string> = {
  placeholder: 'path',
  accepts: 'a path',
  isPath: true,
  // A NUL byte is the one thing no path may hold.
  read: (raw) => (typeof raw === 'string' && raw !== '' && !raw.includes('\0') ? raw : undefined),
};

export function integer(min: number, max: number): Kind<number> {
  return {
    placeholder: 'n',
    accepts:
      max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`,
    read(raw) {
      const value = typeof raw === 'string' && /^\s*[+-]?\d+\s*$/.test(raw) ? Number(raw) : raw;
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
        ? value
        : undefined;
    },
  };
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time in `unit`; text may carry a unit of its own, `10s`. `min` and `max` are in `unit`. */
export function duration(unit: 'ms' | 's' | 'h', min: number, max: number): Kind<number> {
  const names = { ms: 'milliseconds', s: 'seconds', h: 'hours' };
  return {
    placeholder: unit,
    accepts: `${names[unit]} from ${min} to ${max}, or a number with a unit: 500ms, 10s, 5m, 1h, 1d`,
    read(raw) {
      const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(typeof raw === 'number' ? String(raw) : toText(raw));
      if (match === null) return undefined;
      const value = (Number(match[1]) * (unitMs[match[2] ?? unit] ?? 1)) / (unitMs[unit] ?? 1);
      return value >= min && value <= max ? value : undefined;
    },
  };
}

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** How long something is kept, in seconds; text needs a unit, for nobody who writes 30 means seconds. */
export const age: Kind<number> = {
  placeholder: 'age',
  accepts: 'an age of a minute or more, with a unit: 90m, 12h, 30d, 8w',
  read(raw) {
    const match = /^\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*$/.exec(toText(raw));
    if (match === null) return undefined;
    const seconds = Number(match[1]) * (unitSeconds[match[2] ?? ''] ?? 0);
    return seconds >= 60 && seconds <= 100 * 366 * 86_400 ? seconds : undefined;
  },
};

const unitBytes: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** A size in bytes; text may carry a unit, `512MiB`. */
export function bytes(min: number): Kind<number> {
  return {
    placeholder: 'bytes',
    accepts: `bytes, ${min} or more, or a number with a unit: 100kB, 64MiB, 1GiB`,
    read(raw) {
      const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]i?b|b)?\s*$/i.exec(
        typeof raw === 'number' ? String(raw) : toText(raw),
      );
      if (match === null) return undefined;
      const value = Math.round(Number(match[1]) * (unitBytes[match[2]?.toLowerCase() ?? 'b'] ?? 1));
      return Number.isSafeInteger(value) && value >= min ? value : undefined;
    },
  };
}

export function choice<const Word extends string>(words: readonly Word[]): Kind<Word> {
  return {
    placeholder: 'word',
    accepts: `one of ${words.join(', ')}`,
    read: (raw) => words.find((word) => word === toText(raw).trim().toLowerCase()),
  };
}

/** Words from a fixed set, in the order given; `all` stands for every one. */
export function choices(words: readonly string[]): Kind<readonly string[]> {
  return {
    placeholder: 'a,b,…',
    accepts: `all, or some of ${words.join(', ')}, with commas between`,
    read(raw) {
      const parts = toParts(raw);
      if (parts?.length === 1 && parts[0] === 'all') return words;
      return parts?.every((part) => words.includes(part)) ? [...new Set(parts)] : undefined;
    },
  };
}

export const textList: Kind<readonly string[]> = {
  placeholder: 'a,b,…',
  accepts: 'texts with commas between',
  read: toParts,
};

/**
 * Names of keys, where `*` stands for any characters, and patterns between slashes, which may hold a comma; of a
 * JavaScript config file also regular expressions. What a pattern means is for those to say who use it.
 */
export const keysAndPatterns: Kind<readonly string[]> = {
  placeholder: 'a,/b/,…',
  accepts: 'names of keys and patterns with commas between: password,*token*,/4[0-9]{15}/i',
  read(raw) {
    const isList = Array.isArray(raw);
    const parts = isList ? raw.map((part: unknown) => (part instanceof RegExp ? String(part) : part)) : undefined;
    return toParts(parts ?? (typeof raw === 'string' ? splitRules(raw) : undefined));
  },
};

/** Commas within slashes part nothing. */
function splitRules(text: string): string[] {
  const rules = [...text.matchAll(/\s*(\/(?:\\.|[^\\/])+\/[a-z]*(?=\s*(?:,|$))|[^,]*)(?:\s*,|$)/gsy)].map(
    (match) => match[1] ?? '',
  );
  // Where the text ends, the last round finds nothing.
  return rules.at(-1) === '' && !text.trim().endsWith(',') ? rules.slice(0, -1) : rules;
}

/** Upper bounds of histogram buckets; a last `inf`, as Flower's users write it, is implied and left out. */
export const buckets: Kind<readonly number[]> = {
  placeholder: '1,5,…',
  accepts: 'rising numbers above 0 with commas between, such as 0.1,1,10,inf',
  read(raw) {
    const parts = Array.isArray(raw) ? raw.map(String) : toParts(raw);
    const numbers = parts?.map((part) => (/^\+?inf(inity)?$/i.test(part) ? Infinity : Number(part)));
    const rises = numbers?.every((value, i) => value > (numbers[i - 1] ?? 0));
    return rises ? numbers?.filter((value) => value !== Infinity) : undefined;
  },
};

/** An http or https URL. */
export const httpUrl: Kind<string> = {
  placeholder: 'url',
  accepts: 'a URL with http:// or https://',
  read: (raw) => (URL.canParse(toText(raw)) && /^https?:\/\//i.test(toText(raw)) ? toText(raw) : undefined),
};

/**
 * The URL of a broker or a result backend, as Celery writes it; several to fail over to stand with `;` between, or as
 * a list. Its text is read where its scheme is known; here it only must not be empty.
 */
export const celeryUrl: Kind<string> = {
  placeholder: 'url',
  accepts: 'a URL as Celery takes it, such as redis://localhost:6379/0 or amqp://user:password@localhost//',
  read(raw) {
    const value = Array.isArray(raw) && raw.every((part) => typeof part === 'string') ? raw.join(';') : toText(raw);
    return value.trim() === '' ? undefined : value.trim();
  },
};

/** An object, as JSON where it comes as text. */
export const jsonObject: Kind<Readonly<Record<string, unknown>>> = {
  placeholder: 'json',
  accepts: 'a JSON object',
  read(raw) {
    const value = typeof raw === 'string' ? parseJson(raw) : raw;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  },
};

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function toText(raw: unknown): string {
  return typeof raw === 'string' ? raw : '';
}

/** The parts of a text with commas between, or of a list, whose texts stay whole; `undefined` when one is empty. */
export function toParts(raw: unknown): string[] | undefined {
  const parts: unknown[] = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [];
  const words = parts.map((part) => toText(part).trim());
  return words.length > 0 && words.every((word) => word !== '') ? words : undefined;
}
