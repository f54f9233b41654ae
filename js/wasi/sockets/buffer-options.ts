/** Options that TCP and UDP sockets share. They are kept here only: no JavaScript engine can set them. Sizes are bytes. */

import { SocketError } from './backend.js';
import { attempt } from './errors.js';

/** The sizes of a socket's buffers. */
export abstract class BufferOptions {
  #receive = 65_536n;
  #send = 65_536n;

  getReceiveBufferSize(): bigint {
    return this.#receive;
  }

  setReceiveBufferSize(value: bigint): void {
    this.#receive = attempt(() => bufferSize(value));
  }

  getSendBufferSize(): bigint {
    return this.#send;
  }

  setSendBufferSize(value: bigint): void {
    this.#send = attempt(() => bufferSize(value));
  }
}

/** A buffer's size as systems take it: not 0, and no more than they have. */
function bufferSize(value: bigint): bigint {
  positive(value);
  return value > MOST_BUFFER ? MOST_BUFFER : value;
}

export function positive<T extends number | bigint>(value: T): T {
  if (value <= 0) throw new SocketError('invalid-argument');
  return value;
}

const MOST_BUFFER = 2n ** 30n;
