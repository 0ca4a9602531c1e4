import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

it('the README says of every library why it is there', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const [, builtOn = ''] = read('README.md').split('## Built on');
  expect(Object.keys(dependencies).filter((name) => !builtOn.includes(name))).toEqual([]);
});

it.each(['README.md', 'server/README.md'])('%s names only files and commands that are there', (path) => {
  const text = read(path);
  const folder = path.replace('README.md', '');
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const commands = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
  expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target]) => folder + target!);
  const quoted = [...text.matchAll(/`((?:[\w-]+\/)+[\w.-]*|[\w-]+\.ts)`/g)].map(([, name]) => name!);
  const files = quoted.filter((name) => /\.ts$|\/$/.test(name) && folder !== '').map((name) => folder + name);
  const isThere = (name: string): boolean => existsSync(root + name) || isBeside(text, folder, name);
  expect([...links, ...files].filter((name) => !isThere(name))).toEqual([]);
});

/** A file named after another of its folder: "`a/b.ts`, `c.ts`". */
function isBeside(text: string, folder: string, name: string): boolean {
  const file = name.slice(folder.length);
  const folders = [...text.matchAll(/`((?:[\w-]+\/)+)/g)].map(([, found]) => found!);
  return folders.some((found) => existsSync(root + folder + found + file));
}

it('the reading order fits on a screen or so', () => {
  expect(read('server/README.md').split('\n').length).toBeLessThanOrEqual(61);
});
