/** wasi:sockets/types.tcp-socket, on any network. */

import {
  type Address,
  addressOf,
  type Family,
  isUnicast,
  isUnspecified,
  type SocketAddress,
  sameAddress,
  socketAddress,
  unspecified,
} from './address.js';
import {
  type Connection,
  type Context,
  type Listener,
  type Network,
  type SocketClass,
  SocketError,
  type TcpEndpoint,
} from './backend.js';
import { attempt, attemptLater, failed, type Status } from './errors.js';
import { TcpOptions } from './tcp-options.js';

/** Spec: the states of a TCP socket in wasi:sockets' operational semantics. */
type State =
  | { readonly name: 'unbound' | 'closed' }
  | { readonly name: 'connecting'; readonly trial: AbortController }
  | { readonly name: 'bound'; readonly local: Address }
  | { readonly name: 'listening'; readonly listener: SharedListener }
  | {
      readonly name: 'connected';
      readonly connection: Connection;
      readonly sending: boolean;
      readonly receiving: boolean;
    };

/** Spec: `tcp-socket`. */
export interface Tcp extends TcpOptions, Disposable {
  bind(local: SocketAddress): void;
  connect(remote: SocketAddress, context?: Context): Promise<void>;
  listen(): ReadableStream<Tcp>;
  send(data: ReadableStream<Uint8Array>): Promise<Status>;
  receive(): [ReadableStream<Uint8Array>, Promise<Status>];
  getLocalAddress(): SocketAddress;
  getRemoteAddress(): SocketAddress;
  getIsListening(): boolean;
  getAddressFamily(): Family;
  setListenBacklogSize(value: bigint): void;
}

