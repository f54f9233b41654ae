/** wasi:sockets/tcp 0.2, on the sockets of 0.3. */

import { SharedInput } from '../../cli/input.js';
import type { Family, SocketAddress } from '../../sockets/address.js';
import { type Network, type SocketClass, SocketError } from '../../sockets/backend.js';
import { type Tcp, tcpSocketOn as tcpOn } from '../../sockets/tcp.js';
import { Backlog } from '../backlog.js';
import { InputStream, OutputStream, type Sink } from '../io.js';
import { Pending } from '../pending.js';
import { Pollable } from '../poll.js';
import { attempt, finished, refused } from './errors.js';
import { SocketOptions } from './options.js';

/** What a component has of a connection. */
type Streams = [InputStream, OutputStream];

/** What has been started and is to be finished. */
type Started =
  | { readonly name: 'bind' | 'listen' }
  | { readonly name: 'connect'; readonly connected: Pending<void> };

/** The class that a component on this network gets. */
export function tcpSocketOn(network: Network): SocketClass<Disposable> {
  const Socket = tcpOn(network);
  /** Spec: `wasi:sockets/tcp.tcp-socket`. */
  return class TcpSocket extends SocketOptions<Tcp> {
    #started: Started | undefined;
    #connections: ReadableStreamDefaultReader<Tcp> | undefined;
    #accepting: Pending<ReadableStreamReadResult<Tcp>> | undefined;
    #connection: Connection | undefined;

    /** Spec: `wasi:sockets/tcp-create-socket.create-tcp-socket`. */
    static readonly create = (family: Family): TcpSocket =>
      attempt(() => new TcpSocket(Socket.create(family)));

    startBind(_: unknown, local: SocketAddress): void {
      this.#start({ name: 'bind' }, () => this.socket.bind(local));
    }

    finishBind(): void {
      this.#finish('bind');
    }

    startConnect(_: unknown, remote: SocketAddress): void {
      attempt(() => {
        this.#idle();
        const used = this.#connection !== undefined || this.socket.getIsListening();
        if (used) throw refused('invalid-state');
        this.#started = { name: 'connect', connected: new Pending(this.socket.connect(remote)) };
      });
    }

    finishConnect(): Streams {
      return attempt(() => {
        const started = this.#started;
        if (started?.name !== 'connect') throw refused('not-in-progress');
        try {
          finished(started.connected);
        } finally {
          if (started.connected.ready) this.#started = undefined;
        }
        return this.#open();
      });
    }

    startListen(): void {
      this.#start({ name: 'listen' }, () => {
        // 0.3 binds by itself.
        if (this.socket.getIsListening()) throw refused('invalid-state');
        this.socket.getLocalAddress();
        this.#connections = this.socket.listen().getReader();
      });
    }

    finishListen(): void {
      this.#finish('listen');
    }

    accept(): [TcpSocket, ...Streams] {
      return attempt(() => {
        const next = this.#next();
        if (next === undefined) throw refused('invalid-state');
        const { value } = finished(next);
        this.#accepting = undefined;
        if (value === undefined) throw new SocketError('connection-aborted');
        const accepted = new TcpSocket(value);
        return [accepted, ...accepted.#open()];
      });
    }

    localAddress(): SocketAddress {
      return attempt(() => this.socket.getLocalAddress());
    }

    remoteAddress(): SocketAddress {
      return attempt(() => this.socket.getRemoteAddress());
    }

    isListening(): boolean {
      return this.socket.getIsListening();
    }

    setListenBacklogSize(value: bigint): void {
      attempt(() => this.socket.setListenBacklogSize(value));
    }

    keepAliveEnabled(): boolean {
      return this.socket.getKeepAliveEnabled();
    }

    setKeepAliveEnabled(value: boolean): void {
      this.socket.setKeepAliveEnabled(value);
    }

    keepAliveIdleTime(): bigint {
      return this.socket.getKeepAliveIdleTime();
    }

    setKeepAliveIdleTime(value: bigint): void {
      attempt(() => this.socket.setKeepAliveIdleTime(value));
    }

    keepAliveInterval(): bigint {
      return this.socket.getKeepAliveInterval();
    }

    setKeepAliveInterval(value: bigint): void {
      attempt(() => this.socket.setKeepAliveInterval(value));
    }

    keepAliveCount(): number {
      return this.socket.getKeepAliveCount();
    }

    setKeepAliveCount(value: number): void {
      attempt(() => this.socket.setKeepAliveCount(value));
    }

    hopLimit(): number {
      return this.socket.getHopLimit();
    }

    setHopLimit(value: number): void {
      attempt(() => this.socket.setHopLimit(value));
    }

    /** Ready when what was started can be finished, or there is a connection to accept. */
    subscribe(): Pollable {
      const waited = () =>
        this.#started?.name === 'connect' ? this.#started.connected : this.#next();
      return new Pollable(
        () => waited()?.ready ?? true,
        (wake) => waited()?.subscribe().listen(wake) ?? (() => {}),
      );
    }

    shutdown(how: 'receive' | 'send' | 'both'): void {
      attempt(() => {
        if (this.#connection === undefined) throw refused('invalid-state');
        this.#connection.shutdown(how);
      });
    }

    [Symbol.dispose](): void {
      this.#connections?.cancel().catch(() => {});
      this.socket[Symbol.dispose]();
    }

    #idle(): void {
      if (this.#started !== undefined) throw refused('concurrency-conflict');
    }

    #start(started: Started, operation: () => void): void {
      attempt(() => {
        this.#idle();
        operation();
        this.#started = started;
      });
    }

    #finish(name: Started['name']): void {
      attempt(() => {
        if (this.#started?.name !== name) throw refused('not-in-progress');
        this.#started = undefined;
      });
    }

    /** The connection that is accepted next. */
    #next(): Pending<ReadableStreamReadResult<Tcp>> | undefined {
      if (this.#connections === undefined) return undefined;
      this.#accepting ??= new Pending(this.#connections.read());
      return this.#accepting;
    }

    #open(): Streams {
      this.#connection = new Connection(this.socket);
      return this.#connection.streams;
    }
  };
}

/** The two directions of a connection. */
class Connection {
  readonly streams: Streams;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(socket: Tcp) {
    const [received, ended] = socket.receive();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.#reader = received.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    // How it went shows in the writer.
    void socket.send(readable);
    const next = async () => {
      const { done, value } = await this.#reader.read();
      if (!done) return value;
      const status = await ended;
      if (status.tag === 'err' && status.val.tag !== 'other') throw new SocketError(status.val.tag);
      return undefined;
    };
    const input = new SharedInput(() => ({ isTerminal: false, next }));
    this.streams = [
      new InputStream(closing(input, () => this.stopReceiving())),
      new OutputStream(
        closing<Sink>(new Backlog({ write: (bytes) => this.#writer.write(bytes) }), () =>
          this.stopSending(),
        ),
      ),
    ];
  }

  shutdown(how: 'receive' | 'send' | 'both'): void {
    const [input, output] = this.streams;
    if (how !== 'send') {
      input.end();
      this.stopReceiving();
    }
    if (how !== 'receive') {
      output.end();
      this.stopSending();
    }
  }

  stopReceiving(): void {
    this.#reader.cancel().catch(() => {});
  }

  stopSending(): void {
    this.#writer.close().catch(() => {});
  }
}

/** The same, and `close` when the stream is dropped. */
function closing<T extends object>(what: T, close: () => void): T & { close(): void } {
  return Object.assign(what, { close });
}
