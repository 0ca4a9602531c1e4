import type { PlainPage } from '../state/route.ts';

/** The pages that can be gone to from everywhere, in their order, and the key that leads there after `g`. */
export const pageLinks = [
  { page: 'overview', label: 'Overview', key: 'o' },
  { page: 'tasks', label: 'Tasks', key: 't' },
  { page: 'workers', label: 'Workers', key: 'w' },
  { page: 'broker', label: 'Broker', key: 'b' },
  { page: 'events', label: 'Events', key: 'e' },
  { page: 'about', label: 'About', key: 'a' },
] as const satisfies readonly { page: 'overview' | PlainPage; label: string; key: string }[];

export type LinkedPage = (typeof pageLinks)[number]['page'];
