import { screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SuggestBody } from '../../server/contract/search.ts';
import type { App } from '../../web/src/state/app.ts';
import SearchStage from './SearchStage.svelte';
import { openApp, show } from './stage.ts';

const nothing: SuggestBody = { at: 0, end: 0, suggestions: [], partial: false, took_ms: 1 };
const states: SuggestBody = {
  ...nothing,
  at: 0,
  end: 6,
  suggestions: [
    { kind: 'value', text: 'state:FAILURE', tasks: 1234 },
    { kind: 'value', text: 'state:SUCCESS', tasks: 56_789 },
  ],
};

const user = userEvent.setup();
const box = () => screen.getByRole<HTMLInputElement>('combobox', { name: 'Search tasks' });
const asked = () => new URLSearchParams(location.search).get('q');
const chips = () => [...document.querySelectorAll('[aria-label="Conditions"] .code')].map((chip) => chip.textContent);
const describedBy = () => document.getElementById(box().getAttribute('aria-describedby') ?? '')?.textContent ?? '';

/** What is answered to the text that stands before the cursor. */
let suggest: (query: URLSearchParams) => Promise<SuggestBody>;
let app: App;
let stop: () => void;

beforeEach(() => {
  suggest = (query) => Promise.resolve(query.get('q') === 'state:' ? states : nothing);
  app = openApp({ readSuggestions: (query) => suggest(query) });
  stop = app.router.start();
  show(app, SearchStage, {});
});
afterEach(() => stop());

describe('the search box', () => {
  it('marks the very characters that are wrong, and says what would be right', async () => {
    await user.type(box(), 'state:FAILURE runtime:long');
    await user.keyboard('{Enter}');
    const problem = await screen.findByText("Invalid value 'long' of runtime");
    expect(box().getAttribute('aria-invalid')).toBe('true');
    expect(describedBy()).toMatch(/at character 23\..*a duration such as/s);
    // The ink under the input is its text, and its red part the word; the mark below begins where the word does.
    expect(document.querySelector('.ink')?.textContent).toBe('state:FAILURE runtime:long');
    expect([...document.querySelectorAll('.ink .wrong')].map((part) => part.textContent).join('')).toBe('long');
    const mark = problem.closest('#search-problem')?.querySelector<HTMLElement>('.mark');
    expect(mark?.style.getPropertyValue('--at')).toBe('22');

    await user.keyboard('{Backspace>4/}5s');
    await waitFor(() => expect(asked()).toBe('state:FAILURE runtime:5s'));
    expect(box().getAttribute('aria-invalid')).toBe(null);
    expect(screen.queryByText(/Invalid value/)).toBe(null);
  });

  it('marks the place behind the last character where something is missing', async () => {
    await user.type(box(), 'name:shop.* and');
    await user.keyboard('{Enter}');
    await screen.findByText('Missing search term after AND');
    expect(document.querySelector<HTMLElement>('#search-problem')?.dataset['at']).toBe('15');
    expect(document.querySelector('.ink .wrong')?.textContent).toBe('\u00a0');
  });

  it('offers what there is with its counts, and the keyboard chooses', async () => {
    await user.type(box(), 'state:');
    const options = await screen.findAllByRole('option');
    expect(options.map((option) => option.textContent?.replaceAll(/\s+/g, ' ').trim())).toEqual([
      'state:FAILURE 1,234 tasks',
      'state:SUCCESS 56,789 tasks',
    ]);
    expect(box().getAttribute('aria-expanded')).toBe('true');
    // What can still be completed is not called wrong.
    expect(box().getAttribute('aria-invalid')).toBe(null);
    await user.keyboard('{ArrowUp}');
    expect(box().getAttribute('aria-activedescendant')).toBe(options[1]?.id);
    await user.keyboard('{ArrowDown}');
    expect(options.map((option) => option.getAttribute('aria-selected'))).toEqual(['true', 'false']);
    await user.keyboard('{Tab}');
    expect(box().value).toBe('state:FAILURE ');
    expect(document.activeElement).toBe(box());
    expect(screen.queryAllByRole('option')).toEqual([]);
    await waitFor(() => expect(asked()).toBe('state:FAILURE'));
  });

  it('closes what it offers on Escape, and keeps what was typed', async () => {
    await user.type(box(), 'state:');
    await screen.findAllByRole('option');
    await user.keyboard('{Escape}');
    expect(screen.queryAllByRole('option')).toEqual([]);
    expect(box().value).toBe('state:');
  });

  it('searches also when nobody can say what could be typed', async () => {
    suggest = () => Promise.reject(new Error('gone'));
    await user.type(box(), 'orchid');
    await waitFor(() => expect(asked()).toBe('orchid'));
  });

  it('is reached by a slash from anywhere, which a text field keeps for itself', async () => {
    await user.keyboard('/');
    expect(document.activeElement).toBe(box());
    expect(box().value).toBe('');
    await user.keyboard('a/b');
    expect(box().value).toBe('a/b');
  });
});

describe('chips and text', () => {
  it('are one thing: what is typed becomes chips, and a chip taken away leaves the text', async () => {
    await user.type(box(), 'state:FAILURE name:shop.* -args:"two words"');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(chips()).toEqual(['name:shop.*', '-args:"two words"']));
    const failure = within(screen.getByRole('navigation', { name: 'State' })).getByRole('link', { name: 'Failure' });
    expect(failure.getAttribute('aria-current')).toBe('true');

    await user.click(screen.getByRole('link', { name: 'Remove name:shop.*' }));
    await waitFor(() => expect(box().value).toBe('state:FAILURE -args:"two words"'));
    await user.click(screen.getByRole('link', { name: 'Retry' }));
    await waitFor(() => expect(box().value).toBe('-args:"two words" state:RETRY'));
    await user.click(screen.getByRole('link', { name: 'All' }));
    await waitFor(() => expect(box().value).toBe('-args:"two words"'));
    expect(asked()).toBe('-args:"two words"');
  });

  it('follow the address, and Clear empties them', async () => {
    app.router.go('/tasks?q=worker%3Amail%40shop+received%3A%3E1h');
    await waitFor(() => expect(box().value).toBe('worker:mail@shop received:>1h'));
    expect(chips()).toEqual(['worker:mail@shop', 'received:>1h']);
    await user.click(screen.getByRole('button', { name: 'Clear the search' }));
    await waitFor(() => expect(chips()).toEqual([]));
    expect(asked()).toBe(null);
    expect(document.activeElement).toBe(box());
  });
});
