/** What wasi:sockets needs of a network: `node/net.ts` is the real one, `loopback.ts` one inside of a page. All throw or reject with `SocketError`. */

import type { Address, Family } from './address.js';

/** Spec: `wasi:sockets/types.error-code`, without `other`. */
export type SocketCode =
  | 'access-denied'
  | 'not-supported'
  | 'invalid-argument'
  | 'out-of-memory'
  | 'timeout'
  | 'invalid-state'
  | 'address-not-bindable'
  | 'address-in-use'
  | 'remote-unreachable'
  | 'connection-refused'
  | 'connection-broken'
  | 'connection-reset'
  | 'connection-aborted'
  | 'datagram-too-large';

/** Why an operation failed. */
export class SocketError extends Error {
  override readonly name = 'SocketError';

  constructor(
    /** `undefined`: the case `other`, with the message. */
    readonly code: SocketCode | undefined,
    message: string = code ?? 'other',
  ) {
    super(message);
  }
}

/** An established connection. */
export interface Connection {
  readonly local: Address;
  readonly remote: Address;
  /** The next bytes; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Settles when the network has room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** No more is written. */
  endWrite(): Promise<void>;
  /** No more is read; what still comes is thrown away. */
  stopRead(): void;
  /** `idle` in milliseconds. */
  keepAlive(enabled: boolean, idle: number): void;
  close(): void;
}

/** A socket that takes connections. */
export interface Listener {
  readonly local: Address;
  /** The next connection; `undefined` when the listener is closed. */
  accept(): Promise<Connection | undefined>;
  close(): void;
}

/** A TCP socket before it is connected or listens. */
export interface TcpEndpoint {
  /** Answers the address with the port that it got. */
  bind(address: Address): Address;
  /** Aborted: nobody wants it any more. It may succeed all the same. */
  connect(address: Address, signal: AbortSignal): Promise<Connection>;
  listen(backlog: number): Listener;
  close(): void;
}

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: Address;
}

export interface UdpEndpoint {
  bind(address: Address): void;
  /** Binds as well, when that has not been done. */
  connect(address: Address): void;
  disconnect(): void;
  /** To the connected address without one. Binds as well. */
  send(bytes: Uint8Array, to: Address | undefined): Promise<void>;
  receive(signal?: AbortSignal): Promise<Datagram>;
  /** One that is there already. */
  received(): Datagram | undefined;
  readonly local: Address | undefined;
  close(): void;
}

/** A network and what may be done on it. */
export interface Network {
  tcp(family: Family): TcpEndpoint;
  udp(family: Family): UdpEndpoint;
  /** Whether an address may be bound, connected to, or sent to. */
  permits(address: Address): boolean;
  /** Addresses of a name, in text. Rejects with `LookupError`. */
  resolve(name: string): Promise<readonly string[]>;
}

/** What async functions get after their parameters. */
export interface Context {
  readonly signal: AbortSignal;
}

/** The class of sockets on one network. */
export interface SocketClass<Socket> {
  new (...args: never): Socket;
  create(family: Family): Socket;
}

/** Spec: `wasi:sockets/ip-name-lookup.error-code`, without `other`. */
export type LookupCode =
  | 'access-denied'
  | 'invalid-argument'
  | 'name-unresolvable'
  | 'temporary-resolver-failure'
  | 'permanent-resolver-failure';

export class LookupError extends Error {
  override readonly name = 'LookupError';

  constructor(readonly code: LookupCode) {
    super(code);
  }
}
