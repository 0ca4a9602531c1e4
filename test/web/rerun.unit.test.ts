import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonProblem, printJson, toRerunDraft, toRetryBody } from '../../web/src/models/rerun.ts';

describe('the arguments to run a task again with', () => {
  it('are those that were recorded, as JSON that Python reads as the same', () => {
    const draft = toRerunDraft({ args: "(1, 2.0, 'Цветы 🌷', 12345678901234567890)", kwargs: "{'a': None}" });
    expect(draft.args).toEqual({ text: '[1, 2.0, "Цветы 🌷", 12345678901234567890]', problem: null });
    expect(draft.kwargs).toEqual({ text: '{"a": null}', problem: null });
  });

  it('are the nearest there is, with the reason, where JSON would change them', () => {
    const { args, kwargs } = toRerunDraft({ args: '((1, 2),)', kwargs: "{'x': '...', ...}" });
    expect(args.text).toBe('[[1, 2]]');
    expect(args.problem).toMatch(/JSON cannot carry a tuple/);
    expect(kwargs).toMatchObject({ text: '{}' });
    expect(kwargs.problem).toMatch(/cut/);
    expect(toRerunDraft({ args: null, kwargs: null }).args.problem).toMatch(/no event told/);
  });

  it('are printed on lines of their own when they are long, and stay what they are', () => {
    expect(printJson([['a'.repeat(40), 'b'.repeat(40)]])).toContain('\n    "aaa');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(printJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('are sent only where they were changed: the server has the others exactly', () => {
    const draft = toRerunDraft({ args: '(1,)', kwargs: '{}' });
    expect(toRetryBody(draft, { args: '[1]', kwargs: '{}', queue: ' ' })).toBe('{}');
    expect(toRetryBody(draft, { args: '[2]', kwargs: '{}', queue: 'mail' })).toBe('{"args": [2], "queue": "mail"}');
    const cut = toRerunDraft({ args: '(1, ...)', kwargs: '{}' });
    expect(toRetryBody(cut, { args: '[]', kwargs: '{}', queue: '' })).toBe('{"args": []}');
  });

  it('are looked at before they are sent', () => {
    expect(findJsonProblem('[1, NaN, -Infinity, "NaN \\" Infinity"]', 'list')).toBeNull();
    expect(findJsonProblem('{"a": 1}', 'object')).toBeNull();
    expect(findJsonProblem('{"a": 1}', 'list')).toMatch(/A list is needed/);
    expect(findJsonProblem('null', 'object')).toMatch(/An object is needed/);
    expect(findJsonProblem("['a']", 'list')).toMatch(/This is no JSON/);
  });
});
