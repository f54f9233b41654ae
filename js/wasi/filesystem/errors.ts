/** Errors of wasi:filesystem as components get them. */

import { ComponentError } from '../../index.js';
import { type FsCode, FsError } from './backend.js';

/** Spec: `wasi:filesystem/types.error-code` of 0.3, a variant. */
export type ErrorCode =
  | { readonly tag: FsCode }
  | { readonly tag: 'other'; readonly val: string | undefined };

/** The case for whatever was thrown; what is not ours is a program's bug, and shows as `other`. */
export function errorCode(error: unknown): ErrorCode {
  if (error instanceof FsError && error.code !== undefined) return { tag: error.code };
  return { tag: 'other', val: error instanceof Error ? error.message : String(error) };
}

/** What an operation throws to a component. */
export function componentError(error: unknown): ComponentError<ErrorCode> {
  const message = error instanceof Error ? error.message : String(error);
  return new ComponentError(errorCode(error), message);
}
