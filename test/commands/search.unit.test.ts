import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { parse } from 'csv-parse/sync';
import { beforeEach, describe, expect, it } from 'vitest';
import { Interrupted, type CommandIo } from '../../server/commands/command.ts';
import { runCommand } from '../../server/commands/run-command.ts';
import type { HttpOptions } from '../../server/http/server.ts';
import { FakeSearch, numberedTasks, openFakeAnswers } from '../helpers/fake-search.ts';
import { openApi, startHttp } from '../helpers/http-server.ts';

let search: FakeSearch;
beforeEach(() => {
  search = new FakeSearch();
  search.stored = numberedTasks(7);
});

const start = async (options: Partial<HttpOptions> = openApi) =>
  (await startHttp(options, { search: openFakeAnswers(search) })).url;

type Stream = CommandIo['stdout'] & PassThrough;
type Place = Partial<Pick<CommandIo, 'env' | 'signal'>> & { columns?: number };

/** Runs the program's words; with `columns` on a terminal that is so wide. */
async function run(argv: string[], { columns, ...place }: Place = {}) {
  const toStream = (): Stream =>
    Object.assign(new PassThrough({ highWaterMark: 2 ** 20 }), { isTTY: columns !== undefined, columns });
  const stdout = toStream();
  const stderr = toStream();
  const io = { stdout, stderr, env: {}, cwd: '/nowhere', signal: new AbortController().signal, ...place };
  const code = await runCommand(argv, io);
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

describe('herbarium search', () => {
  it('shows what a server finds, as a table', async () => {
    const { code, out, err } = await run(['search', '--server', await start(), 'state:FAILURE', 'sort:name']);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => /t\d$/.exec(line)?.[0])).toEqual([undefined, 't0', 't3', 't6', undefined]);
    expect(err).toBe('3 of 3 tasks\n');
    expect(search.asked[0]).toMatchObject({ where: { kind: 'state' }, sort: { key: 'name', descending: false } });
  });

  it('goes on over pages until the limit', async () => {
    search.stored = numberedTasks(2500);
    const { out } = await run([
      'search',
      '--server',
      await start(),
      '-n',
      '2100',
      '--format',
      'json',
      '--columns',
      'uuid',
    ]);
    const lines = out.split('\n').slice(0, -1);
    expect(lines).toHaveLength(2100);
    expect(lines[2099]).toBe('{"uuid":"t2099"}');
    expect(search.asked.filter(({ question }) => question === 'page')).toHaveLength(3);
  });

  it('writes csv', async () => {
    const { out } = await run(['search', '--server', await start(), '--format=csv', '--columns=uuid,state', '-n', '2']);
    expect(out).toBe('uuid,state\r\nt0,FAILURE\r\nt1,SUCCESS\r\n');
  });

  it.each(['table', 'json', 'csv'])('says with its exit code that nothing was found (%s)', async (format) => {
    const { code } = await run(['search', '--server', await start(), '--format', format, 'state:LOST']);
    expect(code).toBe(4);
  });

  it('is in colours on a terminal, and plain where that is not wanted', async () => {
    const argv = ['search', '--server', await start(), '--sort=-runtime'];
    expect((await run(argv, { columns: 100 })).out).toContain('\u001b[');
    expect((await run(argv, { columns: 100, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b[');
    expect((await run(argv)).out).not.toContain('\u001b[');
    expect(search.asked[0]).toMatchObject({ sort: { key: 'runtime', descending: true } });
  });

  it('signs in with the login of the URL, or of the options, under the prefix', async () => {
    const url = await start({ urlPrefix: 'flower', basicAuth: [{ user: 'ada', password: 'pa:ss' }] });
    const { origin, host } = new URL(url);
    expect((await run(['search', '--server', `http://ada:pa%3Ass@${host}/flower`])).code).toBe(0);
    expect((await run(['search', '--server', origin, '--url-prefix=flower', '--basic-auth=ada:pa:ss'])).code).toBe(0);
    const refused = await run(['search', '--server', `http://ada:hunter2@${host}/flower`]);
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringContaining('wants a login') as string });
    expect(refused.err).not.toContain('hunter2');
  });

  it.each([
    [['state:FAILURE (x'], 2, 'Missing closing parenthesis at position 14.\nPossible there: )\n'],
    [['retries:x'], 2, 'Possible there: a number such as 3, >=2 or 1..5\n'],
    [['--sort', 'colour'], 2, 'sort accepts one of received'],
    [['--columns', 'uuid,colour'], 2, 'columns accepts a list of uuid'],
    [['--limit', '0'], 2, 'limit accepts a whole number'],
    [['--db', '/nowhere/at/all'], 2, 'give one of them'],
  ])('%j is refused', async (argv, code, message) => {
    const answer = await run(['search', '--server', await start(), ...argv]);
    expect(answer).toMatchObject({ code, out: '', err: expect.stringContaining(message) as string });
  });

  it.each(['table', 'json', 'csv'])('says of a %s that it is not whole', async (format) => {
    search.partial = true;
    const { code, out, err } = await run(['search', '--server', await start(), '--format', format]);
    expect(code).toBe(0);
    expect(out).toContain('t6');
    expect(err).toContain('there may be more');
  });

  it('tells a server that is not there from one that is none', async () => {
    const url = await start();
    expect(await run(['search', '--server', `${url}/elsewhere`])).toMatchObject({ code: 1 });
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    expect(await run(['search', '--server', `http://127.0.0.1:${port}`])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/) as string,
    });
  });

  it('says where it looked when there is no store', async () => {
    const { code, err } = await run(['search', '--db', '/nowhere/at/all']);
    expect(code).toBe(2);
    expect(err).toMatch('There is no store in /nowhere/at/all');
  });
});

describe('herbarium export', () => {
  it.each(['ndjson', 'json', 'csv'])('writes everything that is found as %s', async (format) => {
    search.stored = numberedTasks(1500);
    const url = await start();
    const { code, out, err } = await run(['export', '--server', url, '--format', format, '--columns=uuid,state']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const rows: unknown =
      format === 'csv'
        ? parse(out, { columns: true })
        : JSON.parse(format === 'json' ? out : `[${out.trim().replaceAll('\n', ',')}]`);
    expect(rows).toEqual(search.stored.map(({ uuid, state }) => ({ uuid, state })));
  });

  it('is no error when there is nothing, and an empty file of its form', async () => {
    const { code, out } = await run(['export', '--server', await start(), '--format=json', 'state:LOST']);
    expect({ code, out }).toEqual({ code: 0, out: '[]\n' });
  });

  it('fails when the answer breaks off, whatever was written by then', async () => {
    class HalfSearch extends FakeSearch {
      override async *stream() {
        // Too much for any buffer on the way, and hardly to be compressed.
        yield await Promise.resolve(
          numberedTasks(3000).map((task) => ({ ...task, args: randomBytes(750).toString('base64') })),
        );
        throw new Error('the disk is gone');
      }
    }
    const { url } = await startHttp(openApi, { search: openFakeAnswers(new HalfSearch()) });
    const { code, err } = await run(['export', '--server', url]);
    expect(code).toBe(3);
    expect(err).toMatch(/broke off its answer|does not answer/);
  });

  it('ends when it is told to, and so does the work at the server', async () => {
    search.hold = new Promise(() => undefined);
    const controller = new AbortController();
    const running = run(['export', '--server', await start()], { signal: controller.signal });
    await expect.poll(() => search.asked.length).toBe(1);
    controller.abort(new Interrupted('SIGINT'));
    expect((await running).code).toBe(130);
    await expect.poll(() => search.cancelled).toBe(1);
  });
});
