/** wasi:sockets/udp 0.2, on the sockets of 0.3. */

import { ComponentError } from '../../../index.js';
import { addressOf, type Family, type SocketAddress, sameAddress } from '../../sockets/address.js';
import type { Network, SocketClass } from '../../sockets/backend.js';
import { type Udp, udpSocketOn as udpOn } from '../../sockets/udp.js';
import { Pending } from '../pending.js';
import { Pollable, waiting } from '../poll.js';
import { attempt, refused, socketCode } from './errors.js';
import { SocketOptions } from './options.js';

/** Spec: `incoming-datagram`. */
interface IncomingDatagram {
  readonly data: Uint8Array;
  readonly remoteAddress: SocketAddress;
}

/** Spec: `outgoing-datagram`. */
interface OutgoingDatagram {
  readonly data: Uint8Array;
  readonly remoteAddress: SocketAddress | undefined;
}

/** The class that a component on this network gets. */
export function udpSocketOn(network: Network): SocketClass<Disposable> {
  const Socket = udpOn(network);
  /** Spec: `wasi:sockets/udp.udp-socket`. */
  return class UdpSocket extends SocketOptions<Udp> {
    readonly #inbox = new Inbox(this.socket);
    #binding = false;

    /** Spec: `wasi:sockets/udp-create-socket.create-udp-socket`. */
    static readonly create = (family: Family): UdpSocket =>
      attempt(() => new UdpSocket(Socket.create(family)));

    startBind(_: unknown, local: SocketAddress): void {
      attempt(() => {
        if (this.#binding) throw refused('concurrency-conflict');
        this.socket.bind(local);
        this.#binding = true;
      });
    }

    finishBind(): void {
      attempt(() => {
        if (!this.#binding) throw refused('not-in-progress');
        this.#binding = false;
      });
    }

    /** Connects to `remote`, or takes a connection back; what the socket gave before is of no use then. */
    stream(remote: SocketAddress | undefined): [IncomingDatagramStream, OutgoingDatagramStream] {
      return attempt(() => {
        this.socket.getLocalAddress();
        if (remote !== undefined) this.socket.connect(remote);
        else if (this.#inbox.remote !== undefined) this.socket.disconnect();
        this.#inbox.remote = remote;
        return [new IncomingDatagramStream(this.#inbox), new OutgoingDatagramStream(this.socket)];
      });
    }

    localAddress(): SocketAddress {
      return attempt(() => this.socket.getLocalAddress());
    }

    remoteAddress(): SocketAddress {
      return attempt(() => this.socket.getRemoteAddress());
    }

    unicastHopLimit(): number {
      return this.socket.getUnicastHopLimit();
    }

    setUnicastHopLimit(value: number): void {
      attempt(() => this.socket.setUnicastHopLimit(value));
    }

    subscribe(): Pollable {
      return Pollable.always();
    }

    [Symbol.dispose](): void {
      this.socket[Symbol.dispose]();
    }
  };
}

/** What a socket receives; nothing before somebody asks. */
class Inbox {
  remote: SocketAddress | undefined;
  #next: Pending<[Uint8Array, SocketAddress]> | undefined;

  constructor(private readonly socket: Udp) {}

  get next(): Pending<[Uint8Array, SocketAddress]> {
    this.#next ??= new Pending(this.socket.receive());
    return this.#next;
  }

  /** What is there, at most so many. */
  take(most: bigint): IncomingDatagram[] {
    const { outcome } = this.next;
    const taken: IncomingDatagram[] = [];
    if (outcome === undefined) return taken;
    this.#next = undefined;
    let next: [Uint8Array, SocketAddress] | undefined = outcome();
    while (next !== undefined) {
      const [data, remoteAddress] = next;
      if (this.#fits(remoteAddress)) taken.push({ data, remoteAddress });
      next = taken.length < most ? this.#more() : undefined;
    }
    return taken;
  }

  /** What fails after the first one fails the next time. */
  #more(): [Uint8Array, SocketAddress] | undefined {
    try {
      return this.socket.received();
    } catch {
      return undefined;
    }
  }

  /** What came before the socket was connected may be of others. */
  #fits(from: SocketAddress): boolean {
    return this.remote === undefined || sameAddress(addressOf(this.remote), addressOf(from));
  }
}

/** Spec: `wasi:sockets/udp.incoming-datagram-stream`. */
export class IncomingDatagramStream {
  readonly #inbox: Inbox;

  constructor(inbox: Inbox) {
    this.#inbox = inbox;
  }

  /** What is there, perhaps nothing. */
  receive(most: bigint): IncomingDatagram[] {
    return attempt(() => (most > 0n ? this.#inbox.take(most) : []));
  }

  subscribe(): Pollable {
    return new Pollable(
      () => this.#inbox.next.ready,
      (wake) => this.#inbox.next.subscribe().listen(wake),
    );
  }
}

/** Spec: `wasi:sockets/udp.outgoing-datagram-stream`. Systems take a datagram or lose it, so that there is always room. */
export class OutgoingDatagramStream {
  readonly #socket: Udp;

  constructor(socket: Udp) {
    this.#socket = socket;
  }

  checkSend(): bigint {
    return MOST_AT_A_TIME;
  }

  /** How many were sent; the first one's error if that is none. */
  async send(datagrams: readonly OutgoingDatagram[]): Promise<bigint> {
    if (datagrams.length > MOST_AT_A_TIME) {
      throw new RangeError(`more than ${MOST_AT_A_TIME} datagrams were sent at a time`);
    }
    let sent = 0n;
    for (const { data, remoteAddress } of datagrams) {
      try {
        await this.#socket.send(data, remoteAddress);
      } catch (error) {
        if (sent === 0n) throw new ComponentError(socketCode(error));
        break;
      }
      sent++;
    }
    return sent;
  }

  subscribe(): Pollable {
    return Pollable.always();
  }
}

waiting(OutgoingDatagramStream, 'send');

const MOST_AT_A_TIME = 16n;
