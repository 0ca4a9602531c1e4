/**
 * Seconds → what a person reads: `340 µs`, `12 ms`, `1.25 s`, `42.1 s`, `4 min 05 s`, `3 h 12 min`, `2 d 4 h`.
 * The unit is always written, because a bare number beside a task is the first thing misread at night.
 */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '—';
  if (seconds < 0) return `−${formatDuration(-seconds)}`;
  if (seconds === 0) return '0 s';
  if (seconds < 0.000_999_5) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.999_5) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  if (whole < 86_400)
    return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** A duration that still runs, in whole seconds: `0 s`, `42 s`, `4 min 05 s`. */
export function formatRunning(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 60 ? `${whole} s` : formatDuration(whole);
}

/** An age in one unit, for what ticks: `3 s`, `4 min`, `5 h`, `12 d`. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h`;
  return `${Math.floor(whole / 86_400)} d`;
}
