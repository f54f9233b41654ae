/** Streams between JS and guests: `guest-stream.ts` one way, `source-end.ts` the other. */

import { GuestStream } from './guest-stream.js';
import { SourceEnd } from './source-end.js';
import { notASource, toSource } from './sources.js';
import type { Context } from './values/context.js';
import { Failure } from './values/conv.js';

/** Whether JS may pass the value for a stream. */
export function checkStream(cx: Context, element: number, value: unknown): Failure | undefined {
  const { linked } = cx;
  let reason = notASource(linked.types.element(element), value);
  if (reason === undefined && value instanceof ReadableStream && !cx.claim(value, 'own')) {
    reason = 'the ReadableStream is passed twice';
  }
  return reason === undefined ? undefined : new Failure(`expected a stream: ${reason}`);
}

/** The readable end that a guest gives away. Spec: `lift_stream`. */
export function liftStream(cx: Context, element: number, handle: number): ReadableStream {
  const { machine, types } = cx.linked;
  const ty = cx.linked.elementType(element);
  machine.expect(machine.runtime.lift_end(cx.inst, ty, handle, 0));
  return GuestStream.open(machine, machine.word(0), ty, types.element(element));
}

/** Gives a guest the readable end of a stream whose writer is JS. Spec: `lower_stream`. */
export function lowerStream(cx: Context, element: number, value: unknown): number {
  const { machine, types } = cx.linked;
  const ty = cx.linked.elementType(element);
  let readable = GuestStream.reclaim(machine, ty, value);
  if (readable === undefined) {
    const desc = types.element(element);
    const source = toSource(desc, value);
    machine.expect(machine.runtime.ends_new(ty, 0));
    readable = machine.word(0);
    new SourceEnd(cx, machine.word(1), desc, source);
  }
  machine.expect(machine.runtime.lower_end(cx.inst, ty, readable));
  return machine.word(0);
}
