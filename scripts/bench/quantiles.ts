export interface Quantiles {
  p50: number;
  p95: number;
  max: number;
}

/** Of at least one figure, to a tenth. */
export function toQuantiles(figures: readonly number[]): Quantiles {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (share: number): number => toTenths(sorted[Math.ceil(share * sorted.length) - 1] ?? NaN);
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

export const toTenths = (figure: number): number => Math.round(figure * 10) / 10;
