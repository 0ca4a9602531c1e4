import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Interrupted } from '../../server/commands/command.ts';
import { openLiveView } from '../../server/commands/live-view.ts';

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';

let raw: boolean[];
let written: string;
let controller: AbortController;
let stdin: PassThrough & { isTTY: true; setRawMode: (isRaw: boolean) => void };
let view: ReturnType<typeof openLiveView>;

beforeEach(() => {
  raw = [];
  written = '';
  controller = new AbortController();
  stdin = Object.assign(new PassThrough(), {
    isTTY: true as const,
    setRawMode: (isRaw: boolean) => void raw.push(isRaw),
  });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 20 });
  stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const io = { stdin, stdout, stderr: new PassThrough(), env: { NO_COLOR: '1' }, cwd: '/', signal: controller.signal };
  const readFilter = (text: string) => {
    if (text === 'bad') throw new Error('what is bad?');
    return ({ name }: { name: string | null }) => name?.includes(text) ?? text === '';
  };
  view = openLiveView('', readFilter, io, () => 1000);
  const told = { hostname: 'w@x', timestamp: 999, clock: 1, type: 'task-received' };
  view.onEvents([
    { ...told, uuid: 'a', name: 'shop.add' },
    { ...told, uuid: 'b', name: 'shop.mail' },
  ]);
});

/** Of the screen as it was last drawn. */
const screen = (): string => written.slice(written.lastIndexOf('\u001b[H'));
const until = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 10 });

describe('the live view in a terminal', () => {
  it('takes the terminal over, shows what came, and gives it back when the reader quits', async () => {
    const ended = view.run('redis://host/0');
    await until(() => expect(screen()).toMatch(/shop\.mail[^]*shop\.add/));
    expect(written.startsWith(enter)).toBe(true);
    stdin.write('q');
    expect(await ended).toBe(0);
    expect(written.endsWith(leave)).toBe(true);
    expect(raw).toEqual([true, false]);
  });

  it('shows what fits a filter, and says what is wrong with one', async () => {
    const ended = view.run('redis://host/0');
    stdin.write('/add\r');
    await until(() => expect(screen()).toContain('filter: add'));
    expect(screen()).not.toContain('shop.mail');
    stdin.write('/\u0015bad\r');
    await until(() => expect(screen()).toContain('/bad▏ what is bad?'));
    stdin.write('\u0003');
    expect(await ended).toBe(130);
  });

  it('stands still while it is paused, and counts on', async () => {
    const ended = view.run('redis://host/0');
    stdin.write('p');
    await until(() => expect(screen()).toContain('paused'));
    view.onEvents([{ type: 'task-received', uuid: 'c', name: 'shop.late', hostname: 'w@x', timestamp: 999, clock: 1 }]);
    await until(() => expect(screen()).toContain('3 events'));
    expect(screen()).not.toContain('shop.late');
    stdin.write('p');
    await until(() => expect(screen()).toContain('shop.late'));
    stdin.write('q');
    await ended;
  });

  it('gives the terminal back when a signal ends it', async () => {
    const ended = view.run('redis://host/0');
    controller.abort(new Interrupted('SIGTERM'));
    await expect(ended).rejects.toBeInstanceOf(Interrupted);
    expect(written.endsWith(leave)).toBe(true);
    expect(raw.at(-1)).toBe(false);
  });
}, 60_000);
