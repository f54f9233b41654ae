/** The writable end of a future whose value comes from JS. It is written when a guest reads. */

import { BLOCKED } from '../generated/abi.js';
import { dropAlone, dropEnd, report, type Writer, writeEnd } from './ends.js';
import type { ComponentTrap, TidegateFault } from './errors.js';
import type { CopySite, Machine } from './machine.js';
import { COPY_RESULT_MASK, DROPPED } from './runtime.js';
import type { Context } from './values/context.js';
import type { Element } from './values/types.js';

export class PromiseEnd implements Writer {
  #value: unknown;
  #state: 'waiting' | 'ready' | 'failed' | 'gone' = 'waiting';
  /** A guest has read and waits. */
  #wanted = false;
  /** The promise has been asked for its value. */
  #asked = false;
  #standing = false;
  readonly #machine: Machine;

  constructor(
    private readonly cx: Context,
    private readonly end: number,
    private readonly element: Element,
    value: unknown,
  ) {
    this.#machine = cx.linked.machine;
    this.#machine.holdEnd(end, this);
    this.#value = value;
    if (!isThenable(value)) this.#state = 'ready';
    // A promise is on its way already; other thenables may be as lazy as ours are.
    else if (value instanceof Promise) this.#ask(value);
  }

  pull(): void {
    this.#wanted = true;
    if (this.#state === 'ready') this.#write();
    else if (this.#state === 'failed') this.#close();
    else if (!this.#asked && isThenable(this.#value)) this.#ask(this.#value);
  }

  copy({ cx }: CopySite, ptr: number): void {
    cx.begin();
    this.element.conv?.store(cx, ptr, this.#value);
    this.#written();
  }

  take(): unknown[] {
    const batch = [this.#value];
    this.#written();
    return batch;
  }

  event(payload: number): void {
    this.#settled(payload);
  }

  locked(_trap: ComponentTrap | TidegateFault): void {
    this.#leave();
  }

  #written(): void {
    this.#leave();
    // Not now: the runtime is in the middle of the copy.
    queueMicrotask(() => dropAlone(this.#machine, this.end));
  }

  #ask(value: PromiseLike<unknown>): void {
    const machine = this.#machine;
    this.#asked = true;
    machine.pendingHost++;
    const settled = (state: 'ready' | 'failed', result: unknown) => {
      machine.pendingHost--;
      if (this.#state === 'waiting') {
        this.#state = state;
        this.#value = result;
        if (this.#wanted) machine.enterAlone(undefined, () => this.pull(), true);
      }
      machine.settle();
    };
    value.then(
      (result) => this.#resolved(settled, result),
      (error: unknown) => this.#rejected(settled, error),
    );
  }

  #resolved(settled: (state: 'ready' | 'failed', value: unknown) => void, value: unknown): void {
    this.cx.beginCheck();
    const failure = this.element.conv?.check(this.cx, value);
    if (failure === undefined) settled('ready', value);
    else this.#rejected(settled, failure.toError('the value of a future'));
  }

  #rejected(settled: (state: 'ready' | 'failed', value: unknown) => void, error: unknown): void {
    if (this.element.throws && typeof error === 'object' && error !== null && 'payload' in error) {
      const value = { tag: 'err', val: error.payload };
      if (this.element.conv?.check(this.cx, value) === undefined) {
        settled('ready', value);
        return;
      }
    }
    report('the source of a future failed, whose reader gets no value', error);
    settled('failed', undefined);
  }

  #write(): void {
    if (this.#standing) return;
    this.#standing = true;
    const payload = writeEnd(this.#machine, this.end, 1);
    if (payload !== BLOCKED) this.#settled(payload);
  }

  /** The guest may have dropped its end. What a copy leaves to do is known already. */
  #settled(payload: number): void {
    this.#standing = false;
    if ((payload & COPY_RESULT_MASK) === DROPPED) this.#close();
  }

  #close(): void {
    if (this.#state === 'gone') return;
    const standing = this.#standing;
    this.#leave();
    dropEnd(this.#machine, this.end, standing);
  }

  #leave(): void {
    this.#state = 'gone';
    this.#standing = false;
    this.#value = undefined;
  }
}

/** Whether a value is a promise or something like it. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
