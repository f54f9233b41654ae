/** Reads the binary format from front to back, as far as custom sections need it: nobody has validated those. Throws a RangeError past the end. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** The offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('the bytes end too early');
    return byte;
  }

  /** A u32 in LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  /** As many bytes as the number in front of them says: a view. */
  bytes(): Uint8Array {
    const length = this.number();
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('the bytes end too early');
    return this.#bytes.subarray(from, this.#at);
  }

  /** UTF-8 with its length in front. */
  text(): string {
    return decoded(this.bytes());
  }

  /** UTF-8 up to the end. */
  rest(): string {
    return decoded(this.#bytes.subarray(this.#at));
  }
}

const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
