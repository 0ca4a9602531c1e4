/** The text on one line: a line break inside an argument must not make a row higher. */
export function toOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ⏎ ').replace(/[\t\r]+/g, ' ');
}

/** At most `limit` characters, the last one an ellipsis; never half of a surrogate pair. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

const isNothing = (repr: string | null) =>
  repr === null || repr === '' || repr === '()' || repr === '[]' || repr === '{}';

/** Arguments as one text; empty ones are left out: `(4711,) {'retry': True}`. Null: there are none, or none were seen. */
export function toCallText(args: string | null, kwargs: string | null): string | null {
  const shown = [args, kwargs].filter((repr) => !isNothing(repr));
  return shown.length > 0 ? shown.join(' ') : null;
}

/** `shop.OutOfStock('orchid')` → what one searches for: `shop.OutOfStock`. */
export function toExceptionName(exception: string | null): string | null {
  return /^[\p{L}_][\p{L}\p{N}_.]*/u.exec(exception ?? '')?.[0] ?? null;
}

/** What is left of an id in a list: the first group of a UUID, and at most 16 characters of any other. */
export function shortenId(uuid: string): string {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(uuid) ? uuid.slice(0, 8) : shorten(uuid, 16);
}

/** `shop.mail.send` → the module to show quietly and the name to show clearly. */
export function splitName(name: string): { module: string; name: string } {
  const dot = name.lastIndexOf('.');
  return { module: name.slice(0, dot + 1), name: name.slice(dot + 1) };
}
