import type { IncomingMessage } from 'node:http';

/**
 * Whether a WebSocket handshake comes from a page of our own: browsers let any page open one anywhere, and send its
 * Origin along. Without an Origin it is no browser that asks, and no visitor's rights are borrowed.
 * `xheaders`: behind a proxy, X-Forwarded-Host tells the host that the browser asked for.
 */
export function isSameOrigin(request: IncomingMessage, xheaders: boolean): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  const forwarded = xheaders ? request.headers['x-forwarded-host'] : undefined;
  const host = firstOf(forwarded) ?? request.headers.host;
  const from = readUrl(origin);
  // The scheme decides which port is left unsaid, so both are read with the same one.
  return from !== null && host !== undefined && from.host === readUrl(`${from.protocol}//${host}`)?.host;
}

/**
 * Whether a request that changes something may come from a page: only from one of our own. Browsers say of each request
 * where it comes from, in Sec-Fetch-Site, which no page can set, or else in Origin; whoever sends neither is no browser,
 * and no visitor's rights are borrowed.
 */
export function mayAct(request: IncomingMessage, xheaders: boolean): boolean {
  const site = request.headers['sec-fetch-site'];
  return site === undefined ? isSameOrigin(request, xheaders) : site === 'same-origin' || site === 'none';
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text?.split(',')[0]?.trim();
}

function readUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}
