/**
 * What resources of the host (`host-resource.ts`) and of guests (`guest-resource.ts`) have in common.
 * Spec: `ResourceType`, `ResourceHandle`.
 */

import { TidegateFault } from './errors.js';
import type { Handle } from './guest-resource.js';
import type { Machine } from './machine.js';
import type { Context } from './values/context.js';
import type { Failure } from './values/conv.js';

/** `Symbol.dispose`, also where the engine does not have it yet. */
export const DISPOSE: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/** A class whose instances are resources. */
export type GuestClass = abstract new (...args: never[]) => object;

/** A resource type as one component instance sees it. */
export interface ResourceType {
  /** Its number in the store. */
  readonly number: number;
  check(cx: Context, value: unknown, own: boolean): Failure | undefined;
  liftOwn(cx: Context, handle: number): object;
  liftBorrow(cx: Context, handle: number): object;
  lowerOwn(cx: Context, value: object): number;
  lowerBorrow(cx: Context, value: object): number;
}

/** What was lent for the time of one call. Spec: `borrow_scope`. */
export class BorrowScope {
  readonly #borrowed: Handle[] = [];
  readonly #lent: Handle[] = [];
  readonly #reps: number[] = [];

  constructor(
    readonly machine: Machine,
    /** The subtask that answers for what a guest lends to the host; 0 when the host lends. */
    readonly subtask = 0,
  ) {}

  /** The host has got this object until the end of the call. */
  borrow(handle: Handle): void {
    this.#borrowed.push(handle);
  }

  /** The guest has got this resource of its own until the end of the call. */
  lend(handle: Handle): void {
    handle.lends++;
    this.#lent.push(handle);
  }

  /** The guest has got this object of the host until the end of the call. */
  lendObject(object: object): number {
    const rep = this.machine.objects.add(object);
    this.#reps.push(rep);
    return rep;
  }

  end(): void {
    for (const handle of this.#borrowed) handle.state = 'returned';
    for (const handle of this.#lent) handle.lends--;
    for (const rep of this.#reps) this.machine.objects.remove(rep);
  }
}

/** The scope that answers for a borrow. */
export function scopeOf(cx: Context): BorrowScope {
  if (cx.scope === undefined) throw new TidegateFault('a borrow outside of a call');
  return cx.scope;
}
