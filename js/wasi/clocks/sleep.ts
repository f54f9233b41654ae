/** Timers over the monotonic clock. */

import type { WasiPlatform } from '../platform.js';

/**
 * Waits until `when` and never less: timers fire early by parts of a millisecond, so that the clock decides.
 * `undefined` when it is past already, so that the call is over at once. An abort frees the timer.
 */
export function sleepUntil(
  platform: WasiPlatform,
  when: bigint,
  context: { readonly signal: AbortSignal },
): Promise<void> | undefined {
  if (platform.monotonicNow() >= when) return undefined;
  // The host makes the signal when it is asked for.
  const { signal } = context;
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout>;
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const step = () => {
      const left = when - platform.monotonicNow();
      if (left <= 0n) return done();
      const milliseconds = (left + MILLISECOND - 1n) / MILLISECOND;
      timer = setTimeout(step, Number(milliseconds < LONGEST_TIMER ? milliseconds : LONGEST_TIMER));
    };
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', done);
    step();
  });
}

const MILLISECOND = 1_000_000n;
/** What a timer takes, in milliseconds; longer waits are made of several. */
const LONGEST_TIMER = 2n ** 31n - 1n;
