/** `12,345`: the same in every browser, so that a screenshot in a chat is not misread. */
export function formatCount(n: number): string {
  return n.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** The same, or a dash for what is not known. */
export function formatKnown(n: number | null | undefined): string {
  return n === null || n === undefined ? '—' : formatCount(n);
}

/** `1 task`, `12,345 tasks` */
export function countOf(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}

/** `812 B`, `12.3 MB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Events a second: `0`, `0.4`, `12`, `1,800`. */
export function formatRate(perS: number): string {
  return perS > 0 && perS < 9.95 ? perS.toFixed(1) : formatCount(perS);
}
