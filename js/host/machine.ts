/**
 * One store: the runtime, the driver and the table, and the tables of JS objects that their numbers
 * stand for. Entered by calls (`calls.ts`), host imports, streams and turns; leaves values to them.
 *
 * Invariants: after a trap the runtime is never called again; whoever waits on this store is rejected by
 * the lock, with the first cause. `gate` is 0 exactly when no guest is on the stack and the store is neither locked nor frozen: so a
 * call at the base level looks at one number before it enters.
 */

import { Blame, type Caller } from './blame.js';
import type { Call } from './calls.js';
import { driverHost } from './driver.js';
import type { FailableReader, HostEnd } from './ends.js';
import { ErrorContexts } from './error-contexts.js';
import { ComponentTrap, type TidegateFault } from './errors.js';
import type { HostResourceType } from './host-resource.js';
import { Kept } from './kept.js';
import type { PendingImport } from './pending-import.js';
import { dispose } from './release.js';
import type { GuestClass } from './resources.js';
import { ATTENTION_READY, ATTENTION_SETTLE, type Driver, type Runtime } from './runtime.js';
import { Slab } from './slab.js';
import { JSPI } from './stacks.js';
import type { Stack, Threads } from './threads.js';
import type { TraceEvent, Tracer } from './trace.js';
import { Trail } from './trail.js';
import { abiTrap, classify } from './trap.js';
import { Turns } from './turns.js';
import type { Context } from './values/context.js';
import type { Element } from './values/types.js';

/** Bounds of what guests may make a store hold. */
export interface StoreLimits {
  /** Most handles of all component instances together. Each counts with the most that it has had at a time. */
  readonly maxHandles: number;
  /** Most threads that live at the same time in all instances; a task has one, and those that it starts. */
  readonly maxTasks: number;
  /** Most bytes that one lift of parameters or results may read, lists counted with at least 16 bytes an element. */
  readonly maxLiftedBytes: number;
  /** Most bytes that the host keeps: parameters of imports whose promises are pending, counted alike, and messages of error contexts. */
  readonly maxKeptBytes: number;
}

/** How a store behaves. */
export interface StoreOptions {
  /** Which ready task runs next: in order (the default), or drawn from a seed, for tests. */
  readonly policy?: 'fifo' | { readonly seed: number | bigint };
  /** Bounds other than the default ones. */
  readonly limits?: Partial<StoreLimits>;
  /**
   * When nothing is ready and nothing is pending from the host: `report` warns once on the console (a later
   * call may still wake a waiter); `error` locks the store with a trap of code `deadlock`.
   */
  readonly deadlock?: 'error' | 'report';
  /**
   * Called for what happens in the store, while it happens: it must not call the store. For tools; it makes every call slower.
   */
  readonly trace?: (event: TraceEvent) => void;
}

/** A copy's place in a guest. */
export interface CopySite {
  readonly cx: Context;
  readonly element: Element;
}

const DEFAULT_LIMITS: StoreLimits = {
  maxHandles: 1 << 20,
  maxTasks: 1 << 16,
  maxLiftedBytes: 2 ** 29,
  maxKeptBytes: 2 ** 30,
};

/** Added to `gate` once the store is locked: more than any depth. */
const LOCKED = 2 ** 30;
/** Added to `gate` while the store is frozen. */
const FROZEN = 2 ** 29;

export class Machine {
  readonly runtime: Runtime;
  readonly driver: Driver;
  /** The instances' exports by name, for shims. */
  readonly runtimeExports: WebAssembly.Exports;
  readonly driverExports: WebAssembly.Exports;
  /** Callbacks and destructors. */
  readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
  /** Functions of explicit threads, by the runtime's numbers. */
  readonly starts = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
  /** Not 0 after a host import has failed: shims trap when they see it. */
  readonly fault = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  /** 0 while the runtime does not know of the sync call that runs: only shims and guests run meanwhile. */
  readonly entered = new WebAssembly.Global({ value: 'i32', mutable: true }, 1);
  /** Records the code of a trap that a shim is about to raise. */
  readonly trapFunction: (code: number) => void;
  readonly limits: StoreLimits;
  readonly kept: Kept;
  /** Which component instances there are, and which calls led to a trap. */
  readonly blame = new Blame();
  /** Who is told of what happens, when somebody asked for it. */
  readonly tracer: Tracer | undefined;
  /** Depth of guests on the stack, and whether the store is locked or frozen. */
  gate = 0;
  /** Guests on stacks of their own; there once a component is that may need one. */
  threads: Threads | undefined;
  /** The stack that runs; undefined on one that cannot be suspended. Saved and cleared by whatever enters the store from JavaScript. */
  stack: Stack | undefined;
  readonly turns: Turns;

