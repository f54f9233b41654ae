/** wasi:io/poll 0.2, without waiting. */

import type { WasiPlatform } from '../platform.js';

/** Spec: `wasi:io/poll.pollable`. */
export class Pollable {
  readonly #isReady: () => boolean;

  constructor(isReady: () => boolean) {
    this.#isReady = isReady;
  }

  /** Ready from an instant of the monotonic clock on. */
  static until(platform: WasiPlatform, when: bigint): Pollable {
    return new Pollable(() => platform.monotonicNow() >= when);
  }

  ready(): boolean {
    return this.#isReady();
  }

  block(): void {
    if (!this.#isReady()) throw new Error(WOULD_BLOCK);
  }
}

/** Spec: `wasi:io/poll.poll`: the indices of those that are ready, at least one. */
export function poll(pollables: readonly Pollable[]): Uint32Array {
  if (pollables.length === 0) throw new TypeError('poll was called with an empty list');
  const ready = pollables.flatMap((pollable, i) => (pollable.ready() ? [i] : []));
  if (ready.length === 0) throw new Error(WOULD_BLOCK);
  return Uint32Array.from(ready);
}

/** What a component is told that would have to wait. */
export const WOULD_BLOCK =
  'the component waits in a synchronous function of WASI 0.2, which this host can not do; use WASI 0.3';
