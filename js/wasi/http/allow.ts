/** Which hosts a component may send requests to. */

import type { Target } from './messages.js';

/**
 * `true`: everywhere. A list: hosts like `example.com` (any port), `example.com:8080`, `*.example.com` (anything below it, not itself),
 * `[::1]:80`.
 */
export type HttpGrant = boolean | readonly string[];

export function allows(grant: HttpGrant, { authority, scheme }: Target): boolean {
  if (typeof grant === 'boolean') return grant;
  const { host, port } = split((authority ?? '').replace(/^.*@/, ''));
  const actual = port ?? (scheme?.tag === 'HTTP' ? '80' : '443');
  return grant.some((entry) => {
    const wanted = split(entry);
    if (wanted.port !== undefined && wanted.port !== actual) return false;
    return wanted.host.startsWith('*.')
      ? host.endsWith(wanted.host.slice(1)) && host.length >= wanted.host.length
      : host === wanted.host;
  });
}

function split(authority: string): { readonly host: string; readonly port: string | undefined } {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority) ?? [];
  return { host: host.toLowerCase().replace(/\.$/, ''), port };
}
