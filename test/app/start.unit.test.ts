import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from '../../server/app.ts';
import { loadConfig } from '../../server/config/load-config.ts';
import { FakeLog } from '../helpers/http-server.ts';

test('a server whose port is taken has touched neither its broker nor its store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'herbarium-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  let connections = 0;
  const broker = createServer(() => connections++).listen(0, '127.0.0.1');
  onTestFinished(() => void broker.close());
  await once(broker, 'listening');
  const { port } = broker.address() as AddressInfo;

  const db = join(folder, 'history');
  const argv = [`--broker=redis://127.0.0.1:${port}/0`, `--db=${db}`, '--address=127.0.0.1', `--port=${port}`];
  const { config } = await loadConfig({ argv, env: {}, cwd: folder });
  await expect(startApp(config, new FakeLog())).rejects.toMatchObject({
    code: 'bad_config',
    message: expect.stringContaining(`Cannot listen on port ${port}`) as string,
  });
  expect(existsSync(db)).toBe(false);
  expect(connections).toBe(0);
});
