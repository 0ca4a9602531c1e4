import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import passport from 'passport';
import { BasicStrategy } from 'passport-http';

export interface BasicUser {
  user: string;
  password: string;
}

/** Tells whether a request carries the credentials of a known user. Never rejects: what cannot be read is not known. */
export type BasicCheck = (request: IncomingMessage) => Promise<boolean>;

/** HTTP Basic authentication (RFC 7617) for plain requests and WebSocket handshakes alike. */
export function openBasicCheck(users: readonly BasicUser[]): BasicCheck {
  const known = users.map(({ user, password }) => digest(`${user}:${password}`));
  const passports = new passport.Passport();
  passports.use(
    // The strategy cuts a password at its first colon, so the whole pair is read from the header once more.
    new BasicStrategy({ passReqToCallback: true }, (request, user, _cutPassword, done) => {
      const given = digest(readCredentials(request.headers.authorization));
      // Every user is compared, so that the time taken does not tell which one was near.
      const matches = known.filter((each) => timingSafeEqual(each, given));
      done(null, matches.length > 0 ? { name: user } : false);
    }),
  );
  return (request) =>
    new Promise((resolve) => {
      const settle = (error: unknown, user?: unknown): void => resolve(!error && Boolean(user));
      const check = passports.authenticate('basic', { session: false }, settle) as ConnectHandler;
      check(request, {}, settle);
    });
}

type ConnectHandler = (request: IncomingMessage, response: object, next: (error: unknown) => void) => void;

function readCredentials(authorization = ''): string {
  return Buffer.from(authorization.split(' ')[1] ?? '', 'base64').toString('utf8');
}

/** Equal lengths, as timingSafeEqual needs them. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
