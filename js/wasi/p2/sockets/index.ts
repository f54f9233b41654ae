/** wasi:sockets 0.2, on the sockets of 0.3: what differs is that operations are started and finished, and how errors look. */

import { ComponentError, type Imports } from '../../../index.js';
import type { IpAddress } from '../../sockets/address.js';
import { type Network as Backend, SocketError } from '../../sockets/backend.js';
import { resolveAddresses } from '../../sockets/names.js';
import type { IoError } from '../io.js';
import { Pending } from '../pending.js';
import type { Pollable } from '../poll.js';
import { attempt, finished, socketCode } from './errors.js';
import { tcpSocketOn } from './tcp.js';
import { IncomingDatagramStream, OutgoingDatagramStream, udpSocketOn } from './udp.js';

/** Spec: `wasi:sockets/network.network`, which stands for all that is granted. */
class Network {}

/** The interfaces of wasi:sockets@0.2. */
export function sockets(backend: Backend): Imports {
  const TcpSocket = tcpSocketOn(backend);
  const UdpSocket = udpSocketOn(backend);
  return {
    'wasi:sockets/network@0.2': {
      Network,
      networkErrorCode: ({ cause }: IoError) => {
        const known = cause instanceof SocketError || cause instanceof ComponentError;
        return known ? socketCode(cause) : undefined;
      },
    },
    'wasi:sockets/instance-network@0.2': { instanceNetwork: () => new Network() },
    'wasi:sockets/tcp-create-socket@0.2': { createTcpSocket: TcpSocket.create },
    'wasi:sockets/tcp@0.2': { TcpSocket },
    'wasi:sockets/udp-create-socket@0.2': { createUdpSocket: UdpSocket.create },
    'wasi:sockets/udp@0.2': { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream },
    'wasi:sockets/ip-name-lookup@0.2': {
      ResolveAddressStream,
      resolveAddresses: (_: Network, name: string) =>
        new ResolveAddressStream(new Pending(resolveAddresses(backend, name))),
    },
  };
}

/** Spec: `wasi:sockets/ip-name-lookup.resolve-address-stream`. */
class ResolveAddressStream {
  #next = 0;

  constructor(private readonly addresses: Pending<readonly IpAddress[]>) {}

  resolveNextAddress(): IpAddress | undefined {
    return attempt(() => finished(this.addresses)[this.#next++]);
  }

  subscribe(): Pollable {
    return this.addresses.subscribe();
  }
}
