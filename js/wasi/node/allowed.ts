/** Which addresses and names of the network a program grants. */

import net from 'node:net';
import type { Address } from '../sockets/address.js';

interface Entry {
  /** `undefined`: everywhere. */
  readonly addresses: net.BlockList | undefined;
  readonly name: string | undefined;
  /** `undefined`: any. */
  readonly port: number | undefined;
}

/**
 * Entries are `ADDRESS`, `ADDRESS/BITS` or `NAME`, each with `:PORT` or without: `127.0.0.1:8080`, `10.0.0.0/8`, `[::1]:80`, `*:53`,
 * `example.com:443`. A name grants what it resolves to, once the component has looked it up.
 */
export class Allowed {
  readonly #entries: readonly Entry[];

  constructor(grant: boolean | readonly string[]) {
    if (typeof grant === 'boolean') this.#entries = grant ? [EVERYTHING] : [];
    else this.#entries = grant.map(entryOf);
  }

  has({ family, host, port }: Address): boolean {
    return this.#entries.some(
      (entry) =>
        (entry.port === undefined || entry.port === port) &&
        (entry.addresses === undefined || entry.addresses.check(host, family)),
    );
  }

  hasName(name: string): boolean {
    return this.#entries.some(
      (entry) =>
        entry.name === normal(name) || (entry.addresses === undefined && entry.port === undefined),
    );
  }

  /** The component has looked a name up. */
  learn(name: string, addresses: readonly string[]): void {
    for (const entry of this.#entries) {
      if (entry.name !== normal(name)) continue;
      for (const address of addresses) entry.addresses?.addAddress(address, familyOf(address));
    }
  }
}

const EVERYTHING: Entry = { addresses: undefined, name: undefined, port: undefined };

function entryOf(text: string): Entry {
  const [, bracketed, plain, bits, port] =
    /^(?:\[([^\]]+)\]|([^:[\]/]+|[0-9a-fA-F:.]+))(?:\/(\d{1,3}))?(?::(\d{1,5}|\*))?$/.exec(text) ??
    [];
  const host = bracketed ?? plain;
  const isName = /^([\p{L}\p{N}_.-]+|\*)$/u.test(host ?? '');
  const isHost = host !== undefined && (isName || net.isIP(host) !== 0);
  if (!isHost || Number(port) > 65_535 || (bits !== undefined && net.isIP(host) === 0)) {
    throw new TypeError(
      `${JSON.stringify(text)} is no address, network or name with or without a port`,
    );
  }
  const rest = { port: port === undefined || port === '*' ? undefined : Number(port) };
  if (host === '*') return { ...EVERYTHING, ...rest };
  const addresses = new net.BlockList();
  if (net.isIP(host) === 0) return { addresses, name: normal(host), ...rest };
  if (bits === undefined) addresses.addAddress(host, familyOf(host));
  else addresses.addSubnet(host, Number(bits), familyOf(host));
  return { addresses, name: undefined, ...rest };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return net.isIPv6(address) ? 'ipv6' : 'ipv4';
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
