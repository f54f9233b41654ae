/** wasi:sockets/types.udp-socket, on any network. */

import {
  type Address,
  addressOf,
  type Family,
  isUnicast,
  isUnspecified,
  type SocketAddress,
  sameAddress,
  socketAddress,
} from './address.js';
import {
  type Context,
  type Network,
  type SocketClass,
  SocketError,
  type UdpEndpoint,
} from './backend.js';
import { BufferOptions, positive } from './buffer-options.js';
import { attempt, attemptLater } from './errors.js';

/** Most bytes of a datagram over IPv4: 65,535 less two headers. */
const LONGEST = 65_507;

/** Spec: `udp-socket`. */
export interface Udp extends BufferOptions, Disposable {
  bind(local: SocketAddress): void;
  connect(remote: SocketAddress): void;
  disconnect(): void;
  send(data: Uint8Array, remote: SocketAddress | undefined): Promise<void>;
  receive(context?: Context): Promise<[Uint8Array, SocketAddress]>;
  /** What `receive` would give at once. */
  received(): [Uint8Array, SocketAddress] | undefined;
  getLocalAddress(): SocketAddress;
  getRemoteAddress(): SocketAddress;
  getAddressFamily(): Family;
  getUnicastHopLimit(): number;
  setUnicastHopLimit(value: number): void;
}

/** The class that a component on this network gets. */
export function udpSocketOn(network: Network): SocketClass<Udp> {
  return class UdpSocket extends BufferOptions implements Udp {
    readonly #family: Family;
    readonly #endpoint: UdpEndpoint;
    #remote: Address | undefined;
    #hopLimit = 64;

    constructor(family: Family, endpoint: UdpEndpoint) {
      super();
      this.#family = family;
      this.#endpoint = endpoint;
    }

    static create(family: Family): UdpSocket {
      return attempt(() => new UdpSocket(family, network.udp(family)));
    }

    bind(local: SocketAddress): void {
      attempt(() => {
        const address = addressOf(local);
        this.#check(address);
        if (this.#endpoint.local !== undefined) throw new SocketError('invalid-state');
        this.#permit(address);
        this.#endpoint.bind(address);
      });
    }

    connect(remote: SocketAddress): void {
      attempt(() => {
        const address = this.#target(remote);
        if (this.#remote !== undefined) this.#endpoint.disconnect();
        this.#remote = undefined;
        this.#endpoint.connect(address);
        this.#remote = address;
      });
    }

    disconnect(): void {
      attempt(() => {
        if (this.#remote === undefined) throw new SocketError('invalid-state');
        this.#endpoint.disconnect();
        this.#remote = undefined;
      });
    }

    send(data: Uint8Array, remote: SocketAddress | undefined): Promise<void> {
      return attemptLater(async () => {
        const address = remote && this.#target(remote);
        if (address === undefined && this.#remote === undefined) {
          throw new SocketError('invalid-argument');
        }
        const elsewhere = this.#remote && address && !sameAddress(this.#remote, address);
        if (elsewhere) throw new SocketError('invalid-argument');
        if (data.length > LONGEST) throw new SocketError('datagram-too-large');
        await this.#endpoint.send(data, this.#remote === undefined ? address : undefined);
      });
    }

    receive(context?: Context): Promise<[Uint8Array, SocketAddress]> {
      return attemptLater(async () => {
        if (this.#endpoint.local === undefined) throw new SocketError('invalid-state');
        const { bytes, from } = await this.#endpoint.receive(context?.signal);
        return [bytes, socketAddress(from)];
      });
    }

    received(): [Uint8Array, SocketAddress] | undefined {
      return attempt(() => {
        const next = this.#endpoint.received();
        return next && [next.bytes, socketAddress(next.from)];
      });
    }

    getLocalAddress(): SocketAddress {
      return attempt(() => {
        const { local } = this.#endpoint;
        if (local === undefined) throw new SocketError('invalid-state');
        return socketAddress(local);
      });
    }

    getRemoteAddress(): SocketAddress {
      return attempt(() => {
        if (this.#remote === undefined) throw new SocketError('invalid-state');
        return socketAddress(this.#remote);
      });
    }

    getAddressFamily(): Family {
      return this.#family;
    }

    getUnicastHopLimit(): number {
      return this.#hopLimit;
    }

    setUnicastHopLimit(value: number): void {
      this.#hopLimit = attempt(() => positive(value));
    }

    [Symbol.dispose](): void {
      this.#endpoint.close();
    }

    #target(remote: SocketAddress): Address {
      const address = addressOf(remote);
      this.#check(address);
      if (isUnspecified(address) || address.port === 0) throw new SocketError('invalid-argument');
      this.#permit(address);
      return address;
    }

    #check(address: Address): void {
      const fits = address.family === this.#family && isUnicast(address);
      if (!fits) throw new SocketError('invalid-argument');
    }

    #permit(address: Address): void {
      if (!network.permits(address)) throw new SocketError('access-denied');
    }
  };
}
