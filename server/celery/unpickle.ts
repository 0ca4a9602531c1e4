/**
 * Reads pickles, protocols 0 to 5, as far as values are plain (`pickletools` describes the opcodes).
 *
 * In: bytes. Out: a value that says what the pickle says. Nothing is ever built, imported or called: a class is a name,
 * a call of it the text of that call, `datetime.datetime(2024, 2, 29, 0, 0)`. It throws {@link PickleFault}, and nothing
 * else, for bytes that are no such pickle.
 */
import { readObject, readState } from './pickled-object.ts';
import {
  PickleFault,
  none,
  text,
  sequence,
  toName,
  wordOf,
  toEntries,
  toLong,
  toInt,
  readInteger,
  toBytes,
  unescapeUnicode,
} from './pickled-value.ts';
import type { PythonValue } from '../python/python-value.ts';

/** Steps; each makes at most a few values, so that this bounds the memory too. */
const mostSteps = 2_000_000;

export function unpickle(bytes: Uint8Array): PythonValue {
  try {
    return new PickleReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).read();
  } catch (error) {
    // What a short text makes Buffer throw.
    if (error instanceof RangeError) throw new PickleFault('it ends too early', { cause: error });
    throw error;
  }
}

class PickleReader {
  readonly #bytes: Buffer;
  readonly #memo = new Map<number, PythonValue>();
  #at = 0;
  #stack: PythonValue[] = [];
  readonly #marks: PythonValue[][] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): PythonValue {
    for (let steps = 0; steps < mostSteps; steps++) {
      const opcode = this.#bytes.readUInt8(this.#at++);
      if (opcode === 0x2e) return this.#pop();
      this.#step(opcode);
    }
    throw new PickleFault('it is too long');
  }

  #step(opcode: number): void {
    if (!this.#stepPlain(opcode) && !this.#stepContainer(opcode) && !this.#stepObject(opcode)) {
      throw new PickleFault(`opcode ${opcode} at ${this.#at - 1} is none that is read here`);
    }
  }

  /** Numbers, texts, bytes, and what only steers the reader. */
  #stepPlain(opcode: number): boolean {
    switch (opcode) {
      case 0x80: // PROTO
        this.#at += 1;
        return true;
      case 0x95: // FRAME
        this.#at += 8;
        return true;
      case 0x4e: // NONE
        return this.#push(none);
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        return this.#push({ type: 'bool', value: opcode === 0x88 });
      case 0x4b: // BININT1
        return this.#push({ type: 'int', value: this.#number(1) });
      case 0x4d: // BININT2
        return this.#push({ type: 'int', value: this.#number(2) });
      case 0x4a: // BININT
        this.#at += 4;
        return this.#push({ type: 'int', value: this.#bytes.readInt32LE(this.#at - 4) });
      case 0x8a: // LONG1
        return this.#push(toInt(toLong(this.#take(this.#number(1)))));
      case 0x8b: // LONG4
        return this.#push(toInt(toLong(this.#take(this.#number(4)))));
      case 0x49: // INT
      case 0x4c: // LONG
        return this.#push(readInteger(this.#line()));
      case 0x46: // FLOAT
        return this.#push({ type: 'float', value: Number(this.#line()) });
      case 0x47: // BINFLOAT
        this.#at += 8;
        return this.#push({ type: 'float', value: this.#bytes.readDoubleBE(this.#at - 8) });
      case 0x56: // UNICODE
        return this.#push(text(unescapeUnicode(this.#line())));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(text(this.#take(this.#number(1)).toString('utf8')));
      case 0x58: // BINUNICODE
        return this.#push(text(this.#take(this.#number(4)).toString('utf8')));
      case 0x8d: // BINUNICODE8
        return this.#push(text(this.#take(this.#number(8)).toString('utf8')));
      case 0x43: // SHORT_BINBYTES
        return this.#push(toBytes(this.#take(this.#number(1))));
      case 0x42: // BINBYTES
        return this.#push(toBytes(this.#take(this.#number(4))));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#push(toBytes(this.#take(this.#number(8))));
      default:
        return false;
    }
  }

  #stepContainer(opcode: number): boolean {
    switch (opcode) {
      case 0x28: // MARK
        this.#marks.push(this.#stack);
        this.#stack = [];
        return true;
      case 0x5d: // EMPTY_LIST
        return this.#push(sequence('list', []));
      case 0x29: // EMPTY_TUPLE
        return this.#push(sequence('tuple', []));
      case 0x8f: // EMPTY_SET
        return this.#push(sequence('set', []));
      case 0x7d: // EMPTY_DICT
        return this.#push({ type: 'dict', entries: [], cut: false });
      case 0x6c: // LIST
        return this.#push(sequence('list', this.#popMark()));
      case 0x74: // TUPLE
        return this.#push(sequence('tuple', this.#popMark()));
      case 0x91: // FROZENSET
        return this.#push(sequence('frozenset', this.#popMark()));
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#push(sequence('tuple', this.#popMany(opcode - 0x84)));
      case 0x64: // DICT
        return this.#push({ type: 'dict', entries: toEntries(this.#popMark()), cut: false });
      case 0x61: // APPEND
        return this.#extend([this.#pop()]);
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        return this.#extend(this.#popMark());
      case 0x73: // SETITEM
        return this.#extendDict(this.#popMany(2));
      case 0x75: // SETITEMS
        return this.#extendDict(this.#popMark());
      case 0x30: // POP
        this.#pop();
        return true;
      case 0x31: // POP_MARK
        this.#popMark();
        return true;
      case 0x32: // DUP
        return this.#push(this.#top());
      default:
        return this.#stepMemo(opcode);
    }
  }

  #stepMemo(opcode: number): boolean {
    switch (opcode) {
      case 0x94: // MEMOIZE
        return this.#remember(this.#memo.size);
      case 0x71: // BINPUT
        return this.#remember(this.#number(1));
      case 0x72: // LONG_BINPUT
        return this.#remember(this.#number(4));
      case 0x70: // PUT
        return this.#remember(Number(this.#line()));
      case 0x68: // BINGET
        return this.#recall(this.#number(1));
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#number(4));
      case 0x67: // GET
        return this.#recall(Number(this.#line()));
      default:
        return false;
    }
  }

  #stepObject(opcode: number): boolean {
    switch (opcode) {
      case 0x63: // GLOBAL
        return this.#push(toName(this.#line(), this.#line()));
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        return this.#push(toName(wordOf(module), wordOf(name)));
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callable, args] = this.#popMany(2);
        return this.#push(readObject(callable!, args!));
      }
      case 0x92: {
        // NEWOBJ_EX
        const [callable, args] = this.#popMany(3);
        return this.#push(readObject(callable!, args!));
      }
      case 0x62: {
        // BUILD
        const state = this.#pop();
        const built = this.#top();
        if (built.type === 'other') built.text = readState(built.text, state);
        return true;
      }
      default:
        return false;
    }
  }

  #push(value: PythonValue): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): PythonValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new PickleFault('it takes what is not there');
    return value;
  }

  #top(): PythonValue {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #popMany(count: number): PythonValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popMark(): PythonValue[] {
    const items = this.#stack;
    const before = this.#marks.pop();
    if (before === undefined) throw new PickleFault('it ends what has not begun');
    this.#stack = before;
    return items;
  }

  #extend(items: PythonValue[]): true {
    const target = this.#top();
    if ('items' in target) for (const item of items) target.items.push(item);
    return true;
  }

  #extendDict(items: PythonValue[]): true {
    const target = this.#top();
    if (target.type === 'dict') for (const entry of toEntries(items)) target.entries.push(entry);
    return true;
  }

  #remember(key: number): true {
    this.#memo.set(key, this.#top());
    return true;
  }

  #recall(key: number): true {
    const value = this.#memo.get(key);
    if (value === undefined) throw new PickleFault('it speaks of what was not said');
    return this.#push(value);
  }

  /** Little-endian, without a sign. */
  #number(size: 1 | 2 | 4 | 8): number {
    this.#at += size;
    if (size < 8) return this.#bytes.readUIntLE(this.#at - size, size);
    const number = Number(this.#bytes.readBigUInt64LE(this.#at - 8));
    return Number.isSafeInteger(number) ? number : Infinity;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new PickleFault('it ends too early');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end === -1) throw new PickleFault('it ends too early');
    const line = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return line;
  }
}