  /** Calls of async exports. */
  readonly calls = new Slab<Call>();
  /** Calls among them whose caller has aborted them and does not wait. */
  abandoned = 0;
  /** Host imports whose promise is pending. */
  readonly imports = new Slab<PendingImport>();
  /** Ends of streams and futures that the host holds, by the runtime's numbers. */
  readonly ends: (HostEnd | undefined)[] = [];
  endCount = 0;
  /** The future of the host that is about to be read: its writer may be the host as well. */
  reading: FailableReader | undefined;
  /** Objects of resources that the host implements, by their reps. */
  readonly objects = new Slab<object>();
  readonly errorContexts = new ErrorContexts(this);
  readonly sites: (CopySite | undefined)[] = [undefined];
  /** Element types by their structural identity. */
  readonly elementTypes = new Map<string, number>();
  readonly hostTypes = new WeakMap<GuestClass, HostResourceType>();
  /** Promises of the host, beside `imports`, that may wake a guest. */
  pendingHost = 0;
  /** Why the store is locked. */
  trap: ComponentTrap | TidegateFault | undefined;
  /** Which calls led to what runs. */
  readonly trail: Trail;
  #control: Int32Array;
  readonly #controlAt: number;
  /** Somebody waited for this store when it was locked. */
  #told = false;
  #recorded: ComponentTrap | TidegateFault | undefined;
  /** It has trapped, and the promise of the stack that did will say why. */
  #doomed = false;
  /** Handles to drop when the store is frozen no longer. */
  readonly #later: { readonly handle: number; readonly caller: Caller }[] = [];

