import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CommandIo } from '../../server/commands/command.ts';
import { commands } from '../../server/commands/commands.ts';
import { toCommandHelp, toCommandsTable } from '../../server/commands/help.ts';
import { runCommand } from '../../server/commands/run-command.ts';
import { toFlag } from '../../server/config/names.ts';
import { replaceMarked } from '../../server/config/readme-table.ts';

/** Runs the program's words without a process; what it wrote comes back as text. */
async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const io: CommandIo = { stdout, stderr, env: {}, cwd: '/nowhere', signal: new AbortController().signal };
  const code = await runCommand(argv, io);
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

describe('the program', () => {
  it('lists its commands', async () => {
    const { code, out } = await run('help');
    expect(code).toBe(0);
    for (const { name, summary } of commands) expect(out).toMatch(new RegExp(`herbarium ${name}.*${summary}`));
  });

  it.each(commands.map(({ name }) => name))('explains %s in two ways', async (name) => {
    const { code, out } = await run(name, '--help');
    expect({ code, out }).toEqual({ code: 0, out: (await run('help', name)).out });
    expect(out).toContain('Usage: herbarium');
  });

  it('answers a command that is not there with those that are, and the nearest', async () => {
    const { code, out, err } = await run('serv');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^There is no command serv; there are .*serve.*\. Did you mean serve\?/);
    expect((await run('help', 'serv')).err).toContain('Did you mean serve?');
  });

  it('does not repeat a first word that may be a secret', async () => {
    const { code, err } = await run('redis://:hunter2@broker/0');
    expect(code).toBe(2);
    expect(err).not.toContain('hunter2');
  });

  it('takes what stands in front of a command for flags that both share', async () => {
    expect((await run('--broker', 'redis://x', '--port=1', 'serve', '--help')).out).toContain('--segment-tasks');
  });

  it.each([['celery'], ['flower'], ['--port', '1', 'flower']])('says of %j what to leave out', async (...argv) => {
    const { code, err } = await run(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(/leave "(celery|flower)" out/);
  });

  it('names all that is wrong with the words at once', async () => {
    const { code, err } = await run('serve', '--port', 'x', '--colour', 'y', 'z');
    expect(code).toBe(2);
    expect(err).toMatch(/port accepts/);
    expect(err).toMatch(/--colour: is not an option/);
  });
});

describe('the help of a command', () => {
  it.each(commands)('has every option of $name', (command) => {
    const help = toCommandHelp(command, commands, 100);
    for (const name of [...command.grammar.options, ...Object.keys(command.grammar.own)]) {
      expect(help.replaceAll('[no-]', '')).toContain(toFlag(name));
    }
  });

  it('is in the README as one table (else: npx tsx scripts/readme.ts)', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    expect(replaceMarked(readme, 'commands', toCommandsTable(commands))).toBe(readme);
  });
});
