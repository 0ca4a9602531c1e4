import { toParts } from './kinds.ts';
import type { Kind } from './option.ts';

/** One user who may sign in with HTTP Basic authentication. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** `user:password,user2:password2`, or a list of them, where a password may hold a comma. */
export const credentials: Kind<readonly Credentials[]> = {
  placeholder: 'user:password,…',
  accepts: 'user:password pairs with commas between',
  read(raw) {
    const pairs = toParts(raw)?.map((pair) => /^([^:]+):([^]+)$/.exec(pair));
    if (pairs === undefined || pairs.includes(null)) return undefined;
    return pairs.map((pair) => ({ user: pair?.[1] ?? '', password: pair?.[2] ?? '' }));
  },
};

/** The characters of an e-mail address that a regular expression does not also use, `+` apart. */
const local = /^(?![.+])[\w!#%&'/=~.+-]*\*?[\w!#%&'/=~.+-]*$/;
const domain = /^(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/;

/**
 * The e-mail addresses that may sign in, each with at most one `*` before its `@`: `*@example.com`. Flower takes a
 * regular expression; of these only the forms that cannot match more than they seem to are read: exact addresses,
 * `|` between them, `.*` before the `@`, and `\.`. An unanchored one let strangers in (CVE-2022-30034).
 */
export const emailPatterns: Kind<readonly string[]> = {
  placeholder: 'emails',
  accepts: 'e-mail addresses with | between them, with at most one * before an @: me@example.com|.*@example\\.com',
  read(raw) {
    const texts = typeof raw === 'string' ? raw.split('|') : Array.isArray(raw) ? raw.map(String) : [];
    const patterns = texts.map(toEmailPattern);
    return patterns.length > 0 && !patterns.includes(undefined)
      ? patterns.filter((one) => one !== undefined)
      : undefined;
  },
};

function toEmailPattern(written: string): string | undefined {
  const plain = written.trim().replaceAll('.*', '*').replaceAll('\\.', '.');
  const at = plain.lastIndexOf('@');
  const before = plain.slice(0, at);
  return at > 0 && local.test(before) && domain.test(plain.slice(at + 1)) ? plain : undefined;
}

const providers = {
  google: 'GoogleAuth2LoginHandler',
  github: 'GithubLoginHandler',
  gitlab: 'GitLabLoginHandler',
  okta: 'OktaLoginHandler',
} as const;

type AuthProvider = keyof typeof providers;

/** Who signs people in, by a short name or by the Python path that Flower takes. */
export const authProvider: Kind<AuthProvider> = {
  placeholder: 'name',
  accepts: `google, github, gitlab or okta, or Flower's ${Object.values(providers)
    .map((name) => `flower.views.auth.${name}`)
    .join(', ')}`,
  read: (raw) =>
    (Object.keys(providers) as AuthProvider[]).find(
      (name) => raw === name || raw === `flower.views.auth.${providers[name]}`,
    ),
};

/** Where the pages stand: `''`, or a path with a slash before it and none after it. */
export const urlPrefix: Kind<string> = {
  placeholder: 'path',
  accepts: 'a path such as /flower, of letters, digits and . _ ~ - between its slashes',
  read(raw) {
    if (typeof raw !== 'string') return undefined;
    const trimmed = raw.trim().replace(/^\/+|\/+$/g, '');
    const parts = trimmed.split('/');
    if (trimmed === '') return '';
    return parts.every((part) => /^[\w.~-]+$/.test(part) && !/^\.+$/.test(part)) ? `/${trimmed}` : undefined;
  },
};

/** An address to listen on; `''` is every address. An IPv6 address may stand in brackets. */
export const address: Kind<string> = {
  placeholder: 'host',
  accepts: 'an IP address or a host name, without a port',
  read(raw) {
    if (typeof raw !== 'string') return undefined;
    const bare = raw.trim().replace(/^\[(.*)\]$/, '$1');
    return /^[\w.-]*$|^[\da-fA-F:.]+(%\w+)?$/.test(bare) ? bare : undefined;
  },
};

/** A folder, or a Postgres database. */
export const database: Kind<string> = {
  placeholder: 'folder|url',
  accepts: 'a folder, or a URL such as postgres://user:password@localhost/herbarium',
  isPath: true,
  read: (raw) =>
    typeof raw === 'string' && /^(postgres(ql)?:\/\/.+|(?![\w+.-]*:\/\/)[^\0]+)$/i.test(raw) ? raw : undefined,
};

/** A function of a JavaScript config file, which changes a task before it is shown. */
export const taskFormatter: Kind<(task: object) => unknown> = {
  placeholder: 'function',
  accepts: 'a function, in herbarium.config.js',
  read: (raw) => (typeof raw === 'function' ? (raw as (task: object) => unknown) : undefined),
};
