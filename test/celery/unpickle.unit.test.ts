import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPythonRepr } from '../../server/python/plain-python.ts';
import { toTaskResult } from '../../server/celery/task-result.ts';
import { PickleFault } from '../../server/celery/pickled-value.ts';
import { unpickle } from '../../server/celery/unpickle.ts';
import { readCapture, type CaptureLine } from '../helpers/captures.ts';

interface RowLine extends CaptureLine {
  case: string;
  kind: string;
  row: { result: { b64: string } | null; status: string; traceback: string | null; [field: string]: unknown } | null;
}

const rows = ['redis-5.6.3', 'redis-5.2.6', 'amqp-5.6.3', 'amqp-5.2.6'].flatMap((name) =>
  readCapture<RowLine>(`results-${name}`).filter(
    ({ kind, row }) => kind === 'row' && row?.result && row['result (unpickled repr)'],
  ),
);
const resultOf = (line: RowLine) => Buffer.from(line.row!.result!.b64, 'base64');
const read = (base64: string): string => toPythonRepr(unpickle(Buffer.from(base64, 'base64')));

describe('a pickle', () => {
  it('that Celery stored says what Python says of it', () => {
    expect(rows.length).toBeGreaterThan(100);
    for (const line of rows) {
      const said = line.row!['result (unpickled repr)'] as string;
      // The recorder shortened what is longer.
      expect(toPythonRepr(unpickle(resultOf(line))).slice(0, said.length)).toBe(said);
    }
  });

  it.each([
    [
      'protocol 0',
      'KGxwMApJMQphTDIwMDAwMDAwMDAwMDAwMDAwMDAwMEwKYUYyLjUKYVZcdTAxN2UKcDEKYUkwMQphTmEu',
      "[1, 200000000000000000000, 2.5, 'ž', True, None]",
    ],
    [
      'a UUID',
      'gASVPAAAAAAAAACMBHV1aWSUjARVVUlElJOUKYGUfZSMA2ludJSKEHhWNBJ4VjQSeFY0EnhWNBJzYi4=',
      "UUID('12345678-1234-5678-1234-567812345678')",
    ],
    ['a call of anything', 'gASVIQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAZyZWJvb3SUhZRSlC4=', "posix.system('reboot')"],
  ])('%s is read, and nothing in it is done', (_what, base64, repr) => {
    expect(read(base64)).toBe(repr);
  });

  it('that holds itself, or the same thing over and over, comes to an end', () => {
    // a = []; a.append(a)
    expect(read('gASVBgAAAAAAAABdlGgAYS4=').length).toBeLessThan(1000);
    const bomb = Buffer.concat([
      Buffer.from([0x80, 4, 0x5d, 0x94]),
      ...Array.from({ length: 60 }, (_, at) => Buffer.from([0x5d, 0x94, 0x28, 0x68, at, 0x68, at, 0x65])),
      Buffer.from('.'),
    ]);
    expect(() => toPythonRepr(unpickle(bomb))).not.toThrow();
  });

  it('that is none is a fault, whatever it is', () => {
    const whole = resultOf(rows[0]!);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(whole.length - 2), (bytes, length) => {
        for (const given of [bytes, whole.subarray(0, length)]) {
          try {
            unpickle(given);
          } catch (error) {
            expect(error).toBeInstanceOf(PickleFault);
          }
        }
      }),
    );
  });
});

describe('the row of a result', () => {
  const nothing = { dateDone: null, traceback: null, name: null, worker: null, retries: null, queue: null };
  const of = (name: string) => {
    const { row } = rows.find((line) => line.case === name)!;
    const { status, traceback } = row!;
    return toTaskResult({ ...nothing, status, traceback, result: Buffer.from(row!.result!.b64, 'base64') });
  };

  it('gives what JSON can hold as a value, and all else as its repr', () => {
    expect(of('int')).toMatchObject({ status: 'SUCCESS', value: 5, result: '5' });
    expect(of('nested').value).toMatchObject({ flag: true, none: null });
    expect(of('unserialisable result')).toMatchObject({ value: '{1, 2, 3}', result: '{1, 2, 3}' });
    expect(of('datetime result').value).toBe("{'args': [datetime.datetime(2024, 2, 29, 0, 0), 'x'], 'kwargs': {}}");
  });

  it('of a failure gives the exception', () => {
    expect(of('failure')).toMatchObject({
      status: 'FAILURE',
      value: "ValueError('boom')",
      exception: "ValueError('boom')",
    });
    expect(of('failure').traceback).toMatch(/^Traceback/);
    expect(of('revoked before start')).toMatchObject({ status: 'REVOKED', value: "TaskRevokedError('revoked')" });
    expect(of('terminated').value).toMatch(/SystemExit\(-241\)|TaskRevokedError/);
  });

  it('that is pickled in a way that nobody can read says so', () => {
    const { value } = toTaskResult({ ...nothing, status: 'SUCCESS', result: Buffer.from('no pickle') });
    expect(value).toMatch(/^<a pickle that cannot be read/);
  });
});
