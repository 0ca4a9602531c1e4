/**
 * Memory for the bodies of messages: pieces of one size, which go from thread to thread and come back when what was in
 * them is committed, or on a disk. Left to garbage collectors, which see how little a piece weighs on their own heap and
 * let it lie, 64 MiB that wait became 200 MB of resident memory.
 */

/** A full parcel, and a message that came last. */
export const pieceBytes = 256 * 1024;
/** 12 MB: more than a batch holds. What else comes back is left to the collector. */
const mostFree = 48;

export class ParcelMemory {
  readonly #free: ArrayBuffer[] = [];

  take(): Buffer<ArrayBuffer> {
    const piece = this.#free.pop();
    return piece === undefined ? Buffer.allocUnsafeSlow(pieceBytes) : Buffer.from(piece);
  }

  /** A copy of what is a part of something else: in a piece when it fills most of one. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    if (!isMuchOfPiece(bytes.length)) return new Uint8Array(bytes);
    const piece = this.take();
    piece.set(bytes);
    return piece.subarray(0, bytes.length);
  }

  /** Nobody looks at it any more. */
  giveBack(memory: ArrayBuffer): void {
    if (isPiece(memory) && this.#free.length < mostFree) this.#free.push(memory);
  }
}

/** Whether it is worth giving back. */
export function isPiece(memory: ArrayBuffer): boolean {
  return memory.byteLength === pieceBytes;
}

/** Whether so many bytes may keep a piece for themselves. */
function isMuchOfPiece(bytes: number): boolean {
  return bytes <= pieceBytes && bytes * 2 >= pieceBytes;
}
