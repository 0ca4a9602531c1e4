const storageKey = 'herbarium searches';
const mostKept = 10;

/** The reader's own last searches, the newest first; they stay in this browser. */
export function readRecentSearches(): string[] {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(saved) ? saved.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

export function keepSearch(text: string): void {
  const kept = [text, ...readRecentSearches().filter((each) => each !== text)].slice(0, mostKept);
  try {
    localStorage.setItem(storageKey, JSON.stringify(kept));
  } catch {
    // Storage is closed to us: nothing is remembered.
  }
}
