/** Copies between two guests that share no shim. Spec: `End.copy` between two `GuestBuffer`s. */

import type { Machine } from './machine.js';

/** The argument words are `[0, source site, source, count, target site, target]`, then the upper halves of the two addresses. */
export function copyBetweenGuests(machine: Machine): void {
  const source = machine.sites[machine.word(1)]!;
  const from = machine.address(2, 6);
  const count = machine.word(3);
  const target = machine.sites[machine.word(4)]!;
  const to = machine.address(5, 7);
  const { conv } = source.element;
  // Nothing but the number moves when there is no element type.
  if (conv === undefined) return;
  source.cx.begin();
  if (source.element.flat) {
    target.cx.begin();
    target.cx.bytes.set(source.cx.bytes.subarray(from, from + count * conv.size), to);
    return;
  }
  const items = source.element.many!.load(source.cx, from, count) as ArrayLike<unknown>;
  target.cx.begin();
  target.element.many!.store(target.cx, to, items, 0, count);
}
