/** Timers over the monotonic clock. */

import type { WasiPlatform } from '../platform.js';

/**
 * Waits until `when` and never less. `undefined` when it is past already, so that the call is over at once. An abort frees the timer.
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
    if (signal.aborted) return resolve();
    const done = () => {
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    const stop = alarm(platform, when, done);
  });
}

/** Calls `wake` at `when`, never earlier and never at once: timers fire early by parts of a millisecond, so that the clock decides. */
export function alarm(platform: WasiPlatform, when: bigint, wake: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const step = () => {
    const left = when - platform.monotonicNow();
    if (left <= 0n) wake();
    else sleep(left);
  };
  const sleep = (left: bigint) => {
    const milliseconds = (left + MILLISECOND - 1n) / MILLISECOND;
    timer = setTimeout(step, Number(milliseconds < LONGEST_TIMER ? milliseconds : LONGEST_TIMER));
  };
  sleep(when - platform.monotonicNow());
  return () => clearTimeout(timer);
}

const MILLISECOND = 1_000_000n;
/** What a timer takes, in milliseconds; longer waits are made of several. */
const LONGEST_TIMER = 2n ** 31n - 1n;
