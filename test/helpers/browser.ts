import type { Browser, Page } from 'playwright-core';
import { openChromium } from '../../scripts/services/chromium.ts';
import { readServices } from './services.ts';

export function openBrowser(): Promise<Browser> {
  return openChromium(readServices().chromium);
}

/** What the page complains of from now on: console errors (a broken content security policy is one) and exceptions. */
export function watchProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return problems;
}

/** Answers the browser's question for a password as somebody does who closes it. Without it, Chromium that shows no window breaks off. */
export async function declineToSignIn(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  session.on('Fetch.authRequired', ({ requestId }) => {
    void session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse: { response: 'CancelAuth' } });
  });
  session.on('Fetch.requestPaused', ({ requestId }) => void session.send('Fetch.continueRequest', { requestId }));
  await session.send('Fetch.enable', { handleAuthRequests: true });
}
