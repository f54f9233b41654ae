/** Ends of streams and futures that the host holds. ARCHITECTURE.md, "Ends held by the host". */

import type { ComponentTrap, TidegateFault } from './errors.js';
import type { CopySite, Machine } from './machine.js';

/** What the driver tells an end. Nothing of it may throw anything but traps and faults. */
export interface HostEnd {
  /** Moves `count` elements from or to `ptr`, which is valid; that completes this end's buffer. */
  copy(site: CopySite, ptr: number, count: number): void;
  /** Somebody reads, up to `n` elements; only for writable ends. */
  pull(n: number): void;
  /** The buffer is gone without a copy, or the other end is. `payload` is `CopyResult | progress << 4`. */
  event(payload: number): void;
  /** The store is locked; the runtime must not be called. */
  locked(trap: ComponentTrap | TidegateFault): void;
}

/** A readable end of the host. */
export interface Reader extends HostEnd {
  /** Completes its buffer with elements of JS: the writer is the host as well. */
  receive(batch: ArrayLike<unknown>): void;
}

/** A writable end of the host. */
export interface Writer extends HostEnd {
  /** Gives `count` elements to a reader that is the host as well; that completes this end's buffer. */
  take(count: number): ArrayLike<unknown>;
}

/** A reader that can be told why it gets nothing. */
export interface FailableReader {
  drop(reason: Error): void;
}

/** A copy between two ends of the host: a guest has handed back what it got from the host. */
export function copyInHost(machine: Machine, reader: number, writer: number, count: number): void {
  const batch = (machine.ends[writer] as Writer).take(count);
  (machine.ends[reader] as Reader).receive(batch);
}

/** Offers a buffer of `n` elements to read into. `BLOCKED`, or a payload after the copy. */
export function readEnd(machine: Machine, end: number, n: number): number {
  return machine.enter(undefined, () => machine.driver.host_read(end, n));
}

/** Offers `n` elements to be read. `BLOCKED`, or a payload after the copy. */
export function writeEnd(machine: Machine, end: number, n: number): number {
  return machine.enter(undefined, () => machine.driver.host_write(end, n));
}

/** Drops an end, after taking back its buffer where one stands. */
export function dropEnd(machine: Machine, end: number, standing: boolean): void {
  if (machine.locked) return;
  machine.releaseEnd(end);
  machine.enter(undefined, () => {
    if (standing) machine.driver.host_cancel(end);
    return machine.driver.host_drop(end);
  });
}

/** Drops an end on which nothing stands, from outside of any call. */
export function dropAlone(machine: Machine, end: number): void {
  machine.enterAlone(undefined, () => dropEnd(machine, end, false));
}

/** Tells the developer of an error that no guest can be told of. */
export function report(what: string, error: unknown): void {
  console.warn(`tidegate: ${what}:`, error);
}
