/** wasi:sockets 0.3: TCP, UDP and names, on the network that a program grants. */

import type { Imports } from '../../index.js';
import type { WasiOptions } from '../options.js';
import type { WasiPlatform } from '../platform.js';
import type { Network } from './backend.js';
import { LoopbackNetwork } from './loopback.js';
import { resolveAddresses } from './names.js';
import { tcpSocketOn } from './tcp.js';
import { udpSocketOn } from './udp.js';

/** What `options` grant. */
export function networkOf(
  platform: WasiPlatform,
  { network: grant = false }: WasiOptions,
): Network {
  return grant instanceof LoopbackNetwork ? grant.network : platform.network(grant);
}

/** The interfaces of wasi:sockets@0.3. */
export function sockets(network: Network): Imports {
  return {
    'wasi:sockets/types@0.3': {
      TcpSocket: tcpSocketOn(network),
      UdpSocket: udpSocketOn(network),
    },
    'wasi:sockets/ip-name-lookup@0.3': {
      resolveAddresses: (name: string) => resolveAddresses(network, name),
    },
  };
}
