/** What time it is where a search was typed. */
export interface ClockOptions {
  /** Epoch seconds. */
  now: number;
  /** Of the reader, such as `Europe/Berlin`; without it, `utcOffsetMinutes` counts. */
  zone?: string;
  /** Minutes east of Greenwich; 0 by default. */
  utcOffsetMinutes?: number;
}

/** A wall time is what a clock on the wall shows, as if it were in UTC: epoch seconds of another sort. */
export interface Clock {
  readonly now: number;
  /** The wall time at which today began, `days` later. */
  today(days: number): number;
  /** Where clocks are put back a wall time comes twice, and where they are put forward one never comes: either is a choice. */
  toEpoch(wall: number): number;
}

/** Throws a `RangeError` for a zone that does not exist: see {@link isZone}. */
export function toClock({ now, zone, utcOffsetMinutes = 0 }: ClockOptions): Clock {
  const offsetAt = zone === undefined ? () => utcOffsetMinutes * 60 : toOffsetReader(zone);
  return {
    now,
    today: (days) => (Math.floor((now + offsetAt(now)) / 86_400) + days) * 86_400,
    toEpoch: (wall) => wall - offsetAt(wall - offsetAt(wall)),
  };
}

/** Whether this names a time zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Seconds east of Greenwich at an epoch time. */
function toOffsetReader(zone: string): (epoch: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (epoch) => {
    const whole = Math.floor(epoch);
    const parts = new Map(format.formatToParts(whole * 1000).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const wallMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return wallMs / 1000 - whole;
  };
}
