/**
 * Where a component trapped, and which calls led there. Costs nothing before there is a trap: the calls are collected from
 * those who see it pass by, from the inside out, and the functions from the engine's stack. Leaves why it trapped to `trap.ts`.
 */

import type { ComponentInstance } from './artifact.js';
import type { Compiled } from './compiled.js';
import { ComponentTrap, TidegateFault, type TrapTask } from './errors.js';
import { type CoreFrame, type CoreModule, coreStack } from './frames.js';
import type { Crumb, Spot } from './trail.js';

/** A call, as those know it who make it. */
export interface Caller {
  readonly kind: TrapTask['kind'];
  /** The function, for messages: `wasi:cli/run@0.3.0#run`. */
  readonly where: string;
  /** The store's number of the component instance. */
  readonly inst: number;
  /** The number of the function in `Blame`, if it has one. */
  readonly func?: number;
  /** The thread that waits for the call, when it is not the one that runs. */
  readonly spot?: Spot;
}

/** A component instance of a store. */
export interface Place {
  readonly compiled: Compiled;
  /** Its number in the artifact. */
  readonly index: number;
}

/** Most calls that are kept. */
const MOST_TASKS = 32;

export class Blame {
  /** By the store's numbers of component instances, of which 0 is the host's. */
  readonly #places: (Place | undefined)[] = [undefined];
  /** Functions by their numbers: what the runtime's trail is made of. */
  readonly #functions: (Caller | undefined)[] = [undefined];
  /** The calls: first those that the trap has passed, then those that the runtime knows to have led there. */
  readonly #tasks: TrapTask[] = [];
  /** Functions of the latter, and how many there are of the former. */
  #ahead: number[] = [];
  #behind = 0;
  #trap: ComponentTrap | undefined;

  /** A component instance has been made. */
  place(inst: number, place: Place): void {
    this.#places[inst] = place;
  }

  /** The path of a component instance: `root/logger/store[2]`. */
  path(inst: number): string {
    const place = this.#places[inst];
    if (place === undefined) return 'a component';
    const { instances } = place.compiled.artifact;
    return path(instances, place.index);
  }

  /** A function that can be called has been made; gives its number. */
  add(caller: Caller): number {
    return this.#functions.push(caller) - 1;
  }

  /** The function with this number. */
  called(func: number): Caller | undefined {
    return this.#functions[func];
  }

  /** The trap passes by a call. */
  passed(caller: Caller): void {
    const known = caller.func === undefined ? -1 : this.#ahead.indexOf(caller.func);
    if (known >= 0) {
      // The runtime knew of it; what is before it has been passed as well.
      this.#ahead.splice(0, known + 1);
      this.#behind += known + 1;
      return;
    }
    this.#tasks.splice(this.#behind++, 0, this.#task(caller));
    this.#tasks.length = Math.min(this.#tasks.length, MOST_TASKS);
    if (this.#trap !== undefined) ComponentTrap.retold(this.#trap);
  }

  /** What led to the innermost call, as far as the runtime knows. */
  follow(crumbs: readonly Crumb[]): void {
    const callers = crumbs.map(({ func }) => this.#functions[func]);
    for (const caller of callers) {
      if (caller?.func === undefined) continue;
      this.#ahead.push(caller.func);
      this.#tasks.push(this.#task(caller));
    }
  }

  /** The trap with all that is known about it when it is first seen from outside of the guest. */
  locate(cause: ComponentTrap | TidegateFault): ComponentTrap | TidegateFault {
    if (!(cause instanceof ComponentTrap)) return cause;
    const engine = cause.cause instanceof Error && FROM_ENGINE.has(cause.code);
    const { stack } = engine ? (cause.cause as Error) : cause;
    const { frames, inRuntime } = coreStack(stack, this.#modules());
    if (inRuntime && cause.code === 'core-trap') {
      return new TidegateFault('the runtime failed', { cause: cause.cause });
    }
    const calls = callsBetween(frames);
    this.#tasks.unshift(...calls);
    this.#behind += calls.length;
    const called = this.#tasks.find(({ kind }) => kind === 'export' || kind === 'call');
    const trap = new ComponentTrap(cause.code, cause.message, {
      export: called?.function,
      component: frames[0]?.component ?? this.#tasks[0]?.component,
      functions: frames.map(({ name }) => name),
      tasks: this.#tasks,
      ...('cause' in cause ? { cause: cause.cause } : {}),
    });
    if (cause.stack !== undefined) {
      trap.stack = cause.stack.replace(cause.message, () => trap.message);
    }
    this.#trap = trap;
    return trap;
  }

  #task({ kind, where, inst }: Caller): TrapTask {
    return { kind, function: where, component: this.path(inst) };
  }

  /** The guests' core modules, with the component where only one has it. */
  #modules(): CoreModule[] {
    const modules = new Map<WebAssembly.Module, Set<string>>();
    for (const [inst, place] of this.#places.entries()) {
      if (place === undefined) continue;
      const { artifact, modules: compiled } = place.compiled;
      for (const step of artifact.steps) {
        if (step.op !== 'core' || step.instance !== place.index) continue;
        const module = compiled[step.module]!;
        const owners = modules.get(module) ?? new Set();
        modules.set(module, owners.add(this.path(inst)));
      }
    }
    return Array.from(modules, ([module, owners]) => ({
      module,
      component: owners.size === 1 ? [...owners][0] : undefined,
    }));
  }
}

/** Calls from component to component without JS between them: of the callee, the stack tells the core function only. */
function callsBetween(frames: readonly CoreFrame[]): TrapTask[] {
  const calls: TrapTask[] = [];
  const known = frames.filter(({ component }) => component !== undefined);
  known.forEach(({ name, component }, i) => {
    const caller = known[i + 1]?.component;
    if (caller !== undefined && caller !== component) {
      calls.push({ kind: 'call', function: name, component: component! });
    }
  });
  return calls;
}

/** Codes of traps that the engine threw: its error has the guest's stack. */
const FROM_ENGINE: ReadonlySet<string> = new Set([
  'core-trap',
  'stack-overflow',
  'uncaught-exception',
  'limit-exceeded',
]);

/** From the outermost inwards; parents have smaller numbers, so this ends. */
function path(instances: readonly ComponentInstance[], index: number): string {
  const { name, parent } = instances[index]!;
  return typeof parent === 'number' ? `${path(instances, parent)}/${name}` : name;
}
