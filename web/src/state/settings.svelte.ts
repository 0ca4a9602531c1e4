import { readColumns, readWeights, type ColumnId, type Weights } from '../models/columns.ts';
import type { Zone } from '../models/time.ts';

export type Theme = 'system' | 'light' | 'dark';

/** public/theme.js reads the same key before the first paint. */
const storageKey = 'herbarium';

/** What belongs to the reader and not to the page's address. */
export class Settings {
  theme = $state<Theme>('system');
  zone = $state<Zone>('local');
  /** Moments are shown as `3 min ago`. */
  isNatural = $state(false);

  /** Of the table of tasks; null: as the options have it. */
  columns: readonly ColumnId[] | null = $state.raw(null);
  weights: Weights = $state.raw({});

  /** `isNatural`: as long as the reader has not chosen. */
  constructor(isNatural: boolean) {
    const saved = readSaved();
    this.columns = Array.isArray(saved.columns) ? readColumns(saved.columns.map(String)) : null;
    this.weights = readWeights(saved.weights);
    this.isNatural = typeof saved.natural === 'boolean' ? saved.natural : isNatural;
    if (saved.theme === 'light' || saved.theme === 'dark') this.theme = saved.theme;
    if (saved.zone === 'utc') this.zone = 'utc';
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    this.#save();
  }

  setZone(zone: Zone): void {
    this.zone = zone;
    this.#save();
  }

  setNatural(isNatural: boolean): void {
    this.isNatural = isNatural;
    this.#save({ natural: isNatural });
  }

  setColumns(columns: readonly ColumnId[] | null, weights: Weights): void {
    this.columns = columns;
    this.weights = weights;
    this.#save({ columns, weights });
  }

  #save(more: Record<string, unknown> = {}): void {
    try {
      localStorage.setItem(storageKey, JSON.stringify({ ...readSaved(), theme: this.theme, zone: this.zone, ...more }));
    } catch {
      // Storage is closed to us: the choice lasts as long as the page.
    }
  }
}

function readSaved(): Record<string, unknown> {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '{}');
    return typeof saved === 'object' && saved !== null ? { ...saved } : {};
  } catch {
    return {};
  }
}
