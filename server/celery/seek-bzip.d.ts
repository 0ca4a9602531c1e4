declare module 'seek-bzip' {
  interface Bunzip {
    /** Decodes a whole bzip2 stream into `output`, byte by byte. */
    decode(input: Uint8Array, output: { writeByte(byte: number): void }): void;
  }
  const bunzip: Bunzip;
  export default bunzip;
}
