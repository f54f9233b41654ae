/**
 * The writable end of a stream whose elements come from JS. It answers a guest's reads and never writes
 * unasked; what a source gave beyond what was asked waits for the next read.
 */

import { BLOCKED, MAX_BUFFER_LENGTH } from '../generated/abi.js';
import { dropEnd, report, type Writer, writeEnd } from './ends.js';
import type { ComponentTrap, TidegateFault } from './errors.js';
import type { CopySite, Machine } from './machine.js';
import { changed } from './params.js';
import { COPY_RESULT_MASK, DROPPED } from './runtime.js';
import type { Batch, Source } from './sources.js';
import type { Context } from './values/context.js';
import type { Element } from './values/types.js';

export class SourceEnd implements Writer {
  #batch: Batch | undefined;
  /** How much of the batch has been read. */
  #at = 0;
  #fetching = false;
  #standing = false;
  #gone = false;
  readonly #machine: Machine;

  constructor(
    /** Of the instance that the stream was given to first. */
    private readonly cx: Context,
    private readonly end: number,
    private readonly element: Element,
    private readonly source: Source,
  ) {
    this.#machine = cx.linked.machine;
    this.#machine.holdEnd(end, this);
  }

  pull(n: number): void {
    if (this.#fetching || this.#gone) return;
    if (this.#batch !== undefined) this.#offer();
    else this.#fetch(Math.max(n, 1));
  }

  copy({ cx, element }: CopySite, ptr: number, count: number): void {
    const batch = this.#batch!;
    const at = this.#at;
    cx.begin();
    if (element.bytes && batch instanceof Uint8Array) {
      cx.bytes.set(part(batch, at, count), ptr);
    } else {
      try {
        element.many?.store(cx, ptr, batch, at, count);
      } catch (error) {
        throw changed(error);
      }
    }
    this.#advance(count);
  }

  take(count: number): Batch {
    const batch = this.#batch!;
    const at = this.#at;
    this.#advance(count);
    return batch instanceof Uint8Array
      ? part(batch, at, count)
      : Array.from({ length: count }, (_, i) => batch[at + i]);
  }

  event(payload: number): void {
    this.#standing = false;
    if ((payload & COPY_RESULT_MASK) === DROPPED) this.#close(undefined);
  }

  locked(trap: ComponentTrap | TidegateFault): void {
    this.#gone = true;
    this.#batch = undefined;
    cancel(this.source, trap);
  }

  #advance(count: number): void {
    this.#standing = false;
    this.#at += count;
    if (this.#at >= this.#batch!.length) this.#batch = undefined;
  }

  /** Asks the source, until it has something or needs time. */
  #fetch(n: number): void {
    try {
      let next = this.source.next(n);
      while (next !== undefined && !isPending(next) && next.length === 0)
        next = this.source.next(n);
      if (isPending(next)) this.#await(next, n);
      else this.#arrived(next);
    } catch (error) {
      this.#failed(error);
    }
  }

  #await(next: PromiseLike<Batch | undefined>, n: number): void {
    const machine = this.#machine;
    this.#fetching = true;
    machine.pendingHost++;
    const settled = (then: () => void) => {
      machine.pendingHost--;
      this.#fetching = false;
      if (!this.#gone) machine.enterAlone(undefined, then, true);
      machine.settle();
    };
    next.then(
      (batch) => settled(() => (batch?.length === 0 ? this.#fetch(n) : this.#arrived(batch))),
      (error: unknown) => settled(() => this.#failed(error)),
    );
  }

  #arrived(batch: Batch | undefined): void {
    if (batch === undefined) {
      this.#close(undefined);
      return;
    }
    const error = this.#wrong(batch);
    if (error !== undefined) {
      this.#failed(error);
      return;
    }
    this.#batch = batch;
    this.#at = 0;
    this.#offer();
  }

  /** Why the elements are not of their type; a getter among them may also throw. */
  #wrong(batch: Batch): unknown {
    try {
      this.cx.beginCheck();
      return this.element.many?.check(this.cx, batch)?.toError('an element of a stream');
    } catch (error) {
      return error ?? new Error('an element of a stream could not be read');
    }
  }

  #offer(): void {
    if (this.#standing || this.#batch === undefined) return;
    this.#standing = true;
    const count = Math.min(this.#batch.length - this.#at, MAX_BUFFER_LENGTH);
    const payload = writeEnd(this.#machine, this.end, count);
    if (payload === BLOCKED) return;
    this.#standing = false;
    if ((payload & COPY_RESULT_MASK) === DROPPED) this.#close(undefined);
  }

  /** The guest sees the end of the stream; whoever wrote the source learns why. */
  #failed(error: unknown): void {
    report('the source of a stream failed, which its reader sees as the end', error);
    this.#close(error);
  }

  #close(reason: unknown): void {
    if (this.#gone) return;
    const standing = this.#standing;
    this.#gone = true;
    this.#batch = undefined;
    cancel(this.source, reason);
    dropEnd(this.#machine, this.end, standing);
  }
}

function part(bytes: Uint8Array, at: number, count: number): Uint8Array {
  return at === 0 && count === bytes.length ? bytes : bytes.subarray(at, at + count);
}

function cancel(source: Source, reason: unknown): void {
  try {
    source.cancel(reason);
  } catch {
    // It is not wanted any more, whatever it says.
  }
}

function isPending(
  next: Batch | undefined | PromiseLike<Batch | undefined>,
): next is PromiseLike<Batch | undefined> {
  return next !== undefined && 'then' in next;
}
