/** Addresses of wasi:sockets, and as text. */

/** Spec: `ip-address-family`. */
export type Family = 'ipv4' | 'ipv6';

/** Spec: `ip-socket-address`. */
export type SocketAddress =
  | {
      readonly tag: 'ipv4';
      readonly val: { readonly port: number; readonly address: ArrayLike<number> };
    }
  | {
      readonly tag: 'ipv6';
      readonly val: {
        readonly port: number;
        readonly flowInfo: number;
        readonly address: ArrayLike<number>;
        readonly scopeId: number;
      };
    };

/** Spec: `ip-address`. */
export type IpAddress = { readonly tag: Family; readonly val: number[] };

/** An address as networks take it: `127.0.0.1`, `::1`. */
export interface Address {
  readonly family: Family;
  readonly host: string;
  readonly port: number;
}

/** From what a component gives. */
export function addressOf({ tag, val }: SocketAddress): Address {
  const parts = Array.from(val.address);
  const host = tag === 'ipv4' ? parts.join('.') : groups(parts);
  return { family: tag, host, port: val.port };
}

/** To what a component gets. */
export function socketAddress({ family, host, port }: Address): SocketAddress {
  const { val } = ipAddress(host);
  return family === 'ipv4'
    ? { tag: family, val: { port, address: val } }
    : { tag: family, val: { port, flowInfo: 0, address: val, scopeId: 0 } };
}

/** Parses an address in text, which has to be one. */
export function ipAddress(text: string): IpAddress {
  const [host = ''] = text.split('%');
  if (!host.includes(':')) return { tag: 'ipv4', val: host.split('.').map(Number) };
  // The last 32 bits may be written as an IPv4 address.
  const plain = host.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const group = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
    return `${group(a, b)}:${group(c, d)}`;
  });
  const [left = '', right] = plain.split('::');
  const numbers = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [numbers(left), numbers(right ?? '')];
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length;
  return { tag: 'ipv6', val: [...head, ...new Array<number>(zeros).fill(0), ...tail] };
}

/** Any address of this machine, any port. */
export function unspecified(family: Family): Address {
  return { family, host: family === 'ipv4' ? '0.0.0.0' : '::', port: 0 };
}

export function isUnspecified({ host }: Address): boolean {
  return ipAddress(host).val.every((part) => part === 0);
}

/** Neither multicast nor broadcast nor an IPv4 address in IPv6's clothes. */
export function isUnicast({ family, host }: Address): boolean {
  const { val } = ipAddress(host);
  if (family === 'ipv4') return (val[0]! & 0xf0) !== 0xe0 && val.some((part) => part !== 255);
  const mapped = val.slice(0, 5).every((part) => part === 0) && val[5] === 0xffff;
  return (val[0]! & 0xff00) !== 0xff00 && !mapped;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port;
}

/** RFC 5952, but for a run of zeros that is one group long. */
function groups(parts: readonly number[]): string {
  const text = parts.map((part) => part.toString(16)).join(':');
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  const at = text.indexOf(longest);
  return `${text.slice(0, at)}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}
