/**
 * wasi:sockets on `node:net`, `node:dgram` and `node:dns`.
 *
 * `bind` of TCP has to answer at once which port it got, and `node:net` binds late: Node's own handle class does it where the engine has
 * it. Elsewhere (Deno, Bun) a socket is bound when it listens, and its port is not known before.
 */

import dgram from 'node:dgram';
import dns from 'node:dns/promises';
import net from 'node:net';
import os from 'node:os';
import type { Address, Family } from '../sockets/address.js';
import {
  type Connection,
  type Datagram,
  type Listener,
  LookupError,
  type Network,
  SocketError,
  type TcpEndpoint,
  type UdpEndpoint,
} from '../sockets/backend.js';
import { Mailbox } from '../sockets/mailbox.js';
import { Allowed } from './allowed.js';
import { socketError } from './net-errors.js';
import { HANDLES, type TcpHandle } from './tcp-handle.js';

/** The network of this machine, as far as `grant` goes. */
export function nodeNetwork(grant: boolean | readonly string[]): Network {
  const allowed = new Allowed(grant);
  return {
    tcp: (family) => new NodeTcp(family),
    udp: (family) => new NodeUdp(family),
    permits: (address) => allowed.has(address),
    async resolve(name) {
      if (!allowed.hasName(name)) throw new LookupError('access-denied');
      try {
        const found = await dns.lookup(name, { all: true, order: 'verbatim' });
        const addresses = found.map(({ address }) => address);
        allowed.learn(name, addresses);
        return addresses;
      } catch (error) {
        const temporary = (error as NodeJS.ErrnoException).code === 'EAI_AGAIN';
        throw new LookupError(temporary ? 'temporary-resolver-failure' : 'name-unresolvable');
      }
    },
  };
}

class NodeTcp implements TcpEndpoint {
  readonly #family: Family;
  #handle: TcpHandle | undefined;
  #address: Address | undefined;

  constructor(family: Family) {
    this.#family = family;
  }

  bind(address: Address): Address {
    this.#handle = HANDLES?.bound(address);
    const port = this.#handle && HANDLES?.port(this.#handle);
    this.#address = { ...address, port: port ?? address.port };
    return this.#address;
  }

  async connect({ host, port }: Address, signal: AbortSignal): Promise<Connection> {
    const handle = this.#take();
    // Without `manualStart` a socket reads from its handle before that is connected.
    const options = { allowHalfOpen: true, ...(handle && { handle, manualStart: true }) };
    const socket = new net.Socket(options as unknown as net.SocketConstructorOpts);
    const local = handle === undefined && this.#address !== undefined ? this.#address : undefined;
    const from = local && { localAddress: local.host, localPort: local.port };
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => reject(socketError(error)));
      signal.addEventListener('abort', () => {
        socket.destroy();
        reject(new SocketError('connection-aborted'));
      });
      socket.connect({ host, port, ...from }, resolve);
    });
    socket.removeAllListeners('error');
    return new NodeConnection(socket, this.#family);
  }

  listen(backlog: number): Listener {
    const handle = this.#take();
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const target = handle === undefined ? this.#address : { _handle: handle };
    server.listen({ ...target, backlog, ipv6Only: true } as net.ListenOptions);
    return new NodeListener(server, this.#address!, backlog);
  }

  close(): void {
    this.#take()?.close();
  }

  #take(): TcpHandle | undefined {
    const handle = this.#handle;
    this.#handle = undefined;
    return handle;
  }
}

class NodeListener implements Listener {
  readonly #server: net.Server;
  readonly #address: Address;
  readonly #queue: net.Socket[] = [];
  #closed = false;
  #wake = () => {};

