/**
 * A Python value as its repr shows it. `cut`: the repr left something out, so what is here is only its beginning.
 */
export type PythonValue =
  | { type: 'none' }
  | { type: 'bool'; value: boolean }
  /** bigint only beyond 2^53. */
  | { type: 'int'; value: number | bigint }
  | { type: 'float'; value: number }
  | { type: 'str'; value: string; cut: boolean }
  /** What stands between the quotes: UTF-8 text or hex digits, which Celery's repr does not tell apart. `raw`: the bytes, where they are known. */
  | { type: 'bytes'; text: string; cut: boolean; raw?: Uint8Array }
  | PythonSequence
  | { type: 'dict'; entries: [key: PythonValue, value: PythonValue][]; cut: boolean }
  /** Anything that is no literal, as it is written: `UUID('…')`, `<object at 0x…>`, `(1+2j)`, or a cut number. */
  | { type: 'other'; text: string; cut: boolean };

export interface PythonSequence {
  type: 'tuple' | 'list' | 'set' | 'frozenset';
  items: PythonValue[];
  cut: boolean;
}
