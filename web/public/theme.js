/* global document */
// Runs before the first paint, so that a chosen theme never flashes the other one. Kept out of index.html: no inline script.
try {
  const { theme } = JSON.parse(localStorage.getItem('herbarium') ?? '{}');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed to us, or holds something else: the system's theme it is.
}