  constructor(server: net.Server, address: Address, backlog: number) {
    this.#server = server;
    this.#address = address;
    server.on('connection', (socket) => {
      if (this.#queue.length >= backlog) {
        socket.destroy();
        return;
      }
      this.#queue.push(socket);
      this.#wake();
    });
    server.on('error', () => this.close());
    server.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  get local(): Address {
    const actual = this.#server.address() as net.AddressInfo | null;
    return actual === null ? this.#address : { ...this.#address, port: actual.port };
  }

  async accept(): Promise<Connection | undefined> {
    for (;;) {
      const socket = this.#queue.shift();
      if (socket !== undefined) return new NodeConnection(socket, this.#address.family);
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#queue.splice(0)) socket.destroy();
  }
}

class NodeConnection implements Connection {
  readonly local: Address;
  readonly remote: Address;
  readonly #socket: net.Socket;
  #error: SocketError | undefined;
  #wake = () => {};

  constructor(socket: net.Socket, family: Family) {
    this.#socket = socket;
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
    this.local = { family, host: localAddress, port: localPort };
    this.remote = { family, host: remoteAddress, port: remotePort };
    const wake = () => this.#wake();
    socket.on('readable', wake);
    socket.on('end', wake);
    socket.on('close', wake);
    socket.on('error', (error) => {
      this.#error = socketError(error);
      wake();
    });
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#socket.read() as Uint8Array | null;
      if (chunk !== null) return chunk;
      if (this.#error !== undefined) throw this.#error;
      if (this.#socket.readableEnded || this.#socket.destroyed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#done((done) => this.#socket.write(bytes, done));
  }

  endWrite(): Promise<void> {
    return this.#done((done) => this.#socket.end(() => done()));
  }

  /** What nobody reads must not keep the other side waiting, nor this process. */
  stopRead(): void {
    this.#socket.removeAllListeners('readable');
    this.#socket.resume();
    this.#wake();
  }

  keepAlive(enabled: boolean, idle: number): void {
    this.#socket.setKeepAlive(enabled, idle);
  }

  close(): void {
    this.#socket.destroy();
  }

  #done(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      start((error) => (error ? reject(socketError(error)) : resolve()));
    });
  }
}

class NodeUdp implements UdpEndpoint {
  readonly #family: Family;
  readonly #socket: dgram.Socket;
  readonly #mail = new Mailbox();
  #bound = false;
  #receiving = 0;

  constructor(family: Family) {
    this.#family = family;
    this.#socket = dgram.createSocket({
      type: family === 'ipv4' ? 'udp4' : 'udp6',
      ipv6Only: family === 'ipv6',
      // Addresses are addresses: looking them up at once makes binding and connecting synchronous.
      lookup: ((host: string, ...rest: unknown[]) => {
        const found = rest.at(-1) as (error: null, address: string, family: number) => void;
        found(null, host, family === 'ipv4' ? 4 : 6);
      }) as NonNullable<dgram.SocketOptions['lookup']>,
    });
    this.#socket.on('message', (bytes, { address, port }) => {
      this.#mail.put({ bytes, from: { family, host: address, port } });
    });
    this.#socket.on('error', (error) => {
      // That it could not be bound has been told by then.
      if (this.#bound) this.#mail.fail(socketError(error));
    });
    // A socket that is only bound must not keep the process alive.
    this.#socket.unref();
  }

  get local(): Address | undefined {
    if (!this.#bound) return undefined;
    const { address, port } = this.#socket.address();
    return { family: this.#family, host: address, port };
  }

  bind({ host, port }: Address): void {
    this.#bind(port, host);
  }

  connect({ host, port }: Address): void {
    if (!this.#bound) this.#bind(0, undefined);
    this.#socket.connect(port, host);
  }

  disconnect(): void {
    this.#socket.disconnect();
  }

  send(bytes: Uint8Array, to: Address | undefined): Promise<void> {
    if (!this.#bound) this.#bind(0, undefined);
    return new Promise((resolve, reject) => {
      const done = (error: Error | null) => (error ? reject(socketError(error)) : resolve());
      if (to === undefined) this.#socket.send(bytes, done);
      else this.#socket.send(bytes, to.port, to.host, done);
    });
  }

  async receive(signal?: AbortSignal): Promise<Datagram> {
    this.#receiving++;
    this.#socket.ref();
    try {
      return await this.#mail.next(signal);
    } finally {
      if (--this.#receiving === 0) this.#socket.unref();
    }
  }

  received(): Datagram | undefined {
    return this.#mail.take();
  }

  close(): void {
    this.#socket.close();
  }

  #bind(port: number, address: string | undefined): void {
    this.#socket.bind({ port, ...(address && { address }), exclusive: true });
    // It has no port when the system refused; why, it tells later only.
    if (this.#socket.address().port === 0) {
      throw new SocketError(isOwn(address) ? 'address-in-use' : 'address-not-bindable');
    }
    this.#bound = true;
  }
}

/** Whether this machine has the address. */
function isOwn(address: string | undefined): boolean {
  if (address === undefined || ['0.0.0.0', '::'].includes(address)) return true;
  const interfaces = Object.values(os.networkInterfaces()).flat();
  return interfaces.some((entry) => entry?.address === address);
}
