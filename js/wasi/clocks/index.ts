/** wasi:clocks 0.3: monotonic clock with its timers, system clock, time zone. Times are in nanoseconds. */

import type { Imports } from '../../index.js';
import type { WasiPlatform } from '../platform.js';
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
      waitUntil: (when: bigint, { signal }: { signal: AbortSignal }) =>
        sleep(when - platform.monotonicNow(), signal),
      waitFor: (howLong: bigint, { signal }: { signal: AbortSignal }) => sleep(howLong, signal),
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

/** Waits, never less than `nanoseconds` and not at all for none; an abort ends it and frees the timer. */
function sleep(nanoseconds: bigint, signal: AbortSignal): Promise<void> | undefined {
  if (nanoseconds <= 0n) return undefined;
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout>;
    let left = (nanoseconds + MILLISECOND - 1n) / MILLISECOND;
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    const step = () => {
      if (left <= 0n) {
        signal.removeEventListener('abort', stop);
        resolve();
        return;
      }
      const now = left < LONGEST_TIMER ? left : LONGEST_TIMER;
      left -= now;
      timer = setTimeout(step, Number(now));
    };
    signal.addEventListener('abort', stop, { once: true });
    step();
  });
}

const SECOND = 1_000_000_000n;
const MILLISECOND = 1_000_000n;
/** What a timer takes, in milliseconds; longer waits are made of several. */
const LONGEST_TIMER = 2n ** 31n - 1n;
