/** Who waits for what, when nothing can happen any more. Asks the runtime, which has not trapped: ARCHITECTURE.md, `waiting`. */

import type { Machine } from './machine.js';

/** Most threads, and most members of a waitable set, that are named; the others are counted up to a number. */
const MOST_THREADS = 16;
const MOST_MEMBERS = 8;
const MOST_COUNTED = 1000;

/** A diagnostic that names what waits, and what each waits for. */
export function deadlockMessage(machine: Machine): string {
  const { runtime } = machine;
  const lines = ['deadlock: nothing is ready and nothing is pending from the host'];
  let count = 0;
  for (; count < MOST_COUNTED && runtime.waiting(count) !== 0; count++) {
    if (count < MOST_THREADS) lines.push(waiter(machine));
  }
  if (count > MOST_THREADS) {
    lines.push(`and ${count === MOST_COUNTED ? 'at least ' : ''}${count - MOST_THREADS} more`);
  }
  return lines.join('\n  ');
}

/** The thread that the argument words are about. */
function waiter(machine: Machine): string {
  const [inst, , kind, a, b, c, , thread] = words(machine, 8);
  const [crumb] = machine.trail.at(thread!);
  const caller = machine.blame.called(crumb?.func ?? 0);
  const name = caller === undefined ? 'a task' : caller.where;
  return `${name} of ${machine.blame.path(inst!)} ${reason(machine, inst!, kind!, [a!, b!, c!])}`;
}

function reason(machine: Machine, inst: number, kind: number, about: Words): string {
  const [a, b] = about;
  switch (kind) {
    case 0:
      return `waits to be entered: ${HINDRANCES[a]}`;
    case 1:
      return 'has yielded';
    case 2:
      return `waits on waitable set ${a}: ${members(machine, inst, a)}`;
    case 3:
      return `waits for ${event(machine, b, [a, about[2], 0])}`;
    case 4:
      return `waits for ${event(machine, SUBTASK, about)}`;
    default:
      return 'waits until another thread resumes it';
  }
}

/** What is in a waitable set. */
function members(machine: Machine, inst: number, set: number): string {
  const texts: string[] = [];
  for (let i = 0; machine.runtime.waiting_member(inst, set, i) !== 0; i++) {
    if (i === MOST_MEMBERS) {
      texts.push('and more');
      break;
    }
    const [code, handle, a, b, c] = words(machine, 5);
    const about: Words = code === SUBTASK ? [a!, b!, c!] : [handle!, a!, 0];
    texts.push(event(machine, code!, about) + (code === SUBTASK ? ` (handle ${handle})` : ''));
  }
  return texts.join(', ') || 'nothing is in it';
}

type Words = readonly [number, number, number];

/** Spec: `EventCode.SUBTASK`. */
const SUBTASK = 1;

/** What an event would be about: for a subtask its state, the host's call, the guest's function; for an end its handle, and who has the other. */
function event(machine: Machine, code: number, [a, b, c]: Words): string {
  const { blame, imports } = machine;
  if (code === SUBTASK) {
    return `a call of ${(imports.get(b) ?? blame.called(c))?.where ?? 'the host'}`;
  }
  const other = b === 0 ? 'the host' : blame.path(b);
  return `${ENDS[code]} (handle ${a}) whose other end ${b === -1 ? 'is dropped' : `${other} has`}`;
}

const ENDS = [
  '',
  '',
  'reading from a stream',
  'writing to a stream',
  'reading a future',
  'writing a future',
];

/** Bit 0: backpressure; bit 1: the exclusive lock. */
const HINDRANCES = [
  'others are before it',
  'its component wants no more calls (backpressure)',
  'another task has not given way (the exclusive lock)',
  'its component wants no more calls (backpressure), and another task has not given way',
];

function words(machine: Machine, count: number): number[] {
  return Array.from({ length: count }, (_, i) => machine.word(i));
}
