import { once } from 'node:events';
import type { CommandIo, TerminalInput } from './command.ts';

export interface Screen {
  /** Draws in place: only what is drawn is touched, so that nothing flickers. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';

/**
 * Takes a terminal over: its other screen, without a cursor, and keys as they are pressed. `close` has to be called
 * whatever happens.
 */
export function openScreen(
  stdout: CommandIo['stdout'],
  stdin: TerminalInput,
  handlers: { onKey: (key: string) => void; onResize: () => void },
): Screen {
  const read = (chunk: Buffer | string): void => {
    for (const key of toKeys(String(chunk))) handlers.onKey(key);
  };
  stdin.setRawMode?.(true);
  stdin.on('data', read);
  stdin.resume();
  stdout.on('resize', handlers.onResize);
  stdout.write(enter);
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', close);
    stdout.write(leave);
    stdout.off('resize', handlers.onResize);
    stdin.off('data', read);
    stdin.setRawMode?.(false);
    stdin.pause();
  };
  // Also when something fails that nobody caught.
  process.on('exit', close);
  return {
    draw(lines) {
      if (isOpen) stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[0m\u001b[K`).join('\r\n')}\u001b[J`);
    },
    close,
  };
}

/** A chunk may hold several keys: those that begin with an escape are of several characters. */
export function toKeys(text: string): string[] {
  // eslint-disable-next-line no-control-regex -- an escape is one
  return text.match(/\u001b(?:\[[\d;]*[A-Za-z~]|O[A-Z])|[^]/gu) ?? [];
}

/** Settles when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
