import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../server/config/load-config.ts';
import { fail, load, toPaths } from './load.ts';

it('reads flowerconfig.py where it was started, as Flower does', async () => {
  expect((await load({ files: { 'flowerconfig.py': 'port = 8888' } })).config.port).toBe(8888);
});

it("prefers Herbarium's own file, and says that the other is not read", async () => {
  const files = { 'flowerconfig.py': 'port = 1', 'herbarium.config.json': '{"port": 2}' };
  const { config, notices } = await load({ files });
  expect(config.port).toBe(2);
  expect(notices).toEqual(['flowerconfig.py is not read, for there is herbarium.config.json']);
});

it('reads the file that conf names, from a flag or a variable', async () => {
  const files = { 'etc/celeryconfig.py': 'port = 7', 'flowerconfig.py': 'port = 1' };
  expect((await load({ files, argv: ['--conf=etc/celeryconfig.py'] })).config.port).toBe(7);
  expect((await load({ files, env: { FLOWER_CONF: 'etc/celeryconfig.py' } })).config.port).toBe(7);
});

it('takes from a JavaScript file what only JavaScript can say', async () => {
  const format_task = (task: object) => task;
  const modules = { 'herbarium.config.js': { default: { format_task, redact: ['password', /4[0-9]{15}/i, 'a,b'] } } };
  const { config, notices } = await load({ files: { 'herbarium.config.js': '' }, modules });
  expect(config.format_task).toBe(format_task);
  expect(config.redact).toEqual(['password', '/4[0-9]{15}/i', 'a,b']);
  expect(notices).toEqual([]);
});

it.each<[string, string[] | null]>([
  ['password', ['password']],
  ['password, *token*', ['password', '*token*']],
  ['/a,b{1,2}/i, x', ['/a,b{1,2}/i', 'x']],
  ['/a\\/b,c/,y', ['/a\\/b,c/', 'y']],
  ['password,', null],
  ['', null],
])('reads what to redact, commas in patterns too: %s', async (given, expected) => {
  const situation = { argv: ['--redact', given] };
  if (expected === null) expect((await fail(situation)).message).toContain('password,*token*,/4[0-9]{15}/i');
  else expect((await load(situation)).config.redact).toEqual(expected);
});

it('insists on the file that conf names', async () => {
  const error = await fail({ argv: ['--conf=other.py'] });
  expect(error.details).toEqual([{ path: '--conf', message: 'there is no file other.py' }]);
});

it.each(['other.toml', 'flowerconfig'])('refuses a file of another kind: %s', async (name) => {
  expect((await fail({ argv: ['--conf', name], files: { [name]: '' } })).message).toContain(
    'is not a .js, .mjs, .json or .py file',
  );
});

it('says once, for all lines that would have to be run, what to do instead', async () => {
  const error = await fail({ files: { 'flowerconfig.py': 'import os\nport = int(os.environ["P"])\ndb = os.sep\n' } });
  expect(toPaths(error)).toEqual(['flowerconfig.py line 2', 'flowerconfig.py line 3', 'flowerconfig.py']);
  expect(error.message).toContain('write herbarium.config.js instead');
});

it("takes Celery's name for the broker, and passes over Celery's other settings", async () => {
  const source = "BROKER_URL = 'redis://h/1'\nCELERY_ACCEPT_CONTENT = ['json']\n_private = 1\n";
  const { config, notices } = await load({ files: { 'flowerconfig.py': source } });
  expect(config.broker).toBe('redis://h/1');
  expect(notices).toEqual(['flowerconfig.py line 2: CELERY_ACCEPT_CONTENT is a setting of Celery, and is ignored']);
});

it('joins a list of brokers, which Celery fails over to', async () => {
  const { config } = await load({ files: { 'flowerconfig.py': "broker = ['redis://a', 'redis://b']" } });
  expect(config.broker).toBe('redis://a;redis://b');
});

it('reads a Python dict of transport options', async () => {
  const source = "broker_transport_options = {'master_name': 'mymaster', 'sentinel_kwargs': {'password': 'x'}}";
  expect((await load({ files: { 'flowerconfig.py': source } })).config.broker_transport_options).toEqual({
    master_name: 'mymaster',
    sentinel_kwargs: { password: 'x' },
  });
});

it('names the line of a bad value, a stranger and a slip in a JSON file', async () => {
  const name = 'herbarium.config.json';
  const bad = await fail({ files: { [name]: '{\n "port": "x",\n "colour": 1\n}' } });
  expect(toPaths(bad)).toEqual([`${name} line 3`, `${name} line 2`]);
  const broken = await fail({ files: { [name]: '{\n "port": 1,\n "basic_auth": hunter2\n}' } });
  expect(broken.details).toEqual([{ path: `${name} line 3`, message: 'is not valid JSON' }]);
});

it.each([{ default: { port: 9 } }, { port: 9 }])('takes the exports of a JavaScript file: %j', async (exported) => {
  const situation = { files: { 'herbarium.config.mjs': '' }, modules: { 'herbarium.config.mjs': exported } };
  expect((await load(situation)).config.port).toBe(9);
});

it('imports a JavaScript file from the disk, and says why one cannot be', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'herbarium-config-'));
  try {
    await writeFile(join(cwd, 'herbarium.config.mjs'), 'export default { basic_auth: ["ada:a,b"] };');
    await writeFile(join(cwd, 'broken.mjs'), 'throw new Error("no redis://:hunter2@host today");');
    const { config } = await loadConfig({ argv: [], env: {}, cwd });
    expect(config.basic_auth).toEqual([{ user: 'ada', password: 'a,b' }]);
    await expect(loadConfig({ argv: ['--conf=broken.mjs'], env: {}, cwd })).rejects.toThrow(
      'broken.mjs: cannot be loaded: Error: no redis://:***@host today',
    );
  } finally {
    await rm(cwd, { recursive: true });
  }
});
