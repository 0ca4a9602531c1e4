import { configure, render } from '@testing-library/svelte';
import type { Component } from 'svelte';
import type { Client } from '../../web/src/api/client.ts';
import type { Socket } from '../../web/src/api/live.ts';
import type { App } from '../../web/src/state/app.ts';
import { Clock } from '../../web/src/state/clock.svelte.ts';
import { Connection } from '../../web/src/state/connection.svelte.ts';
import { Overview } from '../../web/src/state/overview.svelte.ts';
import { readPageSettings } from '../../web/src/state/page-settings.ts';
import { Router } from '../../web/src/state/router.svelte.ts';
import { SearchSummary } from '../../web/src/state/search-summary.svelte.ts';
import { Settings } from '../../web/src/state/settings.svelte.ts';
import { TaskList } from '../../web/src/state/task-list.svelte.ts';
import Stage from './Stage.svelte';

// A busy machine is slow, and not wrong.
configure({ asyncUtilTimeout: 30_000 });

const silentSocket = (): Socket => ({
  send: () => undefined,
  close: () => undefined,
  onopen: null,
  onclose: null,
  onmessage: null,
});

/** Every question it is given no answer to fails. */
function toClient(answers: Partial<Client>): Client {
  const nobody = (name: string) => () => Promise.reject(new Error(`Nobody answers ${name} here`));
  return new Proxy(answers as Client, {
    get: (given, name: string) => (given as unknown as Record<string, unknown>)[name] ?? nobody(name),
  });
}

/** An app in which it is `nowS`, with times in UTC, at `/tasks`. */
export function openApp(answers: Partial<Client> = {}, nowS = 1000): App {
  history.replaceState(null, '', '/tasks');
  localStorage.clear();
  const client = toClient(answers);
  const clock = new Clock();
  clock.now = nowS;
  const settings = new Settings(false);
  settings.setZone('utc');
  return {
    client,
    clock,
    settings,
    connection: new Connection(client, silentSocket, () => clock.now),
    router: new Router('http://localhost/'),
    keyboard: { open: () => undefined },
    overview: new Overview(client, () => clock.now),
    pageSettings: readPageSettings('{}'),
    taskList: new TaskList(client),
    searchSummary: new SearchSummary(client),
    taskHeights: { layout: '', byKey: new Map() },
  };
}

/** Shows a part by itself. */
export function show<Given extends Record<string, unknown>>(app: App, part: Component<Given>, given: Given): void {
  render(Stage<Given>, { app, part, given });
}
