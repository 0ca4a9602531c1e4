/** Where a page was left: how far down, and by which of its links. */
export interface Place {
  scrollY: number;
  /** Its `href`, and how far below the window's upper edge it was. */
  link: { href: string; top: number } | null;
}

/** Of a step of the browser's history, which may be anyone's. */
export function readPlace(state: unknown): Place | null {
  if (typeof state !== 'object' || state === null || !('scrollY' in state) || typeof state.scrollY !== 'number')
    return null;
  return { scrollY: state.scrollY, link: 'link' in state ? (state.link as Place['link']) : null };
}
