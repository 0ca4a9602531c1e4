import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/**
 * A process that was killed leaves its socket file behind, and nobody can listen there until it is gone. Removes it
 * when it is a socket that nobody answers on, and nothing else: all other obstacles are for `listen` to report.
 */
export async function removeDeadSocket(path: string): Promise<void> {
  const file = await lstat(path).catch(() => null);
  if (file?.isSocket() && !(await isAnswering(path))) await unlink(path);
}

function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
