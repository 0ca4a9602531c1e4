import { describe, expect, it } from 'vitest';
import { readErrorAnswer } from '../../web/src/api/api-error.ts';
import { createClient } from '../../web/src/api/client.ts';

/** A client whose server gives these answers, in order; `asked` are the paths it was asked. */
function openClient(...answers: (Response | Error)[]) {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = (input) => {
    asked.push(input instanceof Request ? input.url : String(input));
    const answer = answers.shift();
    return answer instanceof Response
      ? Promise.resolve(answer)
      : Promise.reject(answer ?? new Error('asked too often'));
  };
  return { client: createClient({ base: 'http://host/flower/', fetch }), asked };
}

/** In Flower's words: the sentence alone. */
const closed = () =>
  new Response('FLOWER_UNAUTHENTICATED_API environment variable is required to enable API without authentication', {
    status: 401,
  });

describe('the client', () => {
  it('asks under the page’s own prefix, and encodes ids', async () => {
    const { client, asked } = openClient(Response.json({ uuid: 'a/b', events: [] }));
    await client.readTaskEvents('a/b');
    expect(asked).toEqual(['http://host/flower/api/task/events/a%2Fb']);
  });

  it('rejects with the server’s own code and sentence', async () => {
    const { client } = openClient(Response.json({ error: "Unknown task 'x'", code: 'not_found' }, { status: 404 }));
    await expect(client.readTask('x')).rejects.toMatchObject({ code: 'not_found', message: "Unknown task 'x'" });
  });

  it('tells an unreachable server from one that answers nonsense', async () => {
    const { client } = openClient(new TypeError('Failed to fetch'), new Response('<html>proxy</html>'));
    await expect(client.readStatus()).rejects.toMatchObject({ code: 'unreachable' });
    await expect(client.readStatus()).rejects.toMatchObject({ code: 'bad_answer' });
  });

  it('gets itself a new pass when the old one has ended, and asks again', async () => {
    const { client, asked } = openClient(closed(), new Response('<html></html>'), Response.json({ a: true }));
    await expect(client.readWorkerStatus()).resolves.toEqual({ a: true });
    expect(asked[1]).toBe('http://host/flower/');
  });

  it('gives up when a new pass does not help', async () => {
    const { client, asked } = openClient(closed(), new Response('<html></html>'), closed());
    await expect(client.readWorkerStatus()).rejects.toMatchObject({ code: 'unauthenticated_api' });
    expect(asked).toHaveLength(3);
  });
});

describe('an answer that is not the server’s', () => {
  it('is named by its status, and its markup is not shown', () => {
    expect(readErrorAnswer(403, '<h1>Forbidden</h1>')).toMatchObject({
      code: 'forbidden',
      message: 'The server answered 403.',
    });
    expect(readErrorAnswer(404, "Unknown task 'x'")).toMatchObject({ code: 'not_found', message: "Unknown task 'x'" });
    expect(readErrorAnswer(502, '')).toMatchObject({ code: 'internal' });
  });
});
