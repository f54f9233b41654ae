/**
 * The readable end of a guest's stream as a `ReadableStream`. Elements are filled straight from guest memory when
 * somebody reads: nothing is read ahead, though what a guest writes at once arrives at once.
 */

import { BLOCKED } from '../generated/abi.js';
import { dropEnd, type Reader, readEnd } from './ends.js';
import type { ComponentTrap, TidegateFault } from './errors.js';
import type { CopySite, Machine } from './machine.js';
import { release } from './release.js';
import { COPY_RESULT_MASK, DROPPED } from './runtime.js';
import type { Element } from './values/types.js';

type Controller = ReadableByteStreamController | ReadableStreamDefaultController<unknown>;

/** Most elements accepted at once from a reader that brings no buffer of its own. */
const CHUNK = { bytes: 65536, others: 1024 };

const known = new WeakMap<object, GuestStream>();
/** What is held is weak, as the store may lead to the stream: by an import that has kept it. The store holds the end. */
const unread = new FinalizationRegistry<WeakRef<GuestStream>>((end) => end.deref()?.collected());
const hasByteStreams = typeof ReadableByteStreamController === 'function';

export class GuestStream implements Reader {
  /** `fresh`: nobody has read; `reading`: a buffer stands in the runtime; `gone`: the end is not ours any more. */
  #state: 'fresh' | 'idle' | 'reading' | 'gone' = 'fresh';
  /** Weak, so that a stream that nobody has any more can be collected and its end dropped. */
  #controller: WeakRef<Controller> | undefined;
  /** Set while a read is pending: keeps the stream alive, and its call of `pull` open. */
  #pending: { readonly controller: Controller; done(): void } | undefined;
  /** What came at once and is read one by one: elements that own something, of which the controller's queue would lose track. */
  #rest: unknown[] = [];
  /** The guest has dropped its end; the stream is closed when the rest is read. */
  #ended = false;
  #error: Error | undefined;

  private constructor(
    private readonly machine: Machine,
    private readonly end: number,
    /** Store number of the element type. */
    private readonly ty: number,
    private readonly element: Element,
  ) {}

  /** A stream that reads from an end which the host holds since just now. */
  static open(machine: Machine, end: number, ty: number, element: Element): ReadableStream {
    const self = new GuestStream(machine, end, ty, element);
    const source = {
      start: (controller: Controller) => {
        self.#controller = new WeakRef(controller);
      },
      pull: (controller: Controller) => self.#pull(controller),
      cancel: () => self.#cancel(),
    };
    const stream: ReadableStream =
      element.bytes && hasByteStreams
        ? new ReadableStream({ ...source, type: 'bytes' })
        : new ReadableStream(source, { highWaterMark: 0 });
    machine.holdEnd(end, self);
    known.set(stream, self);
    unread.register(stream, new WeakRef(self), self);
    return stream;
  }

