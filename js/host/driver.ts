/**
 * What the driver asks of the host. Nothing throws into wasm: a failure is recorded, and the driver
 * executes `unreachable` when a function answers 1.
 */

import { TRAP_CODES } from '../generated/abi.js';
import type { Caller } from './blame.js';
import { copyBetweenGuests } from './copies.js';
import { copyInHost, type HostEnd } from './ends.js';
import { ComponentTrap, TidegateFault } from './errors.js';
import type { Machine } from './machine.js';
import { DISPOSE } from './resources.js';
import type { DriverHost } from './runtime.js';
import { suspendingImport } from './stacks.js';
import { abiTrap, classify } from './trap.js';

const CANNOT_BLOCK = TRAP_CODES.indexOf('cannot-block');

/** The driver's imports for a store. */
export function driverHost(machine: Machine): DriverHost {
  /** Runs a request; what it throws is recorded, with the call that is made. */
  function attempt(request: () => void, caller?: Caller): number {
    try {
      request();
      return machine.locked ? 1 : 0;
    } catch (error) {
      return machine.fail(classify(error), caller);
    }
  }
  const endOf = (id: number): HostEnd => {
    const end = machine.ends[id];
    if (end === undefined) throw new TidegateFault(`the host holds no end ${id}`);
    return end;
  };
  return {
    trap: (code) => {
      const { threads } = machine;
      machine.fail((code === CANNOT_BLOCK && threads?.cannotBlock()) || abiTrap(code));
    },
    copy() {
      try {
        const end = machine.word(0);
        const site = machine.word(2);
        const place = machine.word(3);
        const count = machine.word(4);
        machine.tracer?.copied();
        if (end === 0) copyBetweenGuests(machine);
        else if (site === 0) copyInHost(machine, end, place, count);
        else endOf(end).copy(machine.sites[site]!, machine.address(3, 5), count);
        return machine.locked ? 1 : 0;
      } catch (error) {
        return machine.fail(classify(error));
      }
    },
    pull: (end, n) => attempt(() => endOf(end).pull(n)),
    event: (end, payload) => attempt(() => machine.ends[end]?.event(payload)),
    host_dtor: (_, rep) => attempt(() => dispose(machine.objects.remove(rep))),
    abort: (call) => attempt(() => machine.imports.remove(call)?.abort(undefined)),
    cancelled: (call) => attempt(() => machine.calls.remove(call)?.cancelled()),
    start: (call) =>
      attempt(() => {
        const queued = machine.calls.get(call);
        if (queued === undefined) throw new TidegateFault(`there is no call ${call}`);
        queued.run();
      }, machine.calls.get(call)?.plan),
    block: (thread) => machine.threads!.block(thread),
    suspend: suspendingImport((thread) => machine.threads!.suspend(thread)),
    resumed: () => machine.threads!.resumed(),
    resume: (thread) => machine.threads!.resume(thread),
    spawn: (thread) => attempt(() => machine.threads!.spawn(thread)),
    finished: () => machine.threads!.finished(),
    blocked: () => machine.threads?.blocked() ?? 0,
  };
}

/** The guest has dropped its own handle of a host's object. */
function dispose(object: object | undefined): void {
  if (object === undefined) throw new TidegateFault('a dropped resource is unknown');
  try {
    (object as Partial<Disposable>)[DISPOSE]?.();
  } catch (cause) {
    throw new ComponentTrap(
      'host-error',
      `the host failed to dispose of a resource: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}
