/** wasi:filesystem's `metadata-hash`. */

import type { Stat } from './backend.js';

/** A hash that changes with the object, its contents' length or its time; keyed by a secret of this process. */
export function metadataHash({ identity, size, modified, changed }: Stat): {
  lower: bigint;
  upper: bigint;
} {
  const text = `${identity} ${size} ${modified} ${changed}`;
  return { lower: hash(text, LOWER), upper: hash(text, UPPER) };
}

/** FNV-1a over UTF-16 units, then the finisher of SplitMix64. */
function hash(text: string, key: bigint): bigint {
  let h = key;
  for (let i = 0; i < text.length; i++) {
    h = BigInt.asUintN(64, (h ^ BigInt(text.charCodeAt(i))) * 0x0000_0100_0000_01b3n);
  }
  h = BigInt.asUintN(64, (h ^ (h >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  h = BigInt.asUintN(64, (h ^ (h >> 27n)) * 0x94d0_49bb_1331_11ebn);
  return h ^ (h >> 31n);
}

const [LOWER, UPPER] = crypto.getRandomValues(new BigUint64Array(2)) as unknown as [bigint, bigint];
