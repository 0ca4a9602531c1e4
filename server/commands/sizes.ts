const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes as a person reads them: `1.2 GB`. */
export function toSizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export const toCountText = (count: number): string => count.toLocaleString('en-US');
