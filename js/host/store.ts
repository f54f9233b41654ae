/** The store, as its users see it. */

import { Machine, type StoreOptions } from './machine.js';
import { part } from './parts.js';
import { wasmModule } from './platform.js';

const machines = new WeakMap<Store, Promise<Machine>>();

/**
 * What instances live in: one runtime, one schedule, and one fate, since a trap of one instance locks the store of
 * all. Stores are isolated from each other.
 */
export class Store {
  readonly #options: StoreOptions;
  #machine: Machine | undefined;
  #closed: { readonly reason: unknown } | undefined;

  constructor(options: StoreOptions = {}) {
    const { policy, limits = {}, deadlock, trace } = options;
    if (policy !== undefined && policy !== 'fifo' && typeof policy !== 'object') {
      throw new TypeError("policy: expected 'fifo' or { seed }");
    }
    if (deadlock !== undefined && deadlock !== 'error' && deadlock !== 'report') {
      throw new TypeError("deadlock: expected 'error' or 'report'");
    }
    if (trace !== undefined && typeof trace !== 'function') {
      throw new TypeError('trace: expected a function');
    }
    for (const [name, limit] of Object.entries(limits)) {
      if (!Number.isSafeInteger(limit) || limit <= 0) {
        throw new RangeError(`limits.${name}: expected a positive integer, got ${limit}`);
      }
    }
    this.#options = options;
  }

  /** Why the store is locked; undefined while it is not. */
  get trap(): Error | undefined {
    return this.#machine?.trap;
  }

  /**
   * Ends the store, as a trap would: whoever waits for it is rejected with a `ComponentTrap` of code `store-closed`, whose `cause` is
   * the reason, imports under way are aborted, and the host's resources that its guests hold are disposed of. For work that cannot be
   * cancelled, like a synchronous function that waits. A store that is locked stays as it is.
   */
  close(reason?: unknown): void {
    this.#closed = { reason };
    this.#machine?.end(reason);
  }

  /** @internal The machine of a store, made when the first component is instantiated in it. */
  static machine(store: Store): Promise<Machine> {
    let machine = machines.get(store);
    if (machine === undefined) {
      machine = store.#open();
      machines.set(store, machine);
      // A failed load can be tried again.
      machine.catch(() => machines.delete(store));
    }
    return machine;
  }

  async #open(): Promise<Machine> {
    const { trace } = this.#options;
    const [runtime, driver, tracing] = await Promise.all([
      wasmModule('runtime'),
      wasmModule('driver'),
      trace && part('trace'),
    ]);
    const tracer = trace && ((machine: Machine) => new tracing!.Tracer(machine, trace));
    this.#machine = new Machine(runtime, driver, this.#options, tracer);
    if (this.#closed !== undefined) this.#machine.end(this.#closed.reason);
    return this.#machine;
  }
}
