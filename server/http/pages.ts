import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { Router, type Request, type Response } from 'express';
import type { Access } from '../auth/access.ts';
import { pageSessionSeconds } from '../auth/page-session.ts';
import type { PageOptionsBody, PageSettings } from '../contract/page.ts';
import { AppError } from '../errors.ts';
import { guardPages } from './guard.ts';
import { addReadRoute } from './routes/read-route.ts';

export interface PageOptions {
  /** The built web app: index.html, and in assets/ files whose names change with their content. */
  webRoot: string;
  /** Empty, or `/prefix`. */
  urlPrefix: string;
  settings: PageOptionsBody;
  access: Access;
  /** Epoch seconds. */
  now: () => number;
}

/** The addresses of the web app, which reads them itself: all are the same file. */
const pagePaths = ['/', '/tasks', '/task/*id', '/workers', '/worker/*name', '/broker', '/events', '/docs', '/about'];

const yearMs = 365 * 24 * 60 * 60 * 1000;

/** Serves the web app, and for an address it does not know the same file with 404. */
export function createPageRouter(options: PageOptions): Router {
  const { webRoot, access } = options;
  const router = Router({ caseSensitive: true });
  router.use(guardPages(access));
  for (const path of pagePaths)
    addReadRoute(router, path, (request, response) => sendShell(request, response, options));
  router.use('/assets', express.static(join(webRoot, 'assets'), { index: false, immutable: true, maxAge: yearMs }));
  router.use('/assets', (request) => {
    throw new AppError('not_found', `There is no file ${request.path}`);
  });
  router.get('/index.html', (request, response) => sendShell(request, response, options, 404));
  router.use(express.static(webRoot, { index: false, redirect: false, cacheControl: false, setHeaders: setCaching }));
  router.get('/*path', (request, response) => sendShell(request, response, options, 404));
  return router;
}

async function sendShell(request: Request, response: Response, options: PageOptions, status = 200): Promise<void> {
  const html = await readShell(options);
  sendPass(request, response, options);
  response.status(status).set('Cache-Control', 'private, no-cache').type('text/html').send(html);
}

/** The built file names its base address as `/`; every other address in it is relative to that. And it has no settings. */
async function readShell({ webRoot, urlPrefix, settings: options, access }: PageOptions): Promise<string> {
  const html = await readFile(join(webRoot, 'index.html'), 'utf8').catch((cause: unknown) => {
    throw new AppError('not_supported', 'The web pages are not built: run `npm run build`', undefined, { cause });
  });
  const settings: PageSettings = { ...options, may_act: access.pageSession === null };
  return html
    .replace(/<base href="\/"\s*\/?>/, () => `<base href="${toAttribute(urlPrefix)}/" />`)
    .replace(
      /<meta name="herbarium"[^>]*>/,
      () => `<meta name="herbarium" content="${toAttribute(JSON.stringify(settings))}" />`,
    );
}

/** Where the API is closed to everyone else, the page brings its own way in: see auth/access.ts. */
function sendPass(request: Request, response: Response, { access, urlPrefix, now }: PageOptions): void {
  if (access.pageSession === null) return;
  response.cookie(access.pageSession.cookieName, access.pageSession.issue(now()), {
    httpOnly: true,
    sameSite: 'strict',
    secure: request.secure,
    path: `${urlPrefix}/`,
    maxAge: pageSessionSeconds * 1000,
  });
}

/** A browser asks for the icon again at each step of an address, so with each search that is typed. */
function setCaching(response: Pick<Response, 'setHeader'>, path: string): void {
  response.setHeader('Cache-Control', path.endsWith('favicon.svg') ? 'public, max-age=3600' : 'no-cache');
}

function toAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
