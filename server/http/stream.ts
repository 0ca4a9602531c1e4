/**
 * In: WebSocket handshakes at `/live` and what pages say there. Out: connections joined to the live feed, which alone
 * decides what is sent. It refuses whom the API would refuse, and pages of other sites; it keeps nothing about anyone.
 */
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Access } from '../auth/access.ts';
import { liveSubscribe, type LiveSubscribe } from '../contract/live.ts';
import type { LiveFeed } from '../live/feed.ts';
import type { Log } from '../log.ts';
import { basicChallenge } from './guard.ts';
import { answerWithoutUpgrade } from './ignored-upgrade.ts';
import { isSameOrigin } from './origin.ts';

export interface StreamOptions {
  /** Empty, or `/prefix`. */
  urlPrefix: string;
  xheaders: boolean;
  access: Access;
  feed: LiveFeed;
  log: Pick<Log, 'warn'>;
  /** Epoch seconds. */
  now: () => number;
  /** A page that has not answered a ping by the next one is gone. */
  pingEveryMs?: number;
  maxPages?: number;
}

export interface LiveStream {
  /** Tells every page that the server stops, and lets nobody in any more. */
  close(): void;
  /** Cuts what is still open. */
  cut(): void;
}

/** A page's whole list of topics fits many times over. */
const maxMessageBytes = 16 * 1024;

/** Takes over the WebSocket handshakes of `server`. */
export function openStream(server: Server, options: StreamOptions): LiveStream {
  const { pingEveryMs = 15_000, log } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  const unanswered = new WeakSet<WebSocket>();
  const pings = setInterval(() => ping(sockets.clients, unanswered), pingEveryMs).unref();
  let isOpen = true;

  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (!isWebSocket(request) && answerWithoutUpgrade(server, request, socket)) return;
    judge(request, sockets.clients.size, options)
      .then((refusal) => {
        if (refusal !== null) refuse(socket, refusal);
        else if (!isOpen) refuse(socket, 503);
        else sockets.handleUpgrade(request, socket, head, (page) => join(page, options.feed, unanswered));
      })
      .catch((error: unknown) => {
        log.warn('A live page could not be let in', { error });
        socket.destroy();
      });
  });

  return {
    close() {
      isOpen = false;
      clearInterval(pings);
      for (const page of sockets.clients) page.close(1001, 'The server stops');
    },
    cut() {
      for (const page of sockets.clients) page.terminate();
    },
  };
}

/** The HTTP status to refuse a handshake with, or null. */
async function judge(request: IncomingMessage, pages: number, options: StreamOptions): Promise<number | null> {
  const { urlPrefix, xheaders, access, now, maxPages = 1000 } = options;
  const path = (request.url ?? '').split('?')[0];
  if (!isWebSocket(request)) return 400;
  if (path !== `${urlPrefix}/live`) return 404;
  if (!isSameOrigin(request, xheaders)) return 403;
  if ((await access.toApi(request, now())) !== 'granted') return 401;
  return pages >= maxPages ? 503 : null;
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

function refuse(socket: Socket, status: number): void {
  const challenge = status === 401 ? `WWW-Authenticate: ${basicChallenge}\r\n` : '';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${challenge}Connection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

function join(page: WebSocket, feed: LiveFeed, unanswered: WeakSet<WebSocket>): void {
  const client = feed.join({
    send: (text) => page.send(text),
    get bufferedBytes() {
      return page.bufferedAmount;
    },
  });
  page.on('pong', () => unanswered.delete(page));
  page.on('close', () => client.leave());
  // What follows an error is always a close.
  page.on('error', () => page.terminate());
  page.on('message', (data, isBinary) => {
    const message = isBinary ? null : readSubscribe(data);
    if (message) client.subscribe(message.subscribe);
    else page.close(1008, 'Expected {"subscribe": [topics]}');
  });
}

function readSubscribe(data: RawData): LiveSubscribe | null {
  try {
    return liveSubscribe.parse(JSON.parse((data as Buffer).toString('utf8')));
  } catch {
    return null;
  }
}

function ping(pages: Iterable<WebSocket>, unanswered: WeakSet<WebSocket>): void {
  for (const page of pages) {
    if (unanswered.has(page)) {
      page.terminate();
      continue;
    }
    unanswered.add(page);
    page.ping();
  }
}
