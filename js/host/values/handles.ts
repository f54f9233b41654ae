/**
 * Types whose values are handles of the instance's table: resources, streams, futures and error contexts.
 * Spec: `lift_own`, `lift_borrow`, `lift_async_value`, `lift_error_context`, and their opposites.
 */

import { show } from '../errors.js';
import { checkFuture, liftFuture, lowerFuture } from '../futures.js';
import { checkStream, liftStream, lowerStream } from '../streams.js';
import type { Context } from './context.js';
import { type Conv, Failure } from './conv.js';

/** A type that is a handle in memory and flat. */
function handle(parts: {
  check(cx: Context, value: unknown): Failure | undefined;
  lift(cx: Context, handle: number): unknown;
  lower(cx: Context, value: unknown): number;
}): Conv {
  const { check, lift, lower } = parts;
  return {
    size: 4,
    align: 4,
    count: 1,
    check,
    load: (cx, ptr) => lift(cx, cx.view.getInt32(ptr, true)),
    store: (cx, ptr, value) => cx.view.setInt32(ptr, lower(cx, value), true),
    lift: (cx, flat, at) => lift(cx, flat[at] as number),
    lower: (cx, value, flat) => {
      flat.push(lower(cx, value));
    },
  };
}

/** `own<R>`; `resource` is an index of the artifact. */
export function own(resource: number): Conv {
  return handle({
    check: (cx, value) => cx.linked.resource(resource).check(cx, value, true),
    lift: (cx, h) => cx.linked.resource(resource).liftOwn(cx, h),
    lower: (cx, value) => cx.linked.resource(resource).lowerOwn(cx, value as object),
  });
}

/** `borrow<R>`; `resource` is an index of the artifact. */
export function borrow(resource: number): Conv {
  return handle({
    check: (cx, value) => cx.linked.resource(resource).check(cx, value, false),
    lift: (cx, h) => cx.linked.resource(resource).liftBorrow(cx, h),
    lower: (cx, value) => cx.linked.resource(resource).lowerBorrow(cx, value as object),
  });
}

/** `stream<T>`; `element` is an index of the artifact's element types. */
export function stream(element: number): Conv {
  return handle({
    check: (cx, value) => checkStream(cx, element, value),
    lift: (cx, h) => liftStream(cx, element, h),
    lower: (cx, value) => lowerStream(cx, element, value),
  });
}

/** `future<T>`; `element` is an index of the artifact's element types. */
export function future(element: number): Conv {
  return handle({
    check: (cx, value) => checkFuture(cx, element, value),
    lift: (cx, h) => liftFuture(cx, element, h),
    lower: (cx, value) => lowerFuture(cx, element, value),
  });
}

/** `error-context`, which is an `Error`. */
export const errorContext = handle({
  check: (_, value) =>
    value instanceof Error ? undefined : new Failure(`expected an Error, got ${show(value)}`),
  lift: (cx, h) => cx.linked.machine.errorContexts.lift(cx.inst, h),
  lower: (cx, value) => cx.linked.machine.errorContexts.lower(cx.inst, value as Error),
});