/** The class that a component on this network gets. */
export function tcpSocketOn(network: Network): SocketClass<Tcp> {
  const orphans = new Set<SharedListener>();
  return class TcpSocket extends TcpOptions implements Tcp {
    readonly #family: Family;
    readonly #endpoint: TcpEndpoint | undefined;
    #state: State = { name: 'unbound' };
    #backlog = DEFAULT_BACKLOG;

    constructor(family: Family, endpoint: TcpEndpoint | undefined) {
      super();
      this.#family = family;
      this.#endpoint = endpoint;
    }

    static create(family: Family): TcpSocket {
      return attempt(() => new TcpSocket(family, network.tcp(family)));
    }

    bind(local: SocketAddress): void {
      attempt(() => this.#bind(addressOf(local)));
    }

    connect(remote: SocketAddress, context?: Context): Promise<void> {
      return attemptLater(async () => {
        const { name } = this.#state;
        if (name !== 'unbound' && name !== 'bound') throw new SocketError('invalid-state');
        const address = addressOf(remote);
        this.#check(address);
        if (isUnspecified(address) || address.port === 0) throw new SocketError('invalid-argument');
        this.#permit(address);
        const trial = new AbortController();
        const abort = () => trial.abort();
        this.#state = { name: 'connecting', trial };
        context?.signal.addEventListener('abort', abort);
        try {
          const connection = await this.#endpoint!.connect(address, trial.signal);
          if (!trial.signal.aborted) return this.#connected(connection);
          connection.close();
          throw new SocketError('connection-aborted');
        } catch (error) {
          this.#state = { name: 'closed' };
          throw error;
        } finally {
          context?.signal.removeEventListener('abort', abort);
        }
      });
    }

    listen(): ReadableStream<TcpSocket> {
      return attempt(() => {
        const { name } = this.#state;
        if (name === 'unbound') this.#bind(unspecified(this.#family));
        else if (name !== 'bound') throw new SocketError('invalid-state');
        const listener = new SharedListener(this.#endpoint!.listen(this.#backlog));
        this.#state = { name: 'listening', listener };
        return this.#accepted(listener);
      });
    }

    send(data: ReadableStream<Uint8Array>): Promise<Status> {
      const state = this.#state;
      if (state.name !== 'connected' || state.sending) {
        data.cancel().catch(() => {});
        return Promise.resolve(failed(new SocketError('invalid-state')));
      }
      this.#state = { ...state, sending: true };
      return sent(state.connection, data);
    }

    receive(): [ReadableStream<Uint8Array>, Promise<Status>] {
      const state = this.#state;
      if (state.name !== 'connected' || state.receiving) {
        const nothing = new ReadableStream<Uint8Array>({ start: (control) => control.close() });
        return [nothing, Promise.resolve(failed(new SocketError('invalid-state')))];
      }
      this.#state = { ...state, receiving: true };
      return received(state.connection);
    }

    getLocalAddress(): SocketAddress {
      return attempt(() => {
        const state = this.#state;
        if (state.name === 'bound') return socketAddress(state.local);
        if (state.name === 'listening') return socketAddress(state.listener.local);
        if (state.name === 'connected') return socketAddress(state.connection.local);
        throw new SocketError('invalid-state');
      });
    }

    getRemoteAddress(): SocketAddress {
      return attempt(() => {
        if (this.#state.name !== 'connected') throw new SocketError('invalid-state');
        return socketAddress(this.#state.connection.remote);
      });
    }

    getIsListening(): boolean {
      return this.#state.name === 'listening';
    }

    getAddressFamily(): Family {
      return this.#family;
    }

    setListenBacklogSize(value: bigint): void {
      attempt(() => {
        if (value === 0n) throw new SocketError('invalid-argument');
        if (this.#state.name === 'connected') throw new SocketError('invalid-state');
        this.#backlog = Number(value > MOST_BACKLOG ? MOST_BACKLOG : value);
      });
    }

    [Symbol.dispose](): void {
      const state = this.#state;
      this.#state = { name: 'closed' };
      // Streams go on without the socket that they are of.
      if (state.name === 'connected') {
        if (!state.receiving) state.connection.stopRead();
        if (!state.sending) state.connection.endWrite().catch(() => {});
      } else if (state.name === 'listening') {
        orphans.add(state.listener);
        state.listener.release();
      } else if (state.name === 'connecting') state.trial.abort();
      else if (state.name === 'unbound' || state.name === 'bound') this.#endpoint?.close();
    }

    protected override changed(): void {
      if (this.#state.name !== 'connected') return;
      this.#state.connection.keepAlive(this.keepAlive, Number(this.idleTime / 1_000_000n));
    }

    #bind(address: Address): void {
      if (this.#state.name !== 'unbound') throw new SocketError('invalid-state');
      this.#check(address);
      this.#permit(address);
      this.#state = { name: 'bound', local: bound(this.#endpoint!, address, orphans) };
    }

    #check(address: Address): void {
      const fits = address.family === this.#family && isUnicast(address);
      if (!fits) throw new SocketError('invalid-argument');
    }

    #permit(address: Address): void {
      if (!network.permits(address)) throw new SocketError('access-denied');
    }

    #connected(connection: Connection): void {
      this.#state = { name: 'connected', connection, sending: false, receiving: false };
      this.changed();
    }

    #accepted(listener: SharedListener): ReadableStream<TcpSocket> {
      return new ReadableStream(
        {
          pull: async (controller) => {
            const connection = await listener.accept();
            if (connection === undefined) return controller.close();
            const socket = new TcpSocket(this.#family, undefined);
            socket.inherit(this);
            socket.#connected(connection);
            controller.enqueue(socket);
          },
          cancel: () => listener.release(),
        },
        { highWaterMark: 0 },
      );
    }
  };
}

/** A listener that is closed when neither its socket nor the stream of its connections is there any more. */
class SharedListener {
  #users = 2;

  constructor(private readonly listener: Listener) {}

  get closed(): boolean {
    return this.#users === 0;
  }

  get local(): Address {
    return this.listener.local;
  }

  accept(): Promise<Connection | undefined> {
    return this.listener.accept();
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.listener.close();
  }
}

/**
 * Binds. A component that has dropped a listening socket and its stream may bind the address again at once, but this hears of the
 * stream only when the component gives way: so a listener without a socket is closed when its address is wanted.
 */
function bound(endpoint: TcpEndpoint, address: Address, orphans: Set<SharedListener>): Address {
  for (const orphan of orphans) if (orphan.closed) orphans.delete(orphan);
  try {
    return endpoint.bind(address);
  } catch (error) {
    const holder = [...orphans].find(({ local }) => sameAddress(local, address));
    if (holder === undefined) throw error;
    orphans.delete(holder);
    holder.release();
    return endpoint.bind(address);
  }
}

async function sent(connection: Connection, data: ReadableStream<Uint8Array>): Promise<Status> {
  const reader = data.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await connection.write(value);
    }
    await connection.endWrite();
    return { tag: 'ok' };
  } catch (error) {
    reader.cancel(error).catch(() => {});
    return failed(error);
  }
}

function received(connection: Connection): [ReadableStream<Uint8Array>, Promise<Status>] {
  let finish: (status: Status) => void = () => {};
  const status = new Promise<Status>((resolve) => {
    finish = resolve;
  });
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const bytes = await connection.read();
          if (bytes !== undefined) return controller.enqueue(bytes);
          finish({ tag: 'ok' });
        } catch (error) {
          finish(failed(error));
        }
        controller.close();
      },
      cancel() {
        connection.stopRead();
        finish({ tag: 'ok' });
      },
    },
    { highWaterMark: 0 },
  );
  return [stream, status];
}

const DEFAULT_BACKLOG = 128;
const MOST_BACKLOG = 4096n;
