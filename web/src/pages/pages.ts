/** The pages, of which each but the first ones comes when somebody goes there. */
import type { Component } from 'svelte';
import type { PageName } from '../state/route.ts';
import OverviewPage from './OverviewPage.svelte';
import TasksPage from './TasksPage.svelte';

/** A page, given what its address says beside its name. */
export type AnyPage = Component<Record<string, string>>;

const pages: Record<PageName, () => Promise<{ default: unknown }>> = {
  overview: () => Promise.resolve({ default: OverviewPage }),
  tasks: () => Promise.resolve({ default: TasksPage }),
  task: () => import('./TaskPage.svelte'),
  workers: () => import('./WorkersPage.svelte'),
  worker: () => import('./WorkerPage.svelte'),
  broker: () => import('./BrokerPage.svelte'),
  events: () => import('./EventsPage.svelte'),
  docs: () => import('./DocsPage.svelte'),
  about: () => import('./AboutPage.svelte'),
  'not-found': () => import('./NotFoundPage.svelte'),
};

const loaded = new Map<PageName, AnyPage>();

/** The page, if it is there already. */
export function findPage(name: PageName): AnyPage | undefined {
  return loaded.get(name);
}

/** @throws when it cannot be had: the server is away, or has other pages since it was started anew. */
export async function loadPage(name: PageName): Promise<AnyPage> {
  // Each page takes what its own route says: see `Route`.
  const page = (await pages[name]()).default as AnyPage;
  loaded.set(name, page);
  return page;
}
