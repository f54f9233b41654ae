/** The writable end of a future whose value comes from JS. It is written when a guest reads. */

import { BLOCKED } from '../generated/abi.js';
import { dropAlone, dropEnd, type FailableReader, type Writer, writeEnd } from './ends.js';
import { ComponentTrap } from './errors.js';
import type { CopySite, Machine } from './machine.js';
import { lowerAt } from './params.js';
import { COPY_RESULT_MASK, DROPPED } from './runtime.js';
import type { Context } from './values/context.js';
import type { Element } from './values/types.js';

export class PromiseEnd implements Writer {
  /** The value, or the promise of it as long as that is waited for. */
  #value: unknown;
  #state: 'waiting' | 'ready' | 'failed' | 'gone' = 'waiting';
  /** Why there will be no value. */
  #error: ComponentTrap | undefined;
  /** Somebody has read and waits. */
  #wanted = false;
  /** Who that is, when it is the host and not a guest. */
  #reader: FailableReader | undefined;
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
    this.#reader ??= this.#machine.reading;
    this.#machine.reading = undefined;
    this.#wanted = true;
    this.#answer();
  }

  copy({ cx, element: { conv } }: CopySite, ptr: number): void {
    cx.begin();
    if (conv !== undefined) lowerAt(conv, cx, ptr, this.#value);
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

  locked(): void {
    this.#leave();
  }

  #written(): void {
    this.#leave();
    // Not now: the runtime is in the middle of the copy.
    queueMicrotask(() => dropAlone(this.#machine, this.end));
  }

  /** Gives whoever waits what there is. */
  #answer(): void {
    if (this.#state === 'ready') this.#write();
    else if (this.#state === 'failed') this.#fail();
    else if (!this.#asked && isThenable(this.#value)) this.#ask(this.#value);
  }

  #ask(promise: PromiseLike<unknown>): void {
    const machine = this.#machine;
    this.#asked = true;
    machine.pendingHost++;
    const settle = (decide: () => void) => {
      machine.pendingHost--;
      if (this.#state === 'waiting') {
        decide();
        if (this.#wanted) machine.enterAlone(undefined, () => this.#answer(), true);
      }
      machine.settle();
    };
    promise.then(
      (value) => settle(() => this.#resolved(value)),
      (error: unknown) => settle(() => this.#rejected(error)),
    );
  }

  #resolved(value: unknown): void {
    const error = this.#wrong(value);
    this.#value = value;
    this.#state = error === undefined ? 'ready' : 'failed';
    if (error !== undefined) this.#error = failure('wrong-value', 'has a wrong value', error);
  }

  #rejected(error: unknown): void {
    if (this.element.throws && typeof error === 'object' && error !== null && 'payload' in error) {
      this.#resolved({ tag: 'err', val: error.payload });
      return;
    }
    this.#value = undefined;
    this.#state = 'failed';
    this.#error = failure('host-error', 'failed', error);
  }

  /** Why the value is not of its type; a getter in it may also throw. */
  #wrong(value: unknown): unknown {
    try {
      this.cx.beginCheck();
      return this.element.conv?.check(this.cx, value)?.toError('value');
    } catch (error) {
      return error ?? new Error('the value could not be read');
    }
  }

  #write(): void {
    if (this.#standing) return;
    this.#standing = true;
    const payload = writeEnd(this.#machine, this.end, 1);
    if (payload !== BLOCKED) this.#settled(payload);
  }

  /** A future without a value is not possible in the Component Model: a guest that reads it cannot go on. */
  #fail(): void {
    const error = this.#error!;
    if (this.#reader === undefined) throw error;
    this.#reader.drop(error.cause instanceof Error ? error.cause : error);
    this.#close();
  }

  /** The reader may have dropped its end. What a copy leaves to do is known already. */
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
    this.#reader = undefined;
  }
}

function failure(code: 'host-error' | 'wrong-value', what: string, cause: unknown): ComponentTrap {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ComponentTrap(code, `a future that the host gave ${what}: ${reason}`, { cause });
}

/** Whether a value is a promise or something like it. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
