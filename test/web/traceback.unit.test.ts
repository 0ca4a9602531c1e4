import { describe, expect, it } from 'vitest';
import { describeFrames, readTraceback } from '../../web/src/models/traceback.ts';

const text = `Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/celery/app/trace.py", line 451, in trace_task
    R = retval = fun(*args, **kwargs)
                 ^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/celery/app/trace.py", line 734, in __protected_call__
    return self.run(*args, **kwargs)
  File "/srv/app/shop/stock.py", line 63, in reserve
    return take_from_shelf(find_shelf(item), count)
  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode
    obj, end = self.raw_decode(s)
KeyError: 'orchid'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/app/shop/stock.py", line 65, in reserve
    raise OutOfStock(item) from error
shop.stock.OutOfStock: orchid
is not sold here
`;

describe('a traceback', () => {
  const parts = readTraceback(text, 'shop.stock.reserve') ?? [];

  it('has the task’s own frames apart from those of libraries', () => {
    expect(parts.map((part) => (part.kind === 'frames' ? [part.isOwn, part.frames.length] : part.kind))).toEqual([
      [false, 2],
      [true, 1],
      [false, 1],
      'error',
      'link',
      [true, 1],
      'error',
    ]);
  });

  it('keeps each frame’s source with its marks, its error with all of its lines, and drops what is the same in each', () => {
    const [first, own] = parts;
    expect(first?.kind === 'frames' && first.frames[0]).toMatchObject({
      shownFile: 'celery/app/trace.py',
      line: 451,
      name: 'trace_task',
      code: 'R = retval = fun(*args, **kwargs)\n             ^^^^^^^^^^^^^^^^^^^^',
    });
    expect(own?.kind === 'frames' && own.frames[0]?.shownFile).toBe('/srv/app/shop/stock.py');
    expect(parts.at(-1)).toEqual({ kind: 'error', text: 'shop.stock.OutOfStock: orchid\nis not sold here' });
  });

  it('takes an installed package for the task’s own when the task’s name begins with it', () => {
    const installed = text.replaceAll('/srv/app/', '/venv/lib/python3.12/site-packages/');
    const own = readTraceback(installed, 'shop.stock.reserve')?.filter((part) => part.kind === 'frames' && part.isOwn);
    expect(own).toHaveLength(2);
    expect(readTraceback(installed, 'other.task')?.some((part) => part.kind === 'frames' && part.isOwn)).toBe(false);
  });

  it('is none without a frame', () => {
    expect(readTraceback('[hidden: format_task failed]', null)).toBeNull();
    expect(readTraceback('', null)).toBeNull();
  });
});

it('says where the frames it folds are', () => {
  const [part] = readTraceback(text, 'shop') ?? [];
  expect(part?.kind === 'frames' && describeFrames(part.frames)).toBe('2 frames in celery');
});
