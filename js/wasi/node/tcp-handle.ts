/** Node's own handle of a TCP socket, which binds at once. */

import process from 'node:process';
import type { Address } from '../sockets/address.js';
import { socketError } from './net-errors.js';

/** Spec: none; the part of Node's `TCP` that is used. */
export interface TcpHandle {
  bind(host: string, port: number): number;
  bind6(host: string, port: number, flags: number): number;
  getsockname(out: { port?: number }): number;
  close(): void;
}

interface Binding {
  readonly TCP: new (kind: number) => TcpHandle;
  readonly constants: { readonly SOCKET: number; readonly UV_TCP_IPV6ONLY: number };
}

class Handles {
  constructor(
    private readonly binding: Binding,
    private readonly codeOf: (errno: number) => string,
  ) {}

  /** A new socket at this address. */
  bound({ family, host, port }: Address): TcpHandle {
    const { TCP, constants } = this.binding;
    const handle = new TCP(constants.SOCKET);
    const errno =
      family === 'ipv4'
        ? handle.bind(host, port)
        : handle.bind6(host, port, constants.UV_TCP_IPV6ONLY);
    this.#check(handle, errno);
    // libuv keeps to itself that an address is in use until somebody asks.
    this.#check(handle, handle.getsockname({}));
    return handle;
  }

  port(handle: TcpHandle): number {
    const out: { port?: number } = {};
    handle.getsockname(out);
    return out.port ?? 0;
  }

  #check(handle: TcpHandle, errno: number): void {
    if (errno === 0) return;
    handle.close();
    const code = this.codeOf(errno);
    throw socketError(Object.assign(new Error(`bind: ${code}`), { code }));
  }
}

/** Undefined where the engine has no such handles. */
export const HANDLES: Handles | undefined = find();

function find(): Handles | undefined {
  // Documented as deprecated, and the only way to bind at once; Deno has it too, Bun has not.
  const { binding } = process as { binding?: (name: string) => unknown };
  if (binding === undefined || 'bun' in process.versions) return undefined;
  try {
    const tcp = binding.call(process, 'tcp_wrap') as Binding;
    const uv = binding.call(process, 'uv') as { errname(errno: number): string };
    return new Handles(tcp, (errno) => uv.errname(errno));
  } catch {
    return undefined;
  }
}
