import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askPostgres } from './answers.ts';
import { run, waitForAnswer, type Place } from './place.ts';
import { findFreePorts } from './ports.ts';
import type { Services } from './state.ts';

/**
 * A Postgres on loopback whose data is thrown away: no fsync. It refuses to run as root, so it then runs as another.
 * With a port it is started again where it was.
 */
export async function startPostgres(
  place: Place,
  found: { postgresBin: string },
  at?: { port: number },
): Promise<Services['postgres']> {
  const port = at?.port ?? (await findFreePorts(1))[0] ?? 0;
  const user = process.getuid?.() === 0 ? findOtherUser(readFileSync('/etc/passwd', 'utf8')) : {};
  if (user.uid !== undefined && user.gid !== undefined) chownSync(place.folder, user.uid, user.gid);
  const data = join(place.folder, 'data');
  const env = { ...process.env, LC_ALL: 'C.UTF-8', HOME: place.folder };
  const initdb = [
    '-D',
    data,
    '-U',
    'herbarium',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
    '--no-instructions',
  ];
  if (!at) execFileSync(join(found.postgresBin, 'initdb'), initdb, { cwd: place.folder, env, stdio: 'pipe', ...user });
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: place.folder,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const server = run(place, 'postgres', join(found.postgresBin, 'postgres'), args, { env, ...user });
  const url = `postgres://herbarium@127.0.0.1:${String(port)}/postgres`;
  await waitForAnswer(place, 'postgres', server, () => askPostgres(url));
  return { url };
}

/** The user Postgres runs as when we are root: `postgres`, else `nobody`. `passwd` is the text of /etc/passwd. */
export function findOtherUser(passwd: string): { uid?: number; gid?: number } {
  const users = new Map(passwd.split('\n').map((line) => [line.split(':')[0], line.split(':')]));
  const fields = users.get('postgres') ?? users.get('nobody');
  return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : {};
}
