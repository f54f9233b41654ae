/** Futures between JS and guests: `guest-future.ts` one way, `promise-end.ts` the other. */

import { GuestFuture } from './guest-future.js';
import { isThenable, PromiseEnd } from './promise-end.js';
import type { Context } from './values/context.js';
import type { Failure } from './values/conv.js';

/** Whether JS may pass the value for a future. What a promise brings is checked when it comes. */
export function checkFuture(cx: Context, element: number, value: unknown): Failure | undefined {
  return isThenable(value) ? undefined : cx.linked.types.element(element).conv?.check(cx, value);
}

/** The readable end that a guest gives away. Spec: `lift_future`. */
export function liftFuture(cx: Context, element: number, handle: number): GuestFuture<unknown> {
  const { machine } = cx.linked;
  const ty = cx.linked.elementType(element);
  machine.expect(machine.runtime.lift_end(cx.inst, ty, handle, 1));
  return GuestFuture.open(machine, machine.word(0), ty);
}

/** Gives a guest the readable end of a future whose writer is JS. Spec: `lower_future`. */
export function lowerFuture(cx: Context, element: number, value: unknown): number {
  const { machine, types } = cx.linked;
  const ty = cx.linked.elementType(element);
  let readable = GuestFuture.reclaim(machine, ty, value);
  if (readable === undefined) {
    machine.expect(machine.runtime.ends_new(ty, 1));
    readable = machine.word(0);
    new PromiseEnd(cx, machine.word(1), types.element(element), value);
  }
  machine.expect(machine.runtime.lower_end(cx.inst, ty, readable));
  return machine.word(0);
}
