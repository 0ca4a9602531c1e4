/**
 * In: a request. Out: may it see pages, read the API, follow the live stream? It never answers a request itself.
 *
 * With basic_auth, the same user and password open all three. Without any authentication, Flower shows its pages to
 * everyone and refuses the API, unless FLOWER_UNAUTHENTICATED_API opens it. Our page reads the API, so it gets a pass
 * with the page: a signed cookie, good for reading (GET and HEAD under /api, and the live stream), never for acting.
 *
 * The pass is no login: whoever can open the page gets one, as whoever can open Flower's pages sees the tasks on them.
 * It keeps out everybody else's pages in a visitor's browser: it is SameSite=Strict, so no other site's request carries
 * it; HttpOnly; Secure under TLS; bound to url_prefix; and over after a day. Neither it nor anything but authentication
 * helps against DNS rebinding, where a hostile name is pointed at this address: to the browser that page is ours.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../contract/errors.ts';
import { openBasicCheck, type BasicCheck, type BasicUser } from './basic.ts';
import { PageSession } from './page-session.ts';

export interface AccessOptions {
  /** Empty: no authentication. */
  basicAuth: readonly BasicUser[];
  /** FLOWER_UNAUTHENTICATED_API: without authentication, the API is for everyone. */
  unauthenticatedApi: boolean;
  /** Signs cookies; null: a random one, so that a restart asks pages to load again. */
  cookieSecret: string | null;
  /** The port served; 0 for none. */
  port: number;
}

/** `granted`, or the code of the error to answer with. */
export type Verdict = 'granted' | Extract<ErrorCode, 'unauthenticated' | 'unauthenticated_api'>;

const readMethods: readonly string[] = ['GET', 'HEAD'];

export class Access {
  readonly #basic: BasicCheck | null;
  /** Null when pages need no pass: the API asks for a password, or for nothing. */
  readonly pageSession: PageSession | null;

  constructor(options: AccessOptions) {
    this.#basic = options.basicAuth.length > 0 ? openBasicCheck(options.basicAuth) : null;
    const needsPass = this.#basic === null && !options.unauthenticatedApi;
    const secret = options.cookieSecret ?? randomBytes(32);
    this.pageSession = needsPass ? new PageSession(secret, options.port) : null;
  }

  /** Whether visitors must say who they are. */
  get isAuthenticated(): boolean {
    return this.#basic !== null;
  }

  /** Whether anyone, and any page of any origin, may use the API. */
  get isOpenToAll(): boolean {
    return this.#basic === null && this.pageSession === null;
  }

  async toPages(request: IncomingMessage): Promise<Verdict> {
    if (this.#basic === null) return 'granted';
    return (await this.#basic(request)) ? 'granted' : 'unauthenticated';
  }

  /** For the API, and for the handshake of the live stream. `now`: epoch seconds. */
  async toApi(request: IncomingMessage, now: number): Promise<Verdict> {
    if (this.pageSession === null) return this.toPages(request);
    const reads = readMethods.includes(request.method ?? '');
    return reads && this.pageSession.accepts(request.headers.cookie, now) ? 'granted' : 'unauthenticated_api';
  }
}
