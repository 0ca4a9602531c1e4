/** Lets through so many pieces of work at once; the others wait in the order in which they came. */
export function openLine(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // The place is handed over, so that nobody who comes just now takes it.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
