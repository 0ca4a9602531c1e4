/**
 * In: the name of a config file, or none. Out: the options set in it, not yet judged. Flower's Python files are read,
 * never run; JavaScript files are modules, and are imported.
 */
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse as parseJson } from 'lossless-json';
import { maskText } from './mask.ts';
import { findNameOfKey, suggestName } from './names.ts';
import { findOption } from './options.ts';
import { readPythonConfig } from './python-config.ts';
import { emptyReading, type Given, type Reading } from './reading.ts';

/** Where files come from; the file system, but for tests. */
export interface ConfigFiles {
  /** `undefined`: there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** The exports of a JavaScript module. */
  load(path: string): Promise<Record<string, unknown>>;
}

export const filesOnDisk: ConfigFiles = {
  async read(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  async load(path) {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  },
};

/** Ours come first: who writes one beside a flowerconfig.py means it. */
const defaultNames = ['herbarium.config.js', 'herbarium.config.mjs', 'herbarium.config.json', 'flowerconfig.py'];

/** Reads `given`, which must exist, or the first default config file that does, seen from the folder `cwd`. */
export async function readConfigFile(given: Given | undefined, cwd: string, files: ConfigFiles): Promise<Reading> {
  const reading = emptyReading();
  const wanted = given === undefined ? defaultNames : [String(given.value)];
  const found: { name: string; text: string }[] = [];
  for (const name of wanted) {
    try {
      const text = await files.read(resolve(cwd, name));
      if (text !== undefined) found.push({ name, text });
    } catch (error) {
      reading.problems.push({
        path: name,
        message: `cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'error'}`,
      });
    }
  }
  const [file, ...others] = found;
  if (file !== undefined) {
    if (others.length > 0)
      reading.notices.push(`${others.map(({ name }) => name).join(', ')} is not read, for there is ${file.name}`);
    await readOne(file.name, resolve(cwd, file.name), file.text, files, reading);
  } else if (given !== undefined && reading.problems.length === 0) {
    reading.problems.push({ path: given.source, message: `there is no file ${maskText(String(given.value))}` });
  }
  return reading;
}

async function readOne(shown: string, path: string, text: string, files: ConfigFiles, into: Reading): Promise<void> {
  const name = basename(shown);
  switch (extname(name)) {
    case '.py':
      return addPython(name, text, into);
    case '.json':
      return addJson(name, text, into);
    case '.js':
    case '.mjs':
      return addModule(name, path, files, into);
    default:
      into.problems.push({ path: name, message: 'is not a .js, .mjs, .json or .py file' });
  }
}

function addPython(file: string, text: string, into: Reading): void {
  const { assignments, problems, skippedImports } = readPythonConfig(text, (name) => findNameOfKey(name) !== undefined);
  for (const { name, value, line } of assignments) addKey(name, value, `${file} line ${line}`, into);
  for (const { line, message } of problems) into.problems.push({ path: `${file} line ${line}`, message });
  if (problems.length > 0) {
    const way =
      'Herbarium reads this file and never runs it; set such options as variables (HERBARIUM_X or FLOWER_X), or write herbarium.config.js instead';
    into.problems.push({ path: file, message: way });
  }
  if (skippedImports.length > 0)
    into.notices.push(`${file}: passed over the import in line ${skippedImports.join(', ')}`);
}

function addJson(file: string, text: string, into: Reading): void {
  let json: unknown;
  try {
    json = parseJson(text, undefined, Number);
  } catch (error) {
    // Of its message only the place is shown, for the rest quotes the file.
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    const line = at === undefined ? '' : ` line ${text.slice(0, Number(at)).split('\n').length}`;
    into.problems.push({ path: `${file}${line}`, message: 'is not valid JSON' });
    return;
  }
  addObject(file, json, into, (key) => {
    const at = text.indexOf(`${JSON.stringify(key)}`);
    return at < 0 ? file : `${file} line ${text.slice(0, at).split('\n').length}`;
  });
}

async function addModule(file: string, path: string, files: ConfigFiles, into: Reading): Promise<void> {
  try {
    const exported = await files.load(path);
    addObject(file, exported['default'] ?? exported, into, () => file);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error('unknown');
    into.problems.push({ path: file, message: `cannot be loaded: ${name}: ${maskText(message)}` });
  }
}

function addObject(file: string, value: unknown, into: Reading, toSource: (key: string) => string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    into.problems.push({ path: file, message: 'is not an object of options, { "port": 5555 }' });
    return;
  }
  for (const [key, inner] of Object.entries(value)) addKey(key, inner, toSource(key), into);
}

function addKey(key: string, value: unknown, source: string, into: Reading): void {
  const name = findNameOfKey(key);
  if (name === 'conf') into.problems.push({ path: source, message: 'conf cannot be set in a config file' });
  else if (name === undefined) addStranger(key, source, into);
  // Flower's own default for several options is None: not set.
  else if (value === null || value === undefined) return;
  else if (value === '' && findOption(name).kind.read('') === undefined) {
    into.problems.push({ path: source, message: `${name} is empty; take the line out, or give it a value` });
  } else into.given.push({ name, value, source });
}

function addStranger(key: string, source: string, into: Reading): void {
  const shown = key.slice(0, 60);
  if (/^CELERY_/.test(key)) into.notices.push(`${source}: ${shown} is a setting of Celery, and is ignored`);
  else if (!key.startsWith('_')) {
    const suggestion = suggestName(key);
    const advice = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
    into.problems.push({ path: source, message: `${shown} is not an option${advice}` });
  }
}
