/** wasi:random 0.3. Random bytes come from `crypto.getRandomValues`, the insecure ones as well: it is fast enough. */

import type { Imports } from '../../index.js';

/** The interfaces of wasi:random@0.3. The insecure seed stays the same for a component, as it is meant to be asked for once. */
export function random(): Imports {
  const seed = [randomU64(), randomU64()];
  return {
    'wasi:random/random@0.3': { getRandomBytes: shortRead, getRandomU64: randomU64 },
    'wasi:random/insecure@0.3': {
      getInsecureRandomBytes: shortRead,
      getInsecureRandomU64: randomU64,
    },
    'wasi:random/insecure-seed@0.3': { getInsecureSeed: () => seed },
  };
}

/** `length` random bytes, made in pieces that the platform allows. */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += PIECE) crypto.getRandomValues(bytes.subarray(at, at + PIECE));
  return bytes;
}

/** A random `u64`. */
export function randomU64(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] as bigint;
}

/** Up to `maxLen` bytes: a short read is allowed, and keeps a hostile length from growing the host. */
function shortRead(maxLen: bigint): Uint8Array {
  return randomBytes(Number(maxLen < PIECE ? maxLen : PIECE));
}

/** The most that `crypto.getRandomValues` gives at a time. */
const PIECE = 65_536;
