/** Thrown where decompressed data would outgrow its limit. */
export class OverLimit extends Error {
  override readonly name = 'OverLimit';
}

/** Bytes that grow as they are written, never beyond the limit: then {@link OverLimit} is thrown. */
export class BoundedBytes {
  private bytes = Buffer.allocUnsafe(16_384);
  private length = 0;

  constructor(private readonly maxBytes: number) {}

  write(chunk: Uint8Array): void {
    this.reserve(chunk.length);
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  toBytes(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed > this.maxBytes) throw new OverLimit();
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
