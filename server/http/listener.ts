import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ListenOptions } from 'node:net';
import type { ErrorBody } from '../contract/errors.ts';
import { AppError } from '../errors.ts';
import { removeDeadSocket } from './unix-socket.ts';

export interface ListenerOptions {
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

/** A server that listens, before there is anything to serve: until `answer` it says that it is being started. */
export interface Listener {
  server: Server;
  /** `http://host:port`, or `unix:/path`. */
  url: string;
  /** Whom all requests go to from now on. */
  answer: (listener: RequestListener) => void;
}

/** Throws `bad_config` when it cannot listen, or a certificate cannot be read. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const server = await createServer(options);
  setTimeouts(server);
  server.on('request', sayStarting);
  await listen(server, options);
  const answer = (listener: RequestListener): void => {
    server.off('request', sayStarting);
    server.on('request', listener);
  };
  return { server, url: toUrl(server, options), answer };
}

/** What a probe or a proxy understands as "soon". */
const sayStarting: RequestListener = (_request, response) => {
  const body: ErrorBody = { error: 'Herbarium is being started.', code: 'store_unavailable' };
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1', connection: 'close' });
  response.end(JSON.stringify(body));
};

async function createServer({ certfile, keyfile, caCerts }: ListenerOptions): Promise<Server> {
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

async function listen(server: Server, { address, port, unixSocket }: ListenerOptions): Promise<void> {
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

function toUrl(server: Server, { address, unixSocket, certfile }: ListenerOptions): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return `unix:${unixSocket}`;
  const isEvery = ['', '0.0.0.0', '::'].includes(address);
  const host = isEvery ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return `${certfile === '' ? 'http' : 'https'}://${host}:${bound.port}`;
}

function toReason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
