import { describe, expect, it } from 'vitest';
import { toCurl, toPythonCall } from '../../web/src/models/snippets.ts';
import { taskBody } from '../helpers/bodies.ts';

const base = 'http://monitor:5555/flower/';

describe('a task to take along', () => {
  it('is a curl command that sends the same, whatever quotes it holds', () => {
    const { text, note } = toCurl(taskBody({ args: '("it\'s",)', kwargs: '{}' }), 'mail', base);
    expect(text).toBe(
      `curl -X POST 'http://monitor:5555/flower/api/task/send-task/shop.orders.price' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"args": ["it'\\''s"], "kwargs": {}, "queue": "mail"}'`,
    );
    expect(note).toBeNull();
  });

  it('is one that leaves the arguments to who has them, when they cannot be told', () => {
    const { text, note } = toCurl(taskBody({ uuid: 'a/b', args: '(1, ...)' }), null, base);
    expect(text).toBe("curl -X POST 'http://monitor:5555/flower/api/task/retry/a%2Fb'");
    expect(note).toMatch(/cut/);
  });

  it('is a call in Python', () => {
    expect(toPythonCall(taskBody({ kwargs: "{'n': 1}" }), null)).toEqual({
      text: "app.send_task('shop.orders.price', args=('4711',), kwargs={'n': 1})",
      note: null,
    });
    const long = toPythonCall(taskBody({ args: `('${'x'.repeat(80)}',)` }), 'mail');
    expect(long.text).toMatch(/^app\.send_task\(\n {4}'shop\.orders\.price',\n[^]*\n {4}queue='mail',\n\)$/);
    expect(toPythonCall(taskBody({ args: '(<Order at 0x7f>,)' }), null).note).toMatch(/objects/);
    expect(toPythonCall(taskBody({ args: "('<b>',)" }), null).note).toBeNull();
    expect(toPythonCall(taskBody({ args: '(1, ...)' }), null).note).toMatch(/cut/);
  });
});
