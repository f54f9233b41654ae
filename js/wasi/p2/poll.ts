/** wasi:io/poll 0.2: waiting, which a component does on its stack where it has nothing else to do. */

import { suspending } from '../../index.js';
import type { Listen } from '../bell.js';
import { alarm } from '../clocks/sleep.js';
import type { Maybe } from '../maybe.js';
import type { WasiPlatform } from '../platform.js';

/** Spec: `wasi:io/poll.pollable`. */
export class Pollable {
  readonly #isReady: () => boolean;
  readonly #listen: Listen;

  /** `listen` is told when `isReady` may have changed. */
  constructor(isReady: () => boolean, listen: Listen) {
    this.#isReady = isReady;
    this.#listen = listen;
  }

  /** Ready from an instant of the monotonic clock on. */
  static until(platform: WasiPlatform, when: bigint): Pollable {
    return new Pollable(
      () => platform.monotonicNow() >= when,
      (wake) => alarm(platform, when, wake),
    );
  }

  static always(): Pollable {
    return new Pollable(
      () => true,
      () => () => {},
    );
  }

  ready(): boolean {
    return this.#isReady();
  }

  block(): Maybe<void> {
    return this.ready() ? undefined : once([this]);
  }

  /** Calls `wake` when this may have become ready; the result ends it. */
  listen(wake: () => void): () => void {
    return this.#listen(wake);
  }
}

/** Spec: `wasi:io/poll.poll`: the indices of those that are ready, at least one. */
export const poll = suspending((pollables: readonly Pollable[]): Maybe<Uint32Array> => {
  if (pollables.length === 0) throw new TypeError('poll was called with an empty list');
  const ready = indices(pollables);
  return ready.length > 0 ? ready : once(pollables).then(() => indices(pollables));
});

/** Marks methods of a class that may have to wait. */
export function waiting<T extends object>(
  Class: abstract new (...args: never) => T,
  ...methods: readonly (keyof T)[]
): void {
  for (const name of methods) suspending((Class.prototype as T)[name] as () => unknown);
}

/** Settles when one of them is ready. */
async function once(pollables: readonly Pollable[]): Promise<void> {
  while (!pollables.some((pollable) => pollable.ready())) {
    let stops: (() => void)[] = [];
    await new Promise<void>((resolve) => {
      stops = pollables.map((pollable) => pollable.listen(resolve));
    });
    for (const stop of stops) stop();
  }
}

function indices(pollables: readonly Pollable[]): Uint32Array {
  return Uint32Array.from(pollables.flatMap((pollable, i) => (pollable.ready() ? [i] : [])));
}

waiting(Pollable, 'block');
