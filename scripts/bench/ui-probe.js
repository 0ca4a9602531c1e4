/* global document, window, location, requestAnimationFrame */
// Loaded into each page that `bench:ui` opens, before anything of its own: measures what only the page itself can see.
// All times are milliseconds since the navigation began.
const probe = { longTasks: [], lcpMs: 0, delays: [] };

function watch(type, take) {
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
}

watch('longtask', ({ startTime, duration }) => probe.longTasks.push({ at: startTime, ms: duration }));
watch('largest-contentful-paint', ({ startTime }) => (probe.lcpMs = startTime));

/** When the first frame in which `isThere` holds has been drawn. */
probe.painted = (isThere) =>
  new Promise((resolve) => {
    const look = () => {
      if (!isThere()) return requestAnimationFrame(look);
      // A message is handled after the frame whose callbacks these are.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now());
      port2.postMessage(null);
    };
    requestAnimationFrame(look);
  });

/** From the last key to the first frame that shows what the whole text finds. To be called before that key. */
probe.searched = async (text) => {
  let keyAt = NaN;
  const press = (event) => (keyAt = event.timeStamp);
  window.addEventListener('keydown', press, { capture: true });
  const isAsked = () => new URLSearchParams(location.search).get('q') === text;
  const isAnswered = () => !document.querySelector('.list.stale, .list table[aria-busy="true"]');
  const at = await probe.painted(() => isAsked() && isAnswered());
  window.removeEventListener('keydown', press, { capture: true });
  return at - keyAt;
};

/** Each key from now on: how long until a frame that was made after it has been drawn. */
probe.watchKeys = () =>
  window.addEventListener(
    'keydown',
    (event) => void probe.painted(() => true).then((at) => probe.delays.push({ at, ms: at - event.timeStamp })),
    { capture: true },
  );

/** What was loaded so far. */
probe.loaded = () => {
  const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return { requests: entries.length, bytes: entries.reduce((sum, { transferSize }) => sum + transferSize, 0) };
};

window.probe = probe;
