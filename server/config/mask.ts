import type { Credentials } from './access-kinds.ts';
import type { SecretPart } from './option.ts';

const hidden = '***';

/**
 * One URL, or several with `;` between, fit to be shown: without what stands before the `@` but a user's name, and
 * without parameters named like a secret. Where a `;` might be part of a password, all that it could touch goes.
 */
export function maskUrl(url: string): string {
  const parts = url.split(/;(?=[a-z][\w+.-]*:\/\/)/i);
  const isAlike = new Set(parts.map((part) => part.includes('@'))).size === 1;
  return (isAlike ? parts : [url]).map(maskOneUrl).join(';');
}

function maskOneUrl(url: string): string {
  if (/^\/(?!\/)/.test(url)) return url; // A path: of a folder, or of a socket.
  const [, scheme = '', login, rest = ''] = /^\s*((?:[a-z][\w+.-]*:\/\/)?)([^]*@)?([^]*)$/i.exec(url) ?? [];
  const user = login === undefined ? '' : `${/^([\w.-]*):/.exec(login)?.[1] ?? hidden}:${hidden}@`;
  return scheme + user + maskParameters(rest);
}

function maskParameters(text: string): string {
  return text.replace(/([\w.-]+)=([^&;\s]*)/g, (whole, name: string) =>
    isSecretName(name) ? `${name}=${hidden}` : whole,
  );
}

/** Whether what is called so may be a secret: `password`, `ssl_key_password`, `AccountKey`; not `ssl_keyfile`. */
export function isSecretName(name: string): boolean {
  return /pass|pwd|secret|token|key|auth|signature|credential|cookie/i.test(name) && !/(file|keyprefix)$/i.test(name);
}

/** The URLs in a sentence, fit to be shown: a log line, or the message of an error from elsewhere. */
export function maskText(text: string): string {
  return text.replace(/[a-z][\w+.-]*:\/\/\S+/gi, maskUrl);
}

/** Strings of `broker_transport_options` that are no secret. */
const harmlessKeys = [
  'global_keyprefix',
  'fanout_prefix',
  'fanout_patterns',
  'master_name',
  'sep',
  'queue_order_strategy',
];

/** A value of an option, as text, without what is secret in it. */
export function maskValue(value: unknown, secret: SecretPart | undefined): string {
  switch (secret) {
    case 'all of it':
      return hidden;
    case 'of a url':
      return maskUrl(String(value));
    case 'passwords':
      return (value as readonly Credentials[]).map(({ user }) => `${user}:${hidden}`).join(',');
    case 'of an object':
      return JSON.stringify(value, (key, inner: unknown) =>
        typeof inner === 'string' && !harmlessKeys.includes(key) ? hidden : inner,
      );
    case undefined:
      return toPlainText(value);
  }
}

function toPlainText(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(',');
  if (typeof value === 'function') return 'a function';
  return typeof value === 'string' ? maskText(value) : JSON.stringify(value);
}
