/** What the system reports of sockets, as wasi:sockets names it. */

import { type SocketCode, SocketError } from '../sockets/backend.js';

/** The error code for what the system reports. */
export function socketError(error: NodeJS.ErrnoException): SocketError {
  return new SocketError(CODES[error.code ?? ''], error.message);
}

const CODES: Partial<Record<string, SocketCode>> = {
  EACCES: 'access-denied',
  EPERM: 'access-denied',
  EADDRINUSE: 'address-in-use',
  EADDRNOTAVAIL: 'address-not-bindable',
  EAFNOSUPPORT: 'not-supported',
  ECONNABORTED: 'connection-aborted',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-reset',
  EPIPE: 'connection-broken',
  ERR_STREAM_DESTROYED: 'connection-broken',
  ERR_STREAM_WRITE_AFTER_END: 'connection-broken',
  EHOSTUNREACH: 'remote-unreachable',
  ENETUNREACH: 'remote-unreachable',
  ENETDOWN: 'remote-unreachable',
  EINVAL: 'invalid-argument',
  EMSGSIZE: 'datagram-too-large',
  ENOBUFS: 'out-of-memory',
  ENOMEM: 'out-of-memory',
  ETIMEDOUT: 'timeout',
};
