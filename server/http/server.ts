/**
 * In: requests on a TCP port or a Unix socket, with or without TLS. Out: answers of the API, the pages and the live
 * stream. It asks the query and live rooms, and never a store or a broker. Stopping it takes a bounded time.
 */
import { Access, type AccessOptions } from '../auth/access.ts';
import type { LiveFeed } from '../live/feed.ts';
import { createExpressApp, type ExpressOptions, type ExpressServices } from './express-app.ts';
import { openListener, type ListenerOptions } from './listener.ts';
import { openStream, type LiveStream } from './stream.ts';

export interface HttpOptions extends ListenerOptions, ExpressOptions, AccessOptions {}

export interface HttpServices extends Omit<ExpressServices, 'access' | 'now'> {
  feed: LiveFeed;
}

export interface HttpServer {
  /** `http://host:port/prefix`, or `unix:/path`. */
  url: string;
  /** Answers from now on; until then every request is told to come again. */
  serve: (services: HttpServices) => void;
  /** Lets requests finish for `graceMs` (5 s unless told), then cuts them. */
  stop: (graceMs?: number) => Promise<void>;
}

/**
 * Listens. It comes before all that a start changes, so that one which cannot listen has changed nothing.
 * Throws `bad_config` when it cannot, or a certificate cannot be read.
 */
export async function openHttpServer(options: HttpOptions): Promise<HttpServer> {
  const now = (): number => Date.now() / 1000;
  const urlPrefix = toUrlPrefix(options.urlPrefix);
  const access = new Access(options);
  const { server, url, answer } = await openListener(options);
  let stream: LiveStream | undefined;
  const serve = (services: HttpServices): void => {
    const { feed, log } = services;
    answer(createExpressApp({ ...options, urlPrefix }, { ...services, access, now }));
    stream = openStream(server, { urlPrefix, xheaders: options.xheaders, access, feed, log, now });
    server.on('error', (error) => log.error('The HTTP server failed', { error }));
  };

  let stopped: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    stream?.close();
    // A connection that was answering when this began is idle after its answer, and would be kept open.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const cut = setTimeout(() => {
      stream?.cut();
      server.closeAllConnections();
    }, graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  };
  const shown = url.startsWith('unix:') ? url : `${url}${urlPrefix}`;
  return { url: shown, serve, stop: (graceMs = 5000) => (stopped ??= stop(graceMs)) };
}

/** `flower/`, `/flower` → `/flower`; nothing → empty. */
export function toUrlPrefix(text: string): string {
  const inner = text.trim().replace(/^\/+|\/+$/g, '');
  return inner === '' ? '' : `/${inner}`;
}
