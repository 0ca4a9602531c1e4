/**
 * Task ids as bytes. Almost every id is a lower-case UUID: 16 bytes instead of 36 characters, in the row and in the
 * index (43 bytes a task). Any other text a client chose as an id is kept as its UTF-8 after a tag that makes its
 * length differ from 16.
 */
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const uuidBytes = 16;

export function toIdKey(id: string): Buffer {
  if (id.length === 36 && uuidForm.test(id)) return Buffer.from(id.replaceAll('-', ''), 'hex');
  const text = Buffer.from(id, 'utf8');
  const tag = text.length + 1 === uuidBytes ? [1, 0] : [1];
  return Buffer.concat([Buffer.from(tag), text]);
}

export function fromIdKey(key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  if (bytes.length === uuidBytes) {
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
  return bytes.toString('utf8', bytes.length === uuidBytes + 1 && bytes[1] === 0 ? 2 : 1);
}
