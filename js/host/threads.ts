/**
 * The guest threads of a store that have stacks of their own. Enters: the driver's requests and calls that may block. Leaves: which
 * thread is next to the runtime, how many stacks there may be to `stacks.ts`.
 *
 * Invariants: one suspended thread is resumed at a time, and no other step of the store starts until it has suspended again or
 * ended. No stack stays suspended when its store is locked: each is resumed once more, only to trap, which no guest can catch.
 */

import type { Caller } from './blame.js';
import { ComponentTrap } from './errors.js';
import type { Machine } from './machine.js';
import { ENGINES, JSPI, onOwnStack, type Promising, stacks } from './stacks.js';
import { classify } from './trap.js';
import type { Core } from './values/conv.js';

/** A call of a synchronously lowered import that waits. */
export interface WaitingCall {
  readonly subtask: number;
  /** The import's, for messages. */
  readonly name: string;
  /** The function is synchronous in WIT as well: no other code of the store may run. */
  readonly freezes: boolean;
}

/** A stack, from its begin to its end. */
export interface Stack {
  /** The call that it was made for, when there is one. */
  readonly caller: Caller | undefined;
  /** Takes the result of the core function, for a call. */
  readonly left: ((result: Core | undefined) => void) | undefined;
  /** It runs or has run since it was resumed. */
  begun: boolean;
  /** It has suspended or ended since it runs: otherwise, once it does not run any more, it has trapped. */
  reported: boolean;
  /** The store is frozen while it is suspended. */
  freezes: boolean;
  /** Resumes it: 0 to go on, 1 to trap. */
  resolve: (end: 0 | 1) => void;
}

/** The fault global when nothing has failed, but an import waits. */
const WAITS = 2;

const PLAIN = "this call cannot be suspended: call the export's `promise` instead";
const NO_JSPI = `this engine cannot suspend it; ${ENGINES} can`;

const resolved = Promise.resolve();

export class Threads {
  /** Names of built-ins that may wait, of all instances in the store. */
  readonly blockers = new Set<string>();
  readonly #machine: Machine;
  /** By the runtime's numbers of their threads. */
  readonly #suspended = new Map<number, Stack>();
  #resuming: Stack | undefined;
  /** The call that is about to wait. */
  #waiting: WaitingCall | undefined;
  /** Flat results of calls that have waited, by their subtasks. */
  readonly results = new Map<number, Core>();
  #main: Promising | undefined;
  /** The runtime was told that there is no room for further stacks. */
  #full = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Threads that wait. */
  get suspended(): number {
    return this.#suspended.size;
  }

  /** A thread has been resumed and has not reported yet. */
  get resuming(): boolean {
    return this.#resuming !== undefined;
  }

  /** Calls a wasm function on a stack of its own, up to its first suspension. To be called inside of `enter`. */
  run(caller: Caller | undefined, start: () => Promise<unknown>, left?: Stack['left']): void {
    const machine = this.#machine;
    const outer = machine.stack;
    const stack: Stack = {
      caller,
      left,
      begun: true,
      reported: false,
      freezes: false,
      resolve: () => {},
    };
    machine.stack = stack;
    stacks.take();
    let end: Promise<unknown>;
    try {
      end = start();
    } catch (error) {
      stacks.release();
      throw error;
    } finally {
      machine.stack = outer;
    }
    end.then(stacks.release, (error: unknown) => {
      stacks.release();
      machine.trapped(error);
    });
    if (!stack.reported) machine.doom(caller);
  }

  /** What guards call when the core function of a call has returned. */
  readonly done = (result?: Core): void => {
    try {
      const stack = this.#machine.stack!;
      stack.left!(result);
      stack.reported = true;
    } catch (error) {
      this.#machine.fail(classify(error));
    }
  };

  /** A thread that the driver began has ended, on a stack of its own or not. */
  finished(): number {
    const { stack, locked } = this.#machine;
    if (stack !== undefined) stack.reported = true;
    return locked ? 1 : 0;
  }

  /** An import has not returned yet: the shim that called it asks `blocked` what to wait for. */
  wait(call: WaitingCall): void {
    this.#waiting = call;
    this.#machine.fault.value = WAITS;
  }

