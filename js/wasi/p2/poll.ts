/** wasi:io/poll 0.2: waiting, which a component does on its stack where it has nothing else to do. */

import { suspending } from '../../index.js';
import type { Listen } from '../bell.js';
import { alarm } from '../clocks/sleep.js';
import { type Maybe, then } from '../maybe.js';
import type { WasiPlatform } from '../platform.js';

/** The engine can suspend a component that waits. */
export const CAN_WAIT = 'Suspending' in WebAssembly;

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

  get isReady(): boolean {
    return this.#isReady();
  }

  ready(): Maybe<boolean> {
    return this.isReady || then(turn(), () => this.isReady);
  }

  block(): Maybe<void> {
    return this.isReady ? undefined : once([this]);
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
  if (ready.length === 0) return once(pollables).then(() => indices(pollables));
  return ready.length === pollables.length ? ready : then(turn(), () => indices(pollables));
});

/**
 * A component that asks again and again instead of waiting would keep the event loop from bringing what it asks for: now and then the loop
 * gets a turn, where components can wait.
 */
export function turn(): Maybe<void> {
  if (!CAN_WAIT || ++asked < PATIENCE) return undefined;
  asked = 0;
  return new Promise((resolve) => setTimeout(resolve));
}

let asked = 0;
const PATIENCE = 1000;

/** Marks methods of a class that may have to wait. */
export function waiting<T extends object>(
  Class: abstract new (...args: never) => T,
  ...methods: readonly (keyof T)[]
): void {
  for (const name of methods) suspending((Class.prototype as T)[name] as () => unknown);
}

/** Settles when one of them is ready. */
async function once(pollables: readonly Pollable[]): Promise<void> {
  asked = 0;
  while (!pollables.some((pollable) => pollable.isReady)) {
    let stops: (() => void)[] = [];
    await new Promise<void>((resolve) => {
      stops = pollables.map((pollable) => pollable.listen(resolve));
    });
    for (const stop of stops) stop();
  }
}

function indices(pollables: readonly Pollable[]): Uint32Array {
  return Uint32Array.from(pollables.flatMap((pollable, i) => (pollable.isReady ? [i] : [])));
}

waiting(Pollable, 'block', 'ready');
