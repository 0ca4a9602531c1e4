import { expect, it } from 'vitest';
import { shorten, shortenId, splitName, toCallText, toOneLine, toExceptionName } from '../../web/src/models/repr.ts';

it('shows only the arguments there are', () => {
  expect(toCallText("('4711',)", '{}')).toBe("('4711',)");
  expect(toCallText('()', "{'a': 1}")).toBe("{'a': 1}");
  expect(toCallText('(1,)', "{'a': 1}")).toBe("(1,) {'a': 1}");
  expect(toCallText('()', '{}')).toBeNull();
  expect(toCallText(null, null)).toBeNull();
});

it('keeps a text with line breaks on one line, and shows that they were there', () => {
  expect(toOneLine("('a\n   b',\t1)")).toBe("('a ⏎ b', 1)");
});

it('cuts to a length, and never through a character', () => {
  expect(shorten('short', 5)).toBe('short');
  expect(shorten('longer', 5)).toBe('long…');
  expect(shorten('ab🌿cd', 4)).toBe('ab…');
});

it('shortens a UUID to its first group and any other id to 16 characters', () => {
  expect(shortenId('2df495cd-d2d8-4e13-9df0-ecb6b08686e3')).toBe('2df495cd');
  expect(shortenId('order/4711')).toBe('order/4711');
  expect(shortenId('an-id-of-somebodys-own')).toBe('an-id-of-somebo…');
});

it('splits a name at its last dot', () => {
  expect(splitName('shop.mail.send')).toEqual({ module: 'shop.mail.', name: 'send' });
  expect(splitName('cleanup')).toEqual({ module: '', name: 'cleanup' });
});

it('knows an exception by its name', () => {
  expect(toExceptionName("shop.OutOfStock('orchid')")).toBe('shop.OutOfStock');
  expect(toExceptionName('KeyError')).toBe('KeyError');
  expect(toExceptionName("<class 'x'>")).toBeNull();
  expect(toExceptionName(null)).toBeNull();
});
