/** Errors of wasi:sockets 0.2, whose codes are an enum. */

import { ComponentError } from '../../../index.js';
import { LookupError, SocketError } from '../../sockets/backend.js';
import type { Pending } from '../pending.js';

/** The outcome, or that there is none yet. */
export function finished<T>({ outcome }: Pending<T>): T {
  if (outcome === undefined) throw refused('would-block');
  return outcome();
}

/** Errors that only 0.2 has. */
export function refused(
  code: 'would-block' | 'concurrency-conflict' | 'not-in-progress' | 'invalid-state',
): ComponentError<string> {
  return new ComponentError(code);
}

/** Runs an operation; what it throws, as a component of 0.2 gets it. */
export function attempt<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw new ComponentError(socketCode(error));
  }
}

/** Spec: `wasi:sockets/network.error-code`, an enum. */
export function socketCode(error: unknown): string {
  const code = codeOf(error);
  // A case of 0.3.
  return code === 'connection-broken' ? 'connection-reset' : code;
}

function codeOf(error: unknown): string {
  if (error instanceof SocketError || error instanceof LookupError) return error.code ?? 'unknown';
  if (!(error instanceof ComponentError)) return 'unknown';
  const payload = error.payload as string | { readonly tag: string };
  if (typeof payload === 'string') return payload;
  return payload.tag === 'other' ? 'unknown' : payload.tag;
}
