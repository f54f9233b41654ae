/** Errors of wasi:sockets as components get them. */

import { ComponentError } from '../../index.js';
import { LookupError, type SocketCode, SocketError } from './backend.js';

/** Spec: `wasi:sockets/types.error-code`. */
export type ErrorCode =
  | { readonly tag: SocketCode }
  | { readonly tag: 'other'; readonly val: string | undefined };

/** `result<_, error-code>` inside of a future. */
export type Status = { readonly tag: 'ok' } | { readonly tag: 'err'; readonly val: ErrorCode };

export function errorCode(error: unknown): ErrorCode {
  if (error instanceof SocketError && error.code !== undefined) return { tag: error.code };
  return { tag: 'other', val: error instanceof Error ? error.message : String(error) };
}

export function failed(error: unknown): Status {
  return { tag: 'err', val: errorCode(error) };
}

/** Runs an operation; what it throws, as a component gets it. */
export function attempt<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw new ComponentError(errorCode(error));
  }
}

export async function attemptLater<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof LookupError) throw new ComponentError({ tag: error.code });
    throw new ComponentError(errorCode(error));
  }
}
