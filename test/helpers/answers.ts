/** What the program answers over HTTP, as far as a script that asks it would notice. */
import { expect } from 'vitest';

export interface Answer {
  status: number;
  type: string | null;
  body: unknown;
}

/** Answers that are expected; a body may be a matcher. */
export const asJson = (body: unknown, status = 200): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body,
});
export const asText = (status: number, body: unknown): Answer => ({ status, type: 'text/plain; charset=utf-8', body });
export const said = (message: string): Answer => asJson({ message });
export const failed = (status: number, why: RegExp): Answer =>
  asJson(expect.objectContaining({ error: expect.stringMatching(why) as unknown }), status);

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const [type, text] = [response.headers.get('content-type'), await response.text()];
  return {
    status: response.status,
    type,
    body: type?.startsWith('application/json') ? (JSON.parse(text) as unknown) : text,
  };
}
