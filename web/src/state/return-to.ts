import type { Place } from '../models/place.ts';

/** Without more of the page: rows of a long list come when they are in sight, and what is asked for when it is answered. */
const patienceMs = 5000;
/** By these a reader takes over. */
const deeds = ['wheel', 'keydown', 'pointerdown', 'touchmove'] as const;

export function toPlace(link: HTMLElement | null): Place {
  const href = link?.closest('main') ? link.getAttribute('href') : null;
  return { scrollY, link: link && href !== null ? { href, top: topOf(link) } : null };
}

/**
 * Shows what was to be seen there, at the same height, with the focus where it was. Goes on trying while the page fills
 * up, until the reader does something, or `isLeft`.
 */
export async function returnTo({ scrollY: top, link }: Place, isLeft: () => boolean): Promise<void> {
  const watch = new AbortController();
  for (const deed of deeds)
    addEventListener(deed, () => watch.abort(), { signal: watch.signal, capture: true, passive: true });
  let heightSeen = 0;
  for (let endMs = Infinity; performance.now() < endMs; await nextFrame()) {
    const height = document.documentElement.scrollHeight;
    if (height !== heightSeen) endMs = performance.now() + patienceMs;
    heightSeen = height;
    if (watch.signal.aborted || isLeft()) break;
    scrollTo({ top, behavior: 'instant' });
    if (link ? takeUp(link) : Math.abs(scrollY - top) < 1) break;
  }
  watch.abort();
}

/** Whether the link is there. */
function takeUp({ href, top }: NonNullable<Place['link']>): boolean {
  const links = [...document.querySelectorAll<HTMLElement>(`main a[href="${CSS.escape(href)}"]`)];
  const off = (link: HTMLElement) => topOf(link) - top;
  // Many rows may lead to the same worker; and those further off are no longer, or not yet, in sight.
  const [nearest] = links.sort((a, b) => Math.abs(off(a)) - Math.abs(off(b)));
  if (!nearest || Math.abs(off(nearest)) > innerHeight) return false;
  scrollBy({ top: off(nearest), behavior: 'instant' });
  nearest.focus({ preventScroll: true });
  return true;
}

function topOf(element: HTMLElement): number {
  return element.getBoundingClientRect().top;
}

function nextFrame(): Promise<unknown> {
  return new Promise(requestAnimationFrame);
}
