/** wasi:clocks 0.3: monotonic clock with its timers, system clock, time zone. Times are in nanoseconds. */

import type { Imports } from '../../index.js';
import type { WasiPlatform } from '../platform.js';
import { sleepUntil } from './sleep.js';
import { timezone } from './timezone.js';

/** Spec: `wasi:clocks/system-clock.instant`. */
export interface Instant {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** The interfaces of wasi:clocks@0.3. */
export function clocks(platform: WasiPlatform): Imports {
  return {
    // Types only; a component may import it all the same.
    'wasi:clocks/types@0.3': {},
    'wasi:clocks/monotonic-clock@0.3': {
      now: () => platform.monotonicNow(),
      getResolution: () => platform.monotonicResolution,
      waitUntil: (when: bigint, context: { readonly signal: AbortSignal }) =>
        sleepUntil(platform, when, context),
      waitFor: (howLong: bigint, context: { readonly signal: AbortSignal }) =>
        sleepUntil(platform, platform.monotonicNow() + howLong, context),
    },
    'wasi:clocks/system-clock@0.3': {
      now: (): Instant => {
        const now = platform.systemNow();
        return { seconds: now / SECOND, nanoseconds: Number(now % SECOND) };
      },
      getResolution: () => platform.systemResolution,
    },
    'wasi:clocks/timezone@0.3': timezone(),
  };
}

const SECOND = 1_000_000_000n;