  /** The end of a stream of this store that nobody has touched, which passes without JS; the stream is unusable then. */
  static reclaim(machine: Machine, ty: number, value: unknown): number | undefined {
    if (!(value instanceof ReadableStream) || value.locked) return undefined;
    const self = known.get(value);
    if (self === undefined || self.machine !== machine || self.ty !== ty) return undefined;
    if (self.#state !== 'fresh') return undefined;
    self.#gone(new TypeError('the stream was given to a component'));
    machine.releaseEnd(self.end);
    return self.end;
  }

  copy({ cx, element: { bytes, many } }: CopySite, ptr: number, count: number): void {
    cx.begin();
    if (bytes) this.receive(cx.bytes.subarray(ptr, ptr + count));
    else if (many === undefined) this.receive(new Array(count));
    else this.receive(many.load(cx, ptr, count) as ArrayLike<unknown>);
  }

  receive(batch: ArrayLike<unknown>): void {
    const { controller, done } = this.#pending!;
    this.#pending = undefined;
    this.#state = 'idle';
    if (this.element.owns) {
      this.#rest = Array.from(batch).reverse();
      this.#next(controller);
    } else if (!this.element.bytes)
      for (let i = 0; i < batch.length; i++) enqueue(controller, batch[i]);
    else if (batch instanceof Uint8Array) deliver(controller, batch);
    else deliver(controller, Uint8Array.from(batch as ArrayLike<number>));
    done();
  }

  pull(): void {
    // Only writable ends are pulled.
  }

  event(payload: number): void {
    if ((payload & COPY_RESULT_MASK) === DROPPED) this.#close();
    else if (this.#pending !== undefined) this.#read(this.#pending.controller);
  }

  locked(trap: ComponentTrap | TidegateFault): void {
    const done = this.#pending?.done;
    this.#rest = [];
    this.#gone(trap);
    this.#controller?.deref()?.error(trap);
    done?.();
  }

  /** The stream was collected. */
  collected(): void {
    this.machine.enterAlone(undefined, () => this.#cancel());
  }

  #pull(controller: Controller): Promise<void> | undefined {
    if (this.#rest.length > 0) {
      this.#next(controller);
      return undefined;
    }
    if (this.#state === 'gone') throw this.#error ?? this.machine.refusal();
    let finish: (() => void) | undefined;
    let finished = false;
    this.#pending = {
      controller,
      done() {
        finished = true;
        finish?.();
      },
    };
    this.#read(controller);
    this.machine.settle();
    if (finished) return undefined;
    return new Promise((resolve) => {
      finish = resolve;
    });
  }

  /** Offers the reader's buffer, until something came or the runtime keeps the offer. */
  #read(controller: Controller): void {
    while (this.#pending !== undefined) {
      this.#state = 'reading';
      const payload = readEnd(this.machine, this.end, this.#room(controller));
      if (payload === BLOCKED) return;
      if ((payload & COPY_RESULT_MASK) === DROPPED) this.#close();
    }
  }

  /** Gives the reader one of the rest. */
  #next(controller: Controller): void {
    enqueue(controller, this.#rest.pop());
    if (this.#ended && this.#rest.length === 0) controller.close();
  }

  #room(controller: Controller): number {
    const { bytes } = this.element;
    const view = 'byobRequest' in controller ? controller.byobRequest?.view : undefined;
    return view?.byteLength ?? (bytes ? CHUNK.bytes : CHUNK.others);
  }

  #cancel(): void {
    for (const item of this.#rest.splice(0).reverse()) release(item);
    if (this.#state === 'gone') return;
    const reading = this.#state === 'reading';
    const done = this.#pending?.done;
    this.#gone(undefined);
    done?.();
    dropEnd(this.machine, this.end, reading);
    this.machine.settle();
  }

  /** The guest has dropped its end. */
  #close(): void {
    const controller = this.#controller?.deref();
    const done = this.#pending?.done;
    this.#gone(undefined);
    this.#ended = true;
    if (this.#rest.length === 0) controller?.close();
    if (controller !== undefined && 'byobRequest' in controller) controller.byobRequest?.respond(0);
    done?.();
    dropEnd(this.machine, this.end, false);
  }

  #gone(error: Error | undefined): void {
    this.#state = 'gone';
    this.#error = error;
    this.#pending = undefined;
    unread.unregister(this);
  }
}

/** Fills the reader's own buffer, or gives it a chunk of its own. */
function deliver(controller: Controller, bytes: Uint8Array): void {
  const request = 'byobRequest' in controller ? controller.byobRequest : undefined;
  const view = request?.view;
  if (!request || !view) {
    (controller as ReadableByteStreamController).enqueue(bytes.slice());
    return;
  }
  const count = Math.min(view.byteLength, bytes.length);
  new Uint8Array(view.buffer, view.byteOffset, count).set(bytes.subarray(0, count));
  request.respond(count);
  if (count < bytes.length) {
    (controller as ReadableByteStreamController).enqueue(bytes.slice(count));
  }
}

function enqueue(controller: Controller, item: unknown): void {
  (controller as ReadableStreamDefaultController<unknown>).enqueue(item);
}
