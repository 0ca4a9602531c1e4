import { createHmac, timingSafeEqual } from 'node:crypto';

/** How long a page that was opened may read. Opening, or reloading, any page starts it anew. */
export const pageSessionSeconds = 24 * 60 * 60;

/**
 * The pass of our own page where no authentication is configured; access.ts says what it is good for.
 * Its value is `<expiry>.<signature>`: all state is in the browser, and nobody without the secret can make one.
 */
export class PageSession {
  readonly #secret: string | Buffer;
  /** Browsers keep one cookie jar per host, whatever the port: the name must tell two servers of one host apart. */
  readonly cookieName: string;

  constructor(secret: string | Buffer, port: number) {
    this.#secret = secret;
    this.cookieName = `herbarium_page_${port}`;
  }

  /** A cookie value good for the next {@link pageSessionSeconds}. `now`: epoch seconds. */
  issue(now: number): string {
    const expiry = String(Math.floor(now) + pageSessionSeconds);
    return `${expiry}.${this.#sign(expiry).toString('base64url')}`;
  }

  /** Whether a request's `Cookie` header holds an unexpired value of ours. `now`: epoch seconds. */
  accepts(cookieHeader: string | undefined, now: number): boolean {
    return this.#readValues(cookieHeader).some((value) => this.#isValid(value, now));
  }

  /** There may be several of one name, set for different paths. */
  #readValues(cookieHeader = ''): string[] {
    const start = `${this.cookieName}=`;
    const pairs = cookieHeader.split(';').map((pair) => pair.trim());
    return pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length));
  }

  #isValid(value: string, now: number): boolean {
    const [, expiry, signature] = /^(\d{1,12})\.([\w-]{43})$/.exec(value) ?? [];
    if (expiry === undefined || signature === undefined) return false;
    return timingSafeEqual(Buffer.from(signature, 'base64url'), this.#sign(expiry)) && now < Number(expiry);
  }

  /** Names its purpose, so that whatever else is signed with the same secret can never pass as a page's session. */
  #sign(expiry: string): Buffer {
    return createHmac('sha256', this.#secret).update(`page session until ${expiry}`).digest();
  }
}
