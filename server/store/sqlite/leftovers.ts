import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CatalogFile } from './catalog-file.ts';

const fact = 'leftovers';

/**
 * Files of segments that the catalog no longer names, or does not yet, until they are removed. They are noted in the
 * transaction that makes them so, or before they are made: after a crash they are neither history nor forgotten. Only what is noted is ever removed: a catalog that was
 * lost, or taken from an older copy, must not cost the segments that it does not know.
 */
export class Leftovers {
  constructor(
    private readonly catalog: CatalogFile,
    /** Where all of them lie. */
    private readonly folder: string,
  ) {}

  /** In the catalog's transaction. */
  note(files: readonly string[]): void {
    this.#save([...new Set([...this.#names(), ...files.map((file) => basename(file))])]);
  }

  /** In the catalog's transaction that names these files from now on. */
  keep(files: readonly string[]): void {
    const kept = new Set(files.map((file) => basename(file)));
    this.#save(this.#names().filter((name) => !kept.has(name)));
  }

  /** Removes them; in another thread of libuv's, for to unlink a file of 600 MB takes 0.1 s. */
  async remove(): Promise<void> {
    const names = this.#names();
    // All at once: between two steps of each a batch may be committed.
    await Promise.all(names.map((name) => rm(join(this.folder, name), { force: true })));
    if (names.length > 0) this.#save(this.#names().filter((name) => !names.includes(name)));
  }

  #names(): string[] {
    return JSON.parse(this.catalog.fact(fact) ?? '[]') as string[];
  }

  #save(names: string[]): void {
    this.catalog.saveFact(fact, JSON.stringify(names));
  }
}
