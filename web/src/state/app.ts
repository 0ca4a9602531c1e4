import { createContext } from 'svelte';
import type { PageSettings } from '../../../server/contract/page.ts';
import { createClient, type Client } from '../api/client.ts';
import { Clock } from './clock.svelte.ts';
import { Connection } from './connection.svelte.ts';
import { readPageSettings } from './page-settings.ts';
import { Overview } from './overview.svelte.ts';
import { Router } from './router.svelte.ts';
import { SearchSummary } from './search-summary.svelte.ts';
import { Settings } from './settings.svelte.ts';
import { TaskList } from './task-list.svelte.ts';
import type { RowHeights } from './windowed-rows.svelte.ts';

/** Everything a page may use; parts that know it are found by `useApp`. */
export interface App {
  client: Client;
  clock: Clock;
  connection: Connection;
  router: Router;
  /** Opens what keys open too, for who has none. */
  keyboard: { open: (sheet: 'palette' | 'help') => void };
  settings: Settings;
  /** What the server's options say. */
  pageSettings: PageSettings;
  /** They outlive their page, so that Back finds it as it was left. */
  overview: Overview;
  taskList: TaskList;
  taskHeights: RowHeights;
  searchSummary: SearchSummary;
}

export const [useApp, provideApp] = createContext<App>();

/** `baseUri`: where the app lives, as the document says (`<base href>`). Opens the live feed. */
export function createApp(baseUri: string): App {
  const clock = new Clock();
  const client = createClient({
    base: baseUri,
    fetch: (input, init) => fetch(input, init),
    onServerTime: (epochS) => clock.setServerTime(epochS),
  });
  const meta = document.querySelector<HTMLMetaElement>('meta[name="herbarium"]');
  const pageSettings = readPageSettings(meta?.content);
  const socketUrl = new URL('live', baseUri);
  socketUrl.protocol = socketUrl.protocol === 'https:' ? 'wss:' : 'ws:';
  return {
    client,
    clock,
    connection: new Connection(
      client,
      () => new WebSocket(socketUrl),
      () => clock.read(),
    ),
    overview: new Overview(client, () => clock.read()),
    router: new Router(baseUri),
    keyboard: { open: () => undefined },
    settings: new Settings(pageSettings.natural_time),
    pageSettings,
    taskList: new TaskList(client),
    taskHeights: { layout: '', byKey: new Map() },
    searchSummary: new SearchSummary(client),
  };
}
