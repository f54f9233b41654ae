/** What sockets of TCP and UDP have in common in WASI 0.2. */

import type { Family } from '../../sockets/address.js';
import { attempt } from './errors.js';

interface Sized extends Disposable {
  getAddressFamily(): Family;
  getReceiveBufferSize(): bigint;
  setReceiveBufferSize(value: bigint): void;
  getSendBufferSize(): bigint;
  setSendBufferSize(value: bigint): void;
}

/** A socket on one of 0.3. */
export abstract class SocketOptions<Socket extends Sized> {
  constructor(protected readonly socket: Socket) {}

  addressFamily(): Family {
    return this.socket.getAddressFamily();
  }

  receiveBufferSize(): bigint {
    return this.socket.getReceiveBufferSize();
  }

  setReceiveBufferSize(value: bigint): void {
    attempt(() => this.socket.setReceiveBufferSize(value));
  }

  sendBufferSize(): bigint {
    return this.socket.getSendBufferSize();
  }

  setSendBufferSize(value: bigint): void {
    attempt(() => this.socket.setSendBufferSize(value));
  }
}
