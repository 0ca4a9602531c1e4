// In: a fresh clone, or any later state of it, and a script to run. Out: that script's exit code.
// Checks Node, installs the packages and builds when they are missing or stale, then runs the script with its
// arguments: `node scripts/bootstrap.js [--no-build] [SCRIPT [ARGUMENTS…]]`. Only Node's built-ins: it runs before
// anything is installed. It never touches packages or a build that are up to date.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const project = resolve(import.meta.dirname ?? '.', '..');
const installStamp = join(project, 'node_modules/.herbarium-lock');
const buildStamp = join(project, 'dist/.herbarium-build');
/** What better-sqlite3's build needs where no prebuilt one can be downloaded, and the Debian package of each. */
const buildTools = { python3: 'python3', make: 'make', 'g++': 'g++' };

main(process.argv.slice(2));

function main(argv) {
  checkNode(process.versions.node);
  const wantsBuild = argv[0] !== '--no-build';
  const [script, ...args] = wantsBuild ? argv : argv.slice(1);
  withLock(() => {
    install();
    if (wantsBuild) build();
  });
  if (script !== undefined) run(script, args);
}

function checkNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Herbarium needs Node 20.19 or later; this is Node ${version}. See https://nodejs.org/en/download`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function say(message) {
  console.error(`herbarium: ${message}`);
}

/** Two commands started at once in a fresh clone would install over each other. */
function withLock(work) {
  const path = join(project, '.cache/bootstrap.lock');
  mkdirSync(join(project, '.cache'), { recursive: true });
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!takeLock(path)) Atomics.wait(pause, 0, 0, 200);
  process.once('exit', () => rmSync(path, { force: true }));
  work();
  rmSync(path, { force: true });
  process.removeAllListeners('exit');
}

function takeLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (isLeftOver(path)) rmSync(path, { force: true });
    return false;
  }
}

/** Whether the lock is that of a process that was killed. */
function isLeftOver(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    if (pid === 0) return Date.now() - statSync(path).mtimeMs > 5000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Installs the packages of package-lock.json, unless they are there, for this version of Node. */
function install() {
  const lock = readFileSync(join(project, 'package-lock.json'), 'utf8');
  const wanted = `${createHash('sha256').update(lock).digest('hex')} node-abi-${process.versions.modules}\n`;
  const stamp = readIfThere(installStamp);
  if (stamp === wanted) return;
  const isSameAbi = stamp === undefined || stamp.split(' ')[1] === wanted.split(' ')[1];
  if (!(isSameAbi && holdsAll(JSON.parse(lock)) && loadsSqlite())) {
    say('installing packages (npm ci)');
    if (!npmCi() && !(installBuildTools() && npmCi())) fail(toInstallMessage());
  }
  writeFileSync(installStamp, wanted);
}

/** Whether npm's own record of node_modules says that exactly these packages are in it. */
function holdsAll(lock) {
  const record = readIfThere(join(project, 'node_modules/.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(lock.packages).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return path in installed ? installed[path].version === version : optional === true;
  });
}

/** Whether better-sqlite3's native part is there and made for this Node. */
function loadsSqlite() {
  const code = "new (require('better-sqlite3'))(':memory:')";
  return spawnSync(process.execPath, ['-e', code], { cwd: project, stdio: 'ignore' }).status === 0;
}

function npmCi() {
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  // What npm prints goes to standard error: standard output is the script's.
  const options = { cwd: project, stdio: ['ignore', process.stderr, 'inherit'] };
  return spawnSync(command, [...prefix, ...args], options).status === 0 && loadsSqlite();
}

function findMissingTools() {
  return Object.keys(buildTools).filter(
    (tool) => !(process.env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, tool))),
  );
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs the compiler that the packages asked for, where that can be done: as root, with apt-get. */
function installBuildTools() {
  const missing = findMissingTools();
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const packages = missing.map((tool) => buildTools[tool]);
  say(`installing ${packages.join(', ')}, to build better-sqlite3`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', process.stderr, 'inherit'] };
  spawnSync('apt-get', ['-q', 'update'], options);
  return spawnSync('apt-get', ['-q', 'install', '-y', '--no-install-recommends', ...packages], options).status === 0;
}

function toInstallMessage() {
  const missing = findMissingTools();
  if (missing.length === 0) return 'The packages could not be installed; npm says why above.';
  const packages = missing.map((tool) => buildTools[tool]).join(' ');
  return [
    `The packages could not be installed, and this machine lacks what better-sqlite3 is built with: ${missing.join(', ')}.`,
    `On Debian or Ubuntu, install it with: sudo apt-get update && sudo apt-get install -y ${packages}`,
    'and run the same command again.',
  ].join('\n');
}

/** Builds dist, unless it was built from exactly these sources. */
function build() {
  const wanted = hashSources();
  if (readIfThere(buildStamp) === wanted) return;
  say('building (npm run build)');
  rmSync(buildStamp, { force: true });
  const inPackages = (path) => join(project, 'node_modules', path);
  const steps = [
    [inPackages('typescript/bin/tsc'), '-p', 'server'],
    [inPackages('vite/bin/vite.js'), 'build', 'web', '--logLevel', 'warn'],
    ['--import', 'tsx', join(project, 'scripts/openapi.ts')],
  ];
  for (const args of steps) {
    const options = { cwd: project, stdio: ['ignore', process.stderr, 'inherit'] };
    const { status } = spawnSync(process.execPath, args, options);
    if (status !== 0) fail('The build failed; see above.');
  }
  writeFileSync(buildStamp, wanted);
}

function hashSources() {
  const hash = createHash('sha256');
  for (const path of [
    'package-lock.json',
    'tsconfig.json',
    'server',
    'web',
    'scripts/openapi.ts',
    'scripts/openapi',
  ].flatMap((name) => listFiles(join(project, name)))) {
    hash.update(`${path}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function listFiles(path) {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name !== 'node_modules');
  return names.sort().flatMap((name) => listFiles(join(path, name)));
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Runs the script in this process's place: its signals, its streams, its end. */
function run(script, args) {
  const loader = script.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = spawn(process.execPath, [...process.execArgv, ...loader, script, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
