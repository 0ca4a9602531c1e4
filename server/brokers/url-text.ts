/**
 * A broker URL cut into its parts, and the same URL fit to be shown. Pure text; nothing here knows a default.
 */

/** The parts of one URL, percent-decoded as Python's `unquote` does it (`kombu.utils.url.url_to_parts`). */
export interface UrlParts {
  /** Lower case; empty when the text has no `://`. */
  scheme: string;
  user: string;
  password: string;
  host: string;
  port: number | null;
  /** Without its first slash. */
  path: string;
  query: Map<string, string>;
}

/** Why a text is no URL; the sentence never quotes from the text. */
export class UrlTextError extends Error {
  override readonly name = 'UrlTextError';
}

const escapeHint =
  'In a user name or password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, ; as %3B and % as %25';

/** Query parameters whose values are no secret. All others are masked, for we cannot know what they hold. */
const harmlessParameters = new Set(
  (
    'ssl ssl_cert_reqs ssl_ca_certs ssl_certfile ssl_keyfile ssl_check_hostname virtual_host db heartbeat connect_timeout ' +
    'login_method health_check_interval socket_timeout socket_connect_timeout socket_keepalive max_connections'
  ).split(' '),
);

/** Python's `unquote`: what is not a valid escape stays as it is. */
function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** The URLs of a failover list. */
export function splitUrls(text: string): string[] {
  return text
    .split(';')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}

/**
 * Cuts one URL. A text without `://` is a host, with a port perhaps.
 * @throws {UrlTextError}
 */
export function readUrlText(text: string): UrlParts {
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? [];
  if (rest.includes('://')) throw new UrlTextError('its scheme is not a name');
  if (rest.includes('#')) throw new UrlTextError(`it holds a raw #. ${escapeHint}`);
  const [, authority = '', path = '', search = ''] = /^([^/?]*)\/?([^?]*)\??(.*)$/s.exec(rest) ?? [];
  if (scheme === '' && /[@/?]/.test(rest)) {
    throw new UrlTextError('what is more than a host needs a scheme in front, as in amqp://user:password@host/vhost');
  }
  if (path.includes('@') || search.includes('@'))
    throw new UrlTextError(`it holds a raw @ after the host. ${escapeHint}`);
  const at = authority.lastIndexOf('@');
  const userinfo = at < 0 ? '' : authority.slice(0, at);
  const colon = userinfo.indexOf(':');
  return {
    scheme: scheme.toLowerCase(),
    user: decodePercent(colon < 0 ? userinfo : userinfo.slice(0, colon)),
    password: decodePercent(colon < 0 ? '' : userinfo.slice(colon + 1)),
    ...readHost(authority.slice(at + 1)),
    path: decodePercent(path),
    query: new Map(new URLSearchParams(search)),
  };
}

function readHost(text: string): { host: string; port: number | null } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text);
  if (!match) throw new UrlTextError('its host is not a name or an address; an IPv6 address is written as [::1]');
  const [, v6, name = '', portText = ''] = match;
  const port = portText === '' ? null : Number(portText);
  if (port !== null && !(/^\d+$/.test(portText) && port <= 65_535)) {
    throw new UrlTextError(
      'the port is not a number between 0 and 65535. Several brokers are separated by ; each with its own scheme. ' +
        escapeHint,
    );
  }
  return { host: decodePercent(v6 ?? name).toLowerCase(), port };
}

/**
 * The text with passwords, and query values that may be secret, replaced by `**`. Works for a failover list; in a text
 * that is no proper URL everything up to the last `@` goes, for there a password may stand anywhere.
 */
export function maskUrl(text: string): string {
  const masked = text.split(';').map((url) => maskProperUrl(url.trim()));
  return masked.every((url) => url !== null) ? masked.join(';') : maskAnyText(text);
}

/** Null when the text is no proper URL. */
function maskProperUrl(text: string): string | null {
  const match =
    /^((?:[a-z][a-z0-9+.-]*:\/\/)?)(?:([^@/?#:\s]*)(:[^@/?#\s]*)?@)?((?:\[[\da-f:.%]*\]|[^@/?#:\s[\]]*)(?::\d*)?(?:\/[^@?#]*)?)(\?[^#@]*)?$/i.exec(
      text,
    );
  if (!match) return null;
  const [, scheme = '', user, password, place = '', search = ''] = match;
  if (scheme === '' && (user !== undefined || place.includes('/'))) return null;
  const login = user === undefined ? '' : `${user}${password === undefined ? '' : password === ':' ? ':' : ':**'}@`;
  return scheme + login + place + maskQuery(search);
}

function maskAnyText(text: string): string {
  const scheme = /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const at = text.lastIndexOf('@');
  if (at < 0) return `${scheme}**`;
  const [place = '', search = ''] = text.slice(at + 1).split(/(?=\?)/s, 2);
  return `${scheme}**@${place}${maskQuery(search)}`;
}

function maskQuery(search: string): string {
  const masked = search.split('&').map((parameter) => {
    const [, name = '', value = ''] = /^(\??[^=]*)(=.*)?$/s.exec(parameter) ?? [];
    if (parameter === '' || harmlessParameters.has(name.replace('?', ''))) return parameter;
    return value === '' ? `${name.startsWith('?') ? '?' : ''}**` : `${name}=**`;
  });
  return masked.join('&');
}