  /** Why a shim has seen the fault: `subtask * 2 + freeze` of the call that waits, or 0 when the host has failed. */
  blocked(): number {
    const machine = this.#machine;
    const call = this.#waiting;
    if (machine.fault.value !== WAITS || call === undefined) return 0;
    machine.fault.value = 0;
    if (call.freezes && machine.stack !== undefined) {
      machine.stack.freezes = true;
      machine.freeze();
    }
    return call.subtask * 2 + (call.freezes ? 1 : 0);
  }

  /** The flat result of a call that has waited. */
  readonly late = (subtask: number): Core => {
    const value = this.results.get(subtask)!;
    this.results.delete(subtask);
    return value;
  };

  /** The driver asks before it suspends: not 0 when the stack that runs cannot be. */
  block(thread: number): number {
    const machine = this.#machine;
    const { stack } = machine;
    if (stack === undefined) return machine.fail(this.cannotBlock());
    this.#waiting = undefined;
    this.#suspended.set(thread, stack);
    stack.reported = true;
    return 0;
  }

  /** Somebody would have to wait who cannot. */
  cannotBlock(): ComponentTrap {
    const why =
      this.#machine.stack !== undefined ? 'nothing else of it can go on' : JSPI ? PLAIN : NO_JSPI;
    const what = this.#waiting?.name ?? [...this.blockers].sort().join(' or ');
    return new ComponentTrap(
      'cannot-block',
      `the component trapped: it would have to wait${what && ` in ${what}`}, but ${why}`,
    );
  }

  /** What the suspended stack waits for. Its own doing is over: JavaScript goes on where the stack was called or resumed. */
  suspend(thread: number): Promise<number> {
    const stack = this.#suspended.get(thread)!;
    return new Promise((resolve) => {
      stack.resolve = resolve;
    });
  }

  /** The driver's turn has come upon a thread that may go on. It ends then, and `#after` follows once the thread has reported. */
  resume(thread: number): number {
    const stack = this.#suspended.get(thread)!;
    this.#suspended.delete(thread);
    stack.begun = false;
    stack.reported = false;
    this.#resuming = stack;
    stack.resolve(0);
    void resolved.then(this.#after);
    return 0;
  }

  /** The stack runs again. */
  resumed(): number {
    const machine = this.#machine;
    if (machine.locked) return 1;
    const stack = this.#resuming!;
    stack.begun = true;
    machine.stack = stack;
    machine.gate++;
    if (stack.freezes) machine.thaw();
    stack.freezes = false;
    return 0;
  }

  /** The driver asks for a new thread, on whatever stack: it runs up to its first suspension. */
  spawn(thread: number): void {
    const machine = this.#machine;
    if (JSPI) {
      this.#main ??= onOwnStack(machine.driver.thread_main);
      this.run(undefined, () => this.#main!(thread));
      this.checkRoom();
    } else {
      machine.driver.thread_main(thread);
    }
  }

  /** Tells the runtime when there is no room for further stacks, and when there is again. */
  checkRoom(): void {
    const machine = this.#machine;
    if (this.#full || !stacks.full) return;
    this.#full = true;
    machine.pendingHost++;
    machine.expect(machine.runtime.stacks_full(1));
    stacks.wait(() => {
      this.#full = false;
      machine.pendingHost--;
      if (machine.locked) return;
      machine.expect(machine.runtime.stacks_full(0));
      machine.settle(true);
    });
  }

  /** The store is locked: the stacks end. */
  end(): void {
    for (const stack of this.#suspended.values()) stack.resolve(1);
    this.#suspended.clear();
  }

  /** Follows the microtask in which a stack was resumed, so that no other comes between. */
  readonly #after = (): void => {
    const machine = this.#machine;
    const stack = this.#resuming!;
    if (!stack.begun) {
      // Either the store was locked meanwhile, or this engine takes another microtask.
      if (!machine.locked) void resolved.then(this.#after);
      return;
    }
    this.#resuming = undefined;
    machine.stack = undefined;
    machine.gate--;
    if (stack.reported) {
      machine.dropLate();
      machine.turns.reported();
    } else {
      machine.doom(stack.caller);
    }
  };
}
