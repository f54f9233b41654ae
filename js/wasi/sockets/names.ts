/** wasi:sockets/ip-name-lookup, on any network: what is no question of a network is answered here. */

import { type IpAddress, ipAddress } from './address.js';
import { LookupError, type Network } from './backend.js';
import { attemptLater } from './errors.js';

/** Spec: `ip-name-lookup.resolve-addresses`. An address in text is its own answer, whatever is granted. */
export function resolveAddresses(network: Network, name: string): Promise<IpAddress[]> {
  return attemptLater(async () => {
    // In brackets as well, as URLs have them.
    const text = name.replace(/^\[(.*:.*)\]$/, '$1');
    if (isAddress(text)) return [ipAddress(text)];
    if (!NAME.test(name)) throw new LookupError('invalid-argument');
    return (await network.resolve(name)).map(ipAddress);
  });
}

function isAddress(text: string): boolean {
  if (!text.includes(':')) {
    const parts = text.split('.');
    return parts.length === 4 && parts.every((part) => OCTET.test(part) && Number(part) < 256);
  }
  try {
    return new URL(`http://[${text}]/`).hostname.startsWith('[');
  } catch {
    return false;
  }
}

const NAME = /^[\p{L}\p{N}_.-]{1,253}$/u;
const OCTET = /^(?:0|[1-9]\d{0,2})$/;
