/** The readable end of a guest's future as a `PromiseLike`: the read starts at the first `then`. */

import { BLOCKED } from '../generated/abi.js';
import { dropAlone, dropEnd, type FailableReader, type Reader, readEnd } from './ends.js';
import type { ComponentTrap, TidegateFault } from './errors.js';
import type { CopySite, Machine } from './machine.js';
import { DISPOSE } from './resources.js';
import { COPY_RESULT_MASK, DROPPED } from './runtime.js';

/**
 * What is held is weak, as the store may lead to the future: by an import that has kept it. The store holds the end. Who reads is not in
 * here any more: whoever awaits holds the promise alone.
 */
const unread = new FinalizationRegistry<WeakRef<FutureEnd>>((end) => end.deref()?.collected());

/** A guest's future. Disposing of it before it has a value tells the guest that nobody wants one. */
export class GuestFuture<T> implements PromiseLike<T>, Disposable {
  readonly #end: FutureEnd;

  private constructor(end: FutureEnd) {
    this.#end = end;
  }

  /** @internal A future that reads from an end which the host holds since just now. */
  static open(machine: Machine, end: number, ty: number): GuestFuture<unknown> {
    const held = new FutureEnd(machine, end, ty);
    const future = new GuestFuture<unknown>(held);
    machine.holdEnd(end, held);
    unread.register(future, new WeakRef(held), held);
    return future;
  }

  /** @internal The end of a future of this store that nobody has read, which passes without JS. */
  static reclaim(machine: Machine, ty: number, value: unknown): number | undefined {
    if (typeof value !== 'object' || value === null || !(#end in value)) return undefined;
    return value.#end.reclaim(machine, ty);
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a PromiseLike on purpose
  then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return (this.#end.read() as Promise<T>).then(onfulfilled, onrejected);
  }

  [DISPOSE](): void {
    this.#end.drop(new TypeError('the future was disposed of'));
  }
}

class FutureEnd implements Reader, FailableReader {
  /** The end is not ours any more, for this reason when somebody reads. */
  #gone: Error | undefined;
  #promise: Promise<unknown> | undefined;
  #resolve: (value: unknown) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(
    private readonly machine: Machine,
    private readonly end: number,
    private readonly ty: number,
  ) {}

  read(): Promise<unknown> {
    this.#promise ??= new Promise((resolve, reject) => {
      unread.unregister(this);
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#gone !== undefined) reject(this.#gone);
      else this.#start();
    });
    return this.#promise;
  }

  reclaim(machine: Machine, ty: number): number | undefined {
    if (this.machine !== machine || this.ty !== ty) return undefined;
    if (this.#gone !== undefined || this.#promise !== undefined) return undefined;
    this.#leave(new TypeError('the future was given to a component'));
    machine.releaseEnd(this.end);
    return this.end;
  }

  copy({ cx, element: { conv } }: CopySite, ptr: number): void {
    cx.begin();
    this.receive([conv?.load(cx, ptr)]);
  }

  receive(batch: ArrayLike<unknown>): void {
    this.#resolve(batch[0]);
    this.#leave(new TypeError('the future was read'));
    // Not now: the runtime is in the middle of the copy.
    queueMicrotask(() => dropAlone(this.machine, this.end));
  }

  pull(): void {
    // Only writable ends are pulled.
  }

  event(payload: number): void {
    this.#settled(payload);
  }

  locked(trap: ComponentTrap | TidegateFault): void {
    this.#leave(trap);
  }

  collected(): void {
    this.machine.enterAlone(undefined, () => this.drop(new TypeError('the future was collected')));
  }

  drop(reason: Error): void {
    if (this.#gone !== undefined) return;
    this.#leave(reason);
    dropEnd(this.machine, this.end, this.#promise !== undefined);
    this.machine.settle();
  }

  #start(): void {
    this.machine.reading = this;
    const payload = readEnd(this.machine, this.end, 1);
    this.machine.reading = undefined;
    if (payload !== BLOCKED) this.#settled(payload);
    this.machine.settle();
  }

  /** The guest may have dropped its end. What a copy leaves to do is known already. */
  #settled(payload: number): void {
    if ((payload & COPY_RESULT_MASK) !== DROPPED || this.#gone !== undefined) return;
    this.#leave(new Error('the writer of the future went away without a value'));
    dropEnd(this.machine, this.end, false);
  }

  #leave(reason: Error): void {
    if (this.#gone !== undefined) return;
    this.#gone = reason;
    unread.unregister(this);
    // No effect when there is a value already.
    this.#reject(reason);
  }
}
