/** wasi:clocks/timezone, by `Intl`. */

import type { Instant } from './index.js';

/** The functions of wasi:clocks/timezone. */
export function timezone() {
  return {
    ianaId: (): string | undefined => zone(),
    utcOffset: ({ seconds }: Instant): bigint | undefined => offset(seconds),
    toDebugString: (): string => zone() ?? 'no time zone',
  };
}

const zone = (): string | undefined =>
  new Intl.DateTimeFormat().resolvedOptions().timeZone || undefined;

/** Nanoseconds between UTC and local time at an instant; none outside of what a `Date` can tell. */
function offset(seconds: bigint): bigint | undefined {
  const minutes = new Date(Number(seconds) * 1000).getTimezoneOffset();
  // Local mean times of the past have seconds, which some engines give as a fraction.
  return Number.isNaN(minutes) ? undefined : BigInt(Math.round(-minutes * 60)) * SECOND;
}

const SECOND = 1_000_000_000n;
