import type { RequestHandler, Response } from 'express';
import type { Access, Verdict } from '../auth/access.ts';
import { AppError } from '../errors.ts';
import { FlowerTextError } from './errors.ts';
import { mayAct } from './origin.ts';
import { sendSignInPage } from './sign-in-page.ts';

/** What a refusal by `basic_auth` asks for (RFC 7617). */
export const basicChallenge = 'Basic realm="Herbarium", charset="UTF-8"';

const readMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Flower's sentence, word for word. */
const unauthenticatedApiText =
  'FLOWER_UNAUTHENTICATED_API environment variable is required to enable API without authentication';

export function guardPages(access: Access): RequestHandler {
  return async (request, response, next) => {
    const verdict = await access.toPages(request);
    // Whoever asks for anything (curl, a script) gets the error; a browser that goes somewhere names HTML first.
    if (verdict === 'unauthenticated' && request.accepts('json', 'html') === 'html') {
      sendSignInPage(response, basicChallenge);
      return;
    }
    enforce(verdict, response);
    next();
  };
}

export interface ApiGuardOptions {
  /** As in `isSameOrigin`. */
  xheaders: boolean;
  /** Epoch seconds. */
  now: () => number;
}

/**
 * Where there is no authentication, reading is for pages of any origin, as in Flower. Acting never is: a page that
 * somebody visits elsewhere would act with that visitor's network, and with a password that the browser remembers.
 */
export function guardApi(access: Access, { xheaders, now }: ApiGuardOptions): RequestHandler {
  return async (request, response, next) => {
    enforce(await access.toApi(request, now()), response);
    if (!readMethods.includes(request.method) && !mayAct(request, xheaders)) {
      throw new AppError('forbidden', 'This comes from a page of another origin, which may read here and not act');
    }
    if (access.isOpenToAll) allowAnyOrigin(response);
    // Answers are of this moment, and for this caller alone.
    response.set('Cache-Control', 'no-store');
    next();
  };
}

/** OPTIONS needs no authentication, and tells nothing: only where there is none, browsers may come from any origin. */
export function answerOptions(access: Access): RequestHandler {
  return (request, response, next) => {
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    if (!access.isAuthenticated) allowAnyOrigin(response);
    response.status(204).end();
  };
}

function allowAnyOrigin(response: Response): void {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Headers': 'x-requested-with,access-control-allow-origin,authorization,content-type',
    'Access-Control-Allow-Methods': 'PUT, DELETE, OPTIONS, POST, GET, PATCH',
  });
}

function enforce(verdict: Verdict, response: Response): void {
  switch (verdict) {
    case 'granted':
      return;
    case 'unauthenticated':
      response.set('WWW-Authenticate', basicChallenge);
      throw new AppError('unauthenticated', 'A user name and password are needed');
    case 'unauthenticated_api':
      throw new FlowerTextError('unauthenticated_api', unauthenticatedApiText);
  }
}
