/**
 * What can be done with the values of one type. Made once per component and type, when first needed;
 * what differs between instances comes with the context.
 *
 * `check` comes before `store` and `lower`, which rely on it: so a wrong value is found, with its place, before
 * anything has entered the guest. They stay memory-safe when a value changes in between, as values with getters can.
 */

import type { Context } from './context.js';

/** A core value: i64 is a bigint. i32 is signed when it comes from wasm, and of either sign towards it. */
export type Core = number | bigint;

/** Stands for any number of core values above 16, which are never flat. Spec: `MAX_FLAT_PARAMS`. */
export const TOO_MANY = 17;

export interface Conv {
  /** Bytes in memory. */
  readonly size: number;
  readonly align: number;
  /** How many core values it is when flat; when they are more than 16, any number above. */
  readonly count: number;
  /** Set for types that are one core value and need neither memory nor handles. */
  readonly scalar?: Scalar;
  /** Undefined when JS may pass the value. */
  check(cx: Context, value: unknown): Failure | undefined;
  /** The value at `ptr`, which is aligned and in memory. */
  load(cx: Context, ptr: number): unknown;
  /** Stores a checked value at `ptr`, which is aligned and in memory. */
  store(cx: Context, ptr: number, value: unknown): void;
  /** The value whose core values start at `at`. */
  lift(cx: Context, flat: readonly Core[], at: number): unknown;
  /** Appends the core values of a checked value. */
  lower(cx: Context, value: unknown, flat: Core[]): void;
}

/** The direct way for types that are one core value. */
export interface Scalar {
  test(value: unknown): boolean;
  /** Of a value that has passed `test`. */
  toCore(value: unknown): Core;
  fromCore(core: Core): unknown;
}

/** Why a value is not of its type, and where in it. */
export class Failure {
  /** Place inside of the value, like `.items[3].name`. */
  path = '';

  constructor(
    readonly message: string,
    /** The value has the right type but is out of range. */
    readonly range = false,
  ) {}

  /** The same failure seen from around: `step` is `.name` or `[3]`. */
  within(step: string): this {
    this.path = step + this.path;
    return this;
  }

  /** As what is thrown at whoever passed the value; `root` names it. */
  toError(root: string): TypeError | RangeError {
    const message = `${root}${this.path}: ${this.message}`;
    return this.range ? new RangeError(message) : new TypeError(message);
  }
}