  constructor(
    runtime: WebAssembly.Module,
    driver: WebAssembly.Module,
    options: StoreOptions,
    tracer: ((machine: Machine) => Tracer) | undefined,
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.kept = new Kept(this.limits.maxKeptBytes);
    const { exports } = new WebAssembly.Instance(runtime, {});
    this.tracer = tracer?.(this);
    this.runtimeExports = this.tracer?.watch(exports) ?? exports;
    this.runtime = this.runtimeExports as unknown as Runtime;
    const host = driverHost(this);
    this.trapFunction = host.trap;
    this.driverExports = new WebAssembly.Instance(driver, {
      rt: this.runtimeExports,
      env: { table: this.table, threads: this.starts },
      host: { ...host },
    }).exports;
    this.driver = this.driverExports as unknown as Driver;
    const { policy = 'fifo' } = options;
    const seed = BigInt.asUintN(64, policy === 'fifo' ? 0n : BigInt(policy.seed));
    this.runtime.configure_stacks(JSPI ? 1 : 0);
    this.#configure(policy === 'fifo' ? 0 : 1, seed);
    this.#controlAt = this.runtime.control();
    this.#control = this.#controlBlock();
    this.trail = new Trail(this.runtime, this.#controlAt);
    this.turns = new Turns(this, options.deadlock ?? 'report');
  }

  get locked(): boolean {
    return this.trap !== undefined;
  }

  /** No guest is on the stack, and the store is not locked. */
  get idle(): boolean {
    return this.gate === 0 || this.gate === FROZEN;
  }

  /** A guest waits in a synchronous import: until it goes on, no other code of the store runs. */
  get frozen(): boolean {
    return this.gate >= FROZEN && this.gate < LOCKED;
  }

  /** Nothing pending from the host can wake a guest that waits. */
  get stuck(): boolean {
    return (
      this.idle &&
      this.calls.size > this.abandoned &&
      this.imports.size === 0 &&
      this.pendingHost === 0 &&
      this.endCount === 0
    );
  }

  /** The first word of the control block; not 0 when `attend` is due. Read through this on hot paths. */
  get attention(): number {
    // Undefined when the runtime's memory has grown: then `attend` looks again.
    return this.#control[0] ?? -1;
  }

  /** Argument word `i` of the last call of the runtime. */
  word(i: number): number {
    if (this.#control.length === 0) this.#control = this.#controlBlock();
    return this.#control[1 + i]!;
  }

  /** An address of a guest's memory, the halves of which are two argument words. */
  address(low: number, high: number): number {
    return (this.word(low) >>> 0) + (this.word(high) >>> 0) * 2 ** 32;
  }

  /** A status of the runtime; throws when it is a trap. */
  expect(status: number): number {
    if (status < 0) throw abiTrap(-status);
    return status;
  }

  /** Does what the attention word asks for; `now` when nobody else's code is on the stack. */
  attend(now = false): void {
    if (this.#control.length === 0) this.#control = this.#controlBlock();
    if (this.idle && (this.#control[0]! & ATTENTION_SETTLE) !== 0) {
      this.expect(this.runtime.sync_settle());
    }
    if ((this.#control[0]! & ATTENTION_READY) !== 0) this.turns.schedule(now);
  }

  /** After anything at the base level that may have left work, or no work. */
  settle(now = false): void {
    if (!this.idle) return;
    try {
      if (this.attention !== 0) this.attend(now);
    } catch (error) {
      throw this.caught(error, undefined);
    }
    if (this.calls.size > 0) this.turns.watch();
  }

  /**
   * Runs something that may run guests, and locks the store when it traps. `caller` says who is called, when that is known. `arg` is
   * what `run` gets: what is called all the time needs no closure then.
   */
  enter<T, A>(caller: Caller | undefined, run: (arg: A) => T, arg?: A): T {
    if (this.trap !== undefined) throw this.refusal();
    const { stack } = this;
    this.stack = undefined;
    this.gate++;
    try {
      return run(arg as A);
    } catch (error) {
      throw this.caught(error, caller);
    } finally {
      this.gate--;
      this.stack = stack;
    }
  }

  /**
   * As `enter`, from outside of any call: nobody is there to be thrown at, the lock tells who waits. `now`: from a
   * promise's reaction, which is a microtask already, so that what gets ready runs at once.
   */
  enterAlone<A>(caller: Caller | undefined, run: (arg: A) => void, now = false, arg?: A): void {
    if (this.trap !== undefined) return;
    try {
      this.enter(caller, run, arg);
      this.settle(now);
    } catch (error) {
      if (!this.#doomed) this.#report(error);
    }
  }

  /** Records why wasm is about to trap. Answers what driver functions answer then. `caller`: a call that it passes by. */
  fail(error: ComponentTrap | TidegateFault, caller?: Caller): 1 {
    this.#recorded ??= error;
    this.fault.value = 1;
    if (caller !== undefined) this.blame.passed(caller);
    return 1;
  }

  /** What a call that ended with `error` throws: the first cause. Locks the store. `caller`: which call that was. */
  caught(error: unknown, caller: Caller | undefined): ComponentTrap | TidegateFault {
    this.#follow(caller);
    return this.trap ?? this.lock(this.blame.locate(this.#recorded ?? classify(error)));
  }

  /** A stack has ended without a word, so that its guest has trapped. Why, its promise says, unless it was recorded. */
  doom(caller: Caller | undefined): void {
    this.#follow(caller);
    if (this.trap !== undefined) return;
    if (this.#recorded !== undefined) {
      this.#report(this.lock(this.blame.locate(this.#recorded)));
      return;
    }
    this.#doomed = true;
    this.#close(new ComponentTrap('core-trap', 'the component trapped'));
  }

  /** The promise of a stack was rejected. */
  trapped(error: unknown): void {
    if (!this.#doomed) return;
    this.#report(this.lock(this.blame.locate(this.#recorded ?? classify(error))));
  }

  /** A trap is seen, or passes by a call. */
  #follow(caller: Caller | undefined): void {
    if (!this.locked) {
      const { spot } = caller ?? {};
      const { trail } = this;
      this.blame.follow(spot === undefined ? trail.at(trail.thread) : trail.from(spot));
    }
    if (caller !== undefined) this.blame.passed(caller);
  }

  /** The lock has told everyone who waits on this store. Nobody hears of what struck when nobody waited. */
  #report(error: unknown): void {
    if (!this.#told) console.error('tidegate: a component trapped while nobody waited:', error);
  }

  /** A guest waits in a synchronous import. */
  freeze(): void {
    this.gate += FROZEN;
  }

  /** It goes on. */
  thaw(): void {
    this.gate -= FROZEN;
  }

  /** What a synchronous call of a frozen store throws. */
  chill(): DOMException {
    return new DOMException(
      'the store is frozen: a synchronous import of it waits; async calls, and `promise` of this one, wait for its end',
      'InvalidStateError',
    );
  }

  /** What a call on a locked store throws. */
  refusal(): ComponentTrap {
    return new ComponentTrap(
      'store-locked',
      `the store is locked by an earlier trap: ${this.trap?.message}`,
      { cause: this.trap },
    );
  }

  /** Ends the store: everyone who waits on it is told. Spec: what a trap does to a component instance, for all of the store. */
  lock(trap: ComponentTrap | TidegateFault): ComponentTrap | TidegateFault {
    this.#close(trap);
    this.#doomed = false;
    this.tracer?.locked(trap);
    this.#told = this.calls.size > 0 || this.endCount > 0;
    this.threads?.end();
    for (const call of this.calls.drain()) call.reject(trap);
    for (const pending of this.imports.drain()) pending.abort(trap);
    const ends = this.ends.splice(0);
    this.endCount = 0;
    for (const end of ends) end?.locked(trap);
    // Guests will not drop what they hold. By then, what was lent to calls on the stack is given back, and who waited has been told.
    setTimeout(() => this.objects.drain().forEach(dispose));
    return trap;
  }

  /** The program wants no more of this store. */
  end(cause: unknown): void {
    if (this.locked) return;
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    this.lock(new ComponentTrap('store-closed', `the store was closed${why}`, { cause }));
  }

  #close(trap: ComponentTrap | TidegateFault): void {
    if (this.trap === undefined) this.gate += LOCKED;
    this.trap = trap;
    this.fault.value = 1;
  }

  /** Takes over an end that the host holds from now on. */
  holdEnd(id: number, end: HostEnd): void {
    this.ends[id] = end;
    this.endCount++;
  }

  /** The host holds this end no longer: it was dropped, or given to a guest. */
  releaseEnd(id: number): void {
    if (this.ends[id] === undefined) return;
    this.ends[id] = undefined;
    this.endCount--;
  }

  /** Drops an own handle of the host's table; its destructor may run. */
  dropResource(handle: number, caller: Caller): void {
    if (this.frozen) {
      this.#later.push({ handle, caller });
      return;
    }
    this.enter(caller, () => this.driver.host_resource_drop(handle));
    this.settle();
  }

  /** Drops what could not be dropped before. */
  dropLate(): void {
    while (this.#later.length > 0 && !this.frozen && !this.locked) {
      const { handle, caller } = this.#later.pop()!;
      this.enterAlone(caller, () => this.driver.host_resource_drop(handle));
    }
  }

  #configure(seeded: number, seed: bigint): void {
    const { maxHandles, maxTasks } = this.limits;
    const high = Number(seed >> 32n) | 0;
    this.expect(
      this.runtime.configure(maxHandles, maxTasks, seeded, Number(seed & 0xffff_ffffn) | 0, high),
    );
  }

  #controlBlock(): Int32Array {
    return new Int32Array(this.runtime.memory.buffer, this.#controlAt, 16);
  }
}
