import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../web/src/styles/tokens.css', import.meta.url), 'utf8');

type Colour = [number, number, number];

const readColour = (hex: string): Colour => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as Colour;

/** Every `--name: light-dark(#day, #night)`. */
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, day, night]) => [
    name ?? '',
    { day: readColour(day ?? ''), night: readColour(night ?? '') },
  ]),
);

function token(name: string, theme: 'day' | 'night'): Colour {
  const found = tokens.get(name);
  if (!found) throw new Error(`There is no colour --${name} in tokens.css`);
  return found[theme];
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour: Colour): number {
  const [r, g, b] = colour.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as Colour;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Colour, b: Colour): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** color-mix(in srgb, a share%, b) */
const mix = (a: Colour, share: number, b: Colour) =>
  a.map((c, i) => (c * share + (b[i] ?? 0) * (100 - share)) / 100) as Colour;

const states = [...tokens.keys()].filter((name) => name.startsWith('state-'));

describe.each(['day', 'night'] as const)('colours by %s', (theme) => {
  const ground = (name: string) => token(name, theme);

  it('let text be read on every ground: 4.5 to 1', () => {
    for (const ink of ['ink', 'ink-soft', 'leaf'])
      for (const on of ['paper', 'sheet', 'pressed'])
        expect(contrast(ground(ink), ground(on)), `${ink} on ${on}`).toBeGreaterThanOrEqual(4.5);
    expect(contrast(ground('leaf-ink'), ground('leaf')), 'text of the main button').toBeGreaterThanOrEqual(4.5);
  });

  it('let each state be read on the sheet, on the paper and on its own tint', () => {
    expect(states).toHaveLength(10);
    for (const state of states) {
      const tint = mix(ground(state), 11, ground('sheet'));
      for (const [on, colour] of Object.entries({ sheet: ground('sheet'), paper: ground('paper'), tint }))
        expect(contrast(ground(state), colour), `${state} on ${on}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('let the edges of what can be operated be seen: 3 to 1', () => {
    for (const edge of ['line-strong', 'focus'])
      for (const on of ['paper', 'sheet'])
        expect(contrast(ground(edge), ground(on)), `${edge} on ${on}`).toBeGreaterThanOrEqual(3);
  });
});
