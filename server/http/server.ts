/**
 * In: requests on a TCP port or a Unix socket, with or without TLS. Out: answers of the API, the pages and the live
 * stream. It asks the query and live rooms, and never a store or a broker. Stopping it takes a bounded time.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ListenOptions } from 'node:net';
import { Access, type AccessOptions } from '../auth/access.ts';
import { AppError } from '../errors.ts';
import type { LiveFeed } from '../live/feed.ts';
import { createExpressApp, type ExpressOptions, type ExpressServices } from './express-app.ts';
import { openStream } from './stream.ts';
import { removeDeadSocket } from './unix-socket.ts';

export interface HttpOptions extends ExpressOptions, AccessOptions {
  /** Empty: all. */
  address: string;
  /** 0: any free one. */
  port: number;
  /** Where to listen instead of on a port; empty: not. */
  unixSocket: string;
  /** Files, in PEM. Empty: no TLS. */
  certfile: string;
  keyfile: string;
  caCerts: string;
}

export interface HttpServices extends Omit<ExpressServices, 'access' | 'now'> {
  feed: LiveFeed;
}

export interface HttpServer {
  /** `http://host:port/prefix`, or `unix:/path`. */
  url: string;
  /** Lets requests finish for `graceMs` (5 s unless told), then cuts them. */
  stop: (graceMs?: number) => Promise<void>;
}

/** Throws `bad_config` when it cannot listen, or a certificate cannot be read. */
export async function openHttpServer(options: HttpOptions, services: HttpServices): Promise<HttpServer> {
  const now = (): number => Date.now() / 1000;
  const urlPrefix = toUrlPrefix(options.urlPrefix);
  const access = new Access(options);
  const app = createExpressApp({ ...options, urlPrefix }, { ...services, access, now });
  const server = await createServer(options);
  server.on('request', app);
  setTimeouts(server);
  const { xheaders } = options;
  const stream = openStream(server, { urlPrefix, xheaders, access, feed: services.feed, log: services.log, now });
  await listen(server, options);
  server.on('error', (error) => services.log.error('The HTTP server failed', { error }));

  let stopped: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    stream.close();
    // A connection that was answering when this began is idle after its answer, and would be kept open.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const cut = setTimeout(() => {
      stream.cut();
      server.closeAllConnections();
    }, graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  };
  return { url: toUrl(server, options, urlPrefix), stop: (graceMs = 5000) => (stopped ??= stop(graceMs)) };
}

/** `flower/`, `/flower` → `/flower`; nothing → empty. */
export function toUrlPrefix(text: string): string {
  const inner = text.trim().replace(/^\/+|\/+$/g, '');
  return inner === '' ? '' : `/${inner}`;
}

async function createServer({ certfile, keyfile, caCerts }: HttpOptions): Promise<Server> {
  if (certfile === '' && keyfile === '') return createHttpServer();
  if (certfile === '' || keyfile === '') throw new AppError('bad_config', 'TLS needs both certfile and keyfile');
  const [cert, key, ca] = await Promise.all([
    readPem('certfile', certfile),
    readPem('keyfile', keyfile),
    caCerts === '' ? undefined : readPem('ca_certs', caCerts),
  ]);
  try {
    const asksClients = ca !== undefined;
    return createHttpsServer({ cert, key, ca, requestCert: asksClients, rejectUnauthorized: asksClients });
  } catch (cause) {
    const message = `certfile ${certfile} and keyfile ${keyfile} are no certificate and its key: ${toReason(cause)}`;
    throw new AppError('bad_config', message, undefined, { cause });
  }
}

async function readPem(option: string, path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new AppError('bad_config', `${option} cannot be read: ${toReason(cause)}`, undefined, { cause });
  });
}

/** Bounds for clients that send, or read, nothing. A WebSocket leaves them behind at its handshake. */
function setTimeouts(server: Server): void {
  server.headersTimeout = 15_000;
  server.requestTimeout = 60_000;
  // Longer than the minute that proxies keep theirs, so that none is closed under a request.
  server.keepAliveTimeout = 65_000;
  server.setTimeout(120_000);
}

async function listen(server: Server, { address, port, unixSocket }: HttpOptions): Promise<void> {
  if (unixSocket !== '') await removeDeadSocket(unixSocket);
  // As Flower's: the proxy in front of it runs as another user.
  const onPath: ListenOptions = { path: unixSocket, readableAll: true, writableAll: true };
  const onPort: ListenOptions = address === '' ? { port } : { port, host: address };
  const listening = once(server, 'listening');
  server.listen(unixSocket === '' ? onPort : onPath);
  await listening.catch((cause: unknown) => {
    const where = unixSocket === '' ? `port ${port}` : unixSocket;
    throw new AppError('bad_config', `Cannot listen on ${where}: ${toReason(cause)}`, undefined, { cause });
  });
}

function toUrl(server: Server, { address, unixSocket, certfile }: HttpOptions, urlPrefix: string): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return `unix:${unixSocket}`;
  const isEvery = ['', '0.0.0.0', '::'].includes(address);
  const host = isEvery ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return `${certfile === '' ? 'http' : 'https'}://${host}:${bound.port}${urlPrefix}`;
}

function toReason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
