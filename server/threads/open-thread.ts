import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type ResourceLimits, type TransferListItem } from 'node:worker_threads';

/**
 * V8 lets a thread's short-lived objects fill 48 MB. These do as well with less: in a burst 110 MB less of resident memory
 * for the same CPU. The old generation has no limit here: close to one V8 collects so often that it costs 3 µs an event.
 * Where node was given `--max-semi-space-size`, as in the program's first line, that goes for all threads instead: with 2
 * the writer takes half a microsecond an event more than with its own 24 MB, and 25 MB less.
 */
const limits: Readonly<Record<string, ResourceLimits>> = {
  writer: { maxYoungGenerationSizeMb: 24 },
  receiver: { maxYoungGenerationSizeMb: 6 },
  reader: { maxYoungGenerationSizeMb: 6 },
  rewriter: { maxYoungGenerationSizeMb: 6 },
};

/**
 * Starts `server/threads/<name>` in a thread of its own.
 *
 * From dist that is a `.js` file. From source, under tsx or vitest, it is a `.ts` file that Node 20 cannot load, and a
 * thread inherits neither's loader, nor does `execArgv: ['--import', 'tsx']` give it one there: so a line of JavaScript
 * registers tsx in the new thread first.
 */
export function openThread(name: string, data: object, transfer: TransferListItem[] = []): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const url = new URL(`./${name}${isSource ? '.ts' : '.js'}`, import.meta.url);
  const options = { name, workerData: data, transferList: transfer, resourceLimits: limits[name] };
  if (!isSource) return new Worker(url, options);
  const tsx = new URL(
    './dist/esm/api/index.mjs',
    pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')),
  ).href;
  const register = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); })`;
  return new Worker(register, { ...options, eval: true });
}
