/**
 * When the guests that are ready run. A turn is a microtask; a turn that used its budget up is followed by
 * one through a macrotask, and so is every 256th, so that I/O is not starved. Nothing polls.
 */

import { ComponentTrap } from './errors.js';
import type { Machine } from './machine.js';
import { part } from './parts.js';
import { platform } from './platform.js';

/** Steps of the driver in one turn. */
const BUDGET = 1000;
/** How many turns follow each other as microtasks. */
const MICRO_TURNS = 256;

/** What `driver.run` answers: nothing more is ready. */
const IDLE = 0;
/** A suspended thread goes on in a microtask of its own; no step is taken until it has reported. */
const RESUMING = 2;

const resolved = Promise.resolve();

export class Turns {
  #scheduled = false;
  #watching = false;
  #warned = false;
  #count = 0;
  readonly #machine: Machine;
  readonly #deadlock: 'error' | 'report';

  constructor(machine: Machine, deadlock: 'error' | 'report') {
    this.#machine = machine;
    this.#deadlock = deadlock;
  }

  /** Something is ready; `now` when this is a microtask of its own already. */
  schedule(now: boolean): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (++this.#count % MICRO_TURNS === 0) platform().macrotask(this.#turn);
    else if (now) this.#turn();
    else void resolved.then(this.#turn);
  }

  /** The thread that was resumed has suspended again or ended. */
  reported(): void {
    this.#scheduled = false;
    this.#machine.settle(true);
  }

  /** Looks for a deadlock, once whatever is in flight has had its chance. */
  watch(): void {
    if (this.#watching || this.#scheduled || !this.#machine.stuck) return;
    if (this.#warned && this.#deadlock === 'report') return;
    this.#watching = true;
    platform().macrotask(() => void this.#look());
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    this.#machine.enterAlone(undefined, this.#run);
  };

  readonly #run = (): void => {
    const state = this.#machine.driver.run(BUDGET);
    if (state === IDLE) return;
    this.#scheduled = true;
    // Guests that are always ready must not keep the host from its I/O.
    if (state !== RESUMING) platform().macrotask(this.#turn);
  };

  async #look(): Promise<void> {
    const machine = this.#machine;
    const stuck = () => !this.#scheduled && machine.stuck;
    if (stuck()) {
      const { deadlockMessage } = await part('deadlock').catch(withoutWords);
      if (stuck()) this.#tell(deadlockMessage(machine));
    }
    this.#watching = false;
  }

  #tell(message: string): void {
    const machine = this.#machine;
    if (this.#deadlock === 'error') {
      machine.lock(new ComponentTrap('deadlock', message));
    } else {
      this.#warned = true;
      console.warn(`tidegate: ${message}`);
    }
  }
}

/** What is told of a deadlock when the part that describes it cannot be loaded. */
function withoutWords(error: unknown): { deadlockMessage(machine: Machine): string } {
  return { deadlockMessage: () => `deadlock: nothing is ready (${error})` };
}
