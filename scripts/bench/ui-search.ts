/** How long after the last key in the search box its results are on the screen. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { planted } from './history-tasks.ts';
import { toQuantiles, type Quantiles } from './quantiles.ts';
import { openPage, whenPainted } from './ui-pages.ts';

/** What is typed: as one searches, most of it text that begins many words. */
const searches = {
  state: 'state:FAILURE',
  'term, 50 tasks': planted.rare.term,
  'term, 0.1 %': `"${planted.oneInThousand.term}"`,
  'term, 5 %': `"${planted.oneInTwenty.term}"`,
  'term, 28 %': `result:"${planted.oneInFour.term}"`,
  absent: planted.none.term,
  'state and term': `state:FAILURE ${planted.oneInTwenty.term}`,
};

/** Facets come after the list, and know the whole number. */
const countedMs = 500;
/** Between two keys of a fast typist. */
const keyMs = 90;

export interface SearchFigures extends Quantiles {
  search: string;
  found: string;
}

/** The last row is of all searches together. */
export async function measureSearches(browser: Browser, url: string, times: number): Promise<SearchFigures[]> {
  const { page, close } = await openPage(browser);
  await page.goto(new URL('/tasks', url).href);
  const box = page.getByRole('combobox', { name: 'Search tasks' });
  await whenPainted(page, `document.querySelector('tr[data-task]')`);
  const waits = new Map<string, number[]>(Object.keys(searches).map((name) => [name, []]));
  const found = new Map<string, string>();
  for (let round = 0; round < times; round++) {
    for (const [name, text] of Object.entries(searches)) {
      await box.fill('');
      await whenPainted(page, `location.search === '' && document.querySelector('tr[data-task]')`);
      await box.pressSequentially(text.slice(0, -1), { delay: keyMs });
      const searched = page.evaluate<number>(`probe.searched(${JSON.stringify(text)})`);
      await box.press(text.slice(-1), { delay: 0 });
      waits.get(name)!.push(await searched);
      await sleep(countedMs);
      found.set(name, await page.evaluate<string>(`document.querySelector('[data-total]')?.textContent ?? 'none'`));
    }
  }
  await close();
  const rows = [...waits].map(([search, each]) => ({ search, found: found.get(search)!, ...toQuantiles(each) }));
  return [...rows, { search: 'all', found: '', ...toQuantiles([...waits.values()].flat()) }];
}
