/** A network that exists in this program only: components on the same one can talk to each other, in a page as well. */

import { type Address, type Family, ipAddress, isUnspecified, unspecified } from './address.js';
import {
  type Connection,
  type Datagram,
  type Listener,
  LookupError,
  type Network,
  SocketError,
  type TcpEndpoint,
  type UdpEndpoint,
} from './backend.js';
import { Mailbox } from './mailbox.js';

/**
 * A network to grant: `wasi({ network: new LoopbackNetwork() })`. It has the loopback addresses, `127.0.0.0/8` and `::1`: no other can
 * be bound (`address-not-bindable`) or reached (`remote-unreachable`). Ports are its own and nobody else's. The name `localhost` resolves, no other does.
 */
export class LoopbackNetwork {
  /** @internal */
  readonly network: Network = new Loopback();
}

class Loopback implements Network {
  readonly #listeners = new Map<string, LoopbackListener>();
  readonly #tcpPorts = new Ports();
  readonly #udp = new Map<string, LoopbackUdp>();
  readonly #udpPorts = new Ports();

  tcp(family: Family): TcpEndpoint {
    let local: Address | undefined;
    const bind = (address: Address): Address => {
      local = this.#tcpPorts.take(address);
      return local;
    };
    return {
      bind,
      connect: async (remote) => {
        reachable(remote);
        const from = local ?? bind({ ...unspecified(family), host: remote.host });
        const listener = this.#listeners.get(key(remote)) ?? this.#listeners.get(anyKey(remote));
        if (listener === undefined) throw new SocketError('connection-refused');
        const [ours, theirs] = pipe(from, remote, () => this.#tcpPorts.free(from));
        listener.offer(theirs);
        return ours;
      },
      listen: (backlog) => {
        const address = local ?? bind(unspecified(family));
        const listener = new LoopbackListener(address, backlog, () => {
          this.#listeners.delete(key(address));
          this.#tcpPorts.free(address);
        });
        this.#listeners.set(key(address), listener);
        return listener;
      },
      close: () => {
        if (local !== undefined) this.#tcpPorts.free(local);
      },
    };
  }

  udp(family: Family): UdpEndpoint {
    return new LoopbackUdp(family, this.#udp, this.#udpPorts);
  }

  permits(): boolean {
    return true;
  }

  async resolve(name: string): Promise<readonly string[]> {
    if (name.toLowerCase() === 'localhost') return ['127.0.0.1', '::1'];
    throw new LookupError('name-unresolvable');
  }
}

/** Ports in use, by family. */
class Ports {
  readonly #used = new Set<string>();
  #next = 49_152;

  take(address: Address): Address {
    if (!isUnspecified(address) && !isLoopback(address)) {
      throw new SocketError('address-not-bindable');
    }
    if (address.port !== 0) return this.#add(address);
    for (let tries = 0; tries < 16_384; tries++) {
      const port = this.#next;
      this.#next = port === 65_535 ? 49_152 : port + 1;
      const taken = { ...address, port };
      if (!this.#used.has(portKey(taken))) return this.#add(taken);
    }
    throw new SocketError('address-in-use');
  }

  free(address: Address): void {
    this.#used.delete(portKey(address));
  }

  #add(address: Address): Address {
    if (this.#used.has(portKey(address))) throw new SocketError('address-in-use');
    this.#used.add(portKey(address));
    return address;
  }
}

function isLoopback({ host }: Address): boolean {
  const { tag, val } = ipAddress(host);
  return tag === 'ipv4' ? val[0] === 127 : val.every((part, i) => part === (i === 7 ? 1 : 0));
}

function reachable(address: Address): void {
  if (!isLoopback(address)) throw new SocketError('remote-unreachable');
}

const portKey = ({ family, port }: Address): string => `${family} ${port}`;
const key = ({ family, host, port }: Address): string => `${family} ${host} ${port}`;
const anyKey = ({ family, port }: Address): string => key({ ...unspecified(family), port });

class LoopbackListener implements Listener {
  readonly #waiting: Connection[] = [];
  #wake: ((connection: Connection | undefined) => void) | undefined;
  #closed = false;

  constructor(
    readonly local: Address,
    private readonly backlog: number,
    private readonly done: () => void,
  ) {}

  offer(connection: Connection): void {
    if (this.#wake !== undefined) {
      this.#wake(connection);
      this.#wake = undefined;
    } else if (this.#waiting.length < this.backlog) this.#waiting.push(connection);
    else throw new SocketError('connection-refused');
  }

  accept(): Promise<Connection | undefined> {
    const next = this.#waiting.shift();
    if (next !== undefined || this.#closed) return Promise.resolve(next);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.(undefined);
    for (const connection of this.#waiting.splice(0)) connection.close();
    this.done();
  }
}

/** Two connections, each of which reads what the other writes. */
function pipe(a: Address, b: Address, done: () => void): [Connection, Connection] {
  const [there, back] = [new Half(), new Half()];
  let open = 2;
  const make = (local: Address, remote: Address, input: Half, output: Half): Connection => {
    let closed = false;
    return {
      local,
      remote,
      read: () => input.read(),
      write: (bytes) => output.write(bytes),
      endWrite: async () => output.end(),
      stopRead: () => input.stop(),
      keepAlive: () => {},
      close() {
        if (closed) return;
        closed = true;
        output.end();
        input.stop();
        open--;
        if (open === 0) done();
      },
    };
  };
  return [make(a, b, back, there), make(b, a, there, back)];
}

/** One direction of a connection: the writer waits until what it wrote is read. */
class Half {
  #chunk: Uint8Array | undefined;
  #ended = false;
  #stopped = false;
  #reader: (() => void) | undefined;
  #writer: (() => void) | undefined;

  async read(): Promise<Uint8Array | undefined> {
    while (this.#chunk === undefined && !this.#ended && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
    const chunk = this.#chunk;
    this.#chunk = undefined;
    this.#writer?.();
    return chunk;
  }

  async write(bytes: Uint8Array): Promise<void> {
    while (this.#chunk !== undefined && !this.#stopped) await this.#taken();
    if (this.#stopped) throw new SocketError('connection-broken');
    if (this.#ended) throw new SocketError('invalid-state');
    this.#chunk = bytes.slice();
    this.#reader?.();
  }

  end(): void {
    this.#ended = true;
    this.#reader?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#chunk = undefined;
    this.#reader?.();
    this.#writer?.();
  }

  #taken(): Promise<void> {
    return new Promise((resolve) => {
      this.#writer = resolve;
    });
  }
}

class LoopbackUdp implements UdpEndpoint {
  readonly #mail = new Mailbox();
  #local: Address | undefined;
  #remote: Address | undefined;

  constructor(
    private readonly family: Family,
    private readonly all: Map<string, LoopbackUdp>,
    private readonly ports: Ports,
  ) {}

  get local(): Address | undefined {
    return this.#local;
  }

  bind(address: Address): void {
    this.#local = this.ports.take(address);
    this.all.set(portKey(this.#local), this);
  }

  connect(address: Address): void {
    reachable(address);
    if (this.#local === undefined) this.bind({ ...unspecified(this.family), host: address.host });
    this.#remote = address;
  }

  disconnect(): void {
    this.#remote = undefined;
  }

  async send(bytes: Uint8Array, to: Address | undefined): Promise<void> {
    const target = to ?? this.#remote!;
    reachable(target);
    if (this.#local === undefined) this.bind(unspecified(this.family));
    const { port } = this.#local!;
    const host = isUnspecified(this.#local!) ? target.host : this.#local!.host;
    this.all.get(portKey(target))?.arrive({
      bytes: bytes.slice(),
      from: { family: this.family, host, port },
    });
  }

  receive(signal?: AbortSignal): Promise<Datagram> {
    return this.#mail.next(signal);
  }

  received(): Datagram | undefined {
    return this.#mail.take();
  }

  arrive(datagram: Datagram): void {
    const { from } = datagram;
    const stranger =
      this.#remote !== undefined &&
      (from.host !== this.#remote.host || from.port !== this.#remote.port);
    if (!stranger) this.#mail.put(datagram);
  }

  close(): void {
    if (this.#local === undefined) return;
    this.all.delete(portKey(this.#local));
    this.ports.free(this.#local);
  }
}
