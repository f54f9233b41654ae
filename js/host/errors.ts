/**
 * The classes of failure, never mixed: a component that cannot be compiled, one that cannot be linked,
 * a guest that trapped, a guest that returned an error, and a fault of tidegate itself.
 */

import type { TrapCode as AbiTrapCode, Feature } from '../generated/abi.js';

/**
 * Why a store was locked. The codes of the Canonical ABI itself (`src/abi/src/code.rs`), and those that
 * only the host can tell:
 *
 * - `core-trap`: a core instruction of the guest trapped (`unreachable`, division by zero, ...)
 * - `stack-overflow`: the guest, or the host on its behalf, ran out of stack
 * - `host-error`: a host import threw or rejected; `cause` is what it threw
 * - `wrong-value`: a host import returned a value that is not of its type; `cause` names the place in it
 * - `store-locked`: the store had been locked before; `cause` is the first trap
 * - `store-closed`: the program has closed the store; `cause` is the reason that it gave
 * - `deadlock`: nothing is ready and nothing is pending from the host
 */
export type TrapCode =
  | AbiTrapCode
  | 'core-trap'
  | 'stack-overflow'
  | 'host-error'
  | 'wrong-value'
  | 'store-locked'
  | 'store-closed'
  | 'deadlock';

/**
 * What is wrong with a component's bytes:
 *
 * - `not-wasm`: they are not WebAssembly at all
 * - `core-module`: they are a core module
 * - `truncated`: they end too early
 * - `invalid`: they are not a valid component
 * - `unsupported`: they are a valid component that uses what is not supported; `construct` names it
 * - `gated`: they are a valid component that uses a gated feature which is not enabled; `feature` names it
 * - `excluded`: they are a valid component that uses a feature which `without` refuses; `construct` names it
 * - `limit`: they are larger in some respect than is accepted; `construct` names it
 * - `not-precompiled`: they were to be loaded, but have not been compiled ahead of time
 * - `stale`: they were compiled ahead of time by another version of tidegate, or have changed since
 */
export type CompileErrorCode =
  | 'not-wasm'
  | 'core-module'
  | 'truncated'
  | 'invalid'
  | 'unsupported'
  | 'gated'
  | 'excluded'
  | 'limit'
  | 'not-precompiled'
  | 'stale';

/** The bytes are not a component, or need something that is not supported. */
export class ComponentCompileError extends Error {
  override readonly name = 'ComponentCompileError';
  /** What is wrong. */
  readonly code: CompileErrorCode;
  /** Where in the component, in bytes from its start. */
  readonly offset: number | undefined;
  /** The construct that is refused, when it is valid but not supported; what there is too much of, for a limit. */
  readonly construct: string | undefined;
  /** What `CompileOptions.features` would have to have for the construct. */
  readonly feature: Feature | undefined;

  constructor(
    message: string,
    options: {
      code?: CompileErrorCode | undefined;
      offset?: number | undefined;
      construct?: string | undefined;
      feature?: Feature | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = options.code ?? 'invalid';
    this.offset = options.offset;
    this.construct = options.construct;
    this.feature = options.feature;
  }
}

/** One import that is missing, or that is not what the component wants. */
export interface MissingImport {
  /** The import's name, and the name inside of the interface: `wasi:cli/stdout@0.3.0#write-via-stream`. */
  readonly name: string;
  /** What is wanted, in WIT. */
  readonly wanted: string;
  /** What was found instead; `undefined` when there is nothing. */
  readonly found: string | undefined;
}

/** Imports are missing or mistyped; all of them are named. */
export class ComponentLinkError extends Error {
  override readonly name = 'ComponentLinkError';
  /** Every import that is missing or mistyped. */
  readonly missing: readonly MissingImport[];

  constructor(missing: readonly MissingImport[]) {
    const lines = missing.map(
      ({ name, wanted, found }) =>
        `\n  ${name}: ${wanted}${found === undefined ? '' : ` (found ${found})`}`,
    );
    super(
      `${missing.length === 1 ? 'an import is' : `${missing.length} imports are`} missing or mistyped:${lines.join('')}`,
    );
    this.missing = missing;
  }
}

/** A call that was under way when a component trapped, and that led there. */
export interface TrapTask {
  /**
   * - `export`: JS called a function of the component
   * - `call`: another component of the same binary did
   * - `import`: the component called a function of the host
   * - `start`: the component was being instantiated
   * - `destructor`: a resource of the component was being dropped
   */
  readonly kind: 'export' | 'call' | 'import' | 'start' | 'destructor';
  /** Which function, like `wasi:cli/run@0.3.0#run`; which resource, for a destructor. */
  readonly function: string;
  /** Which component instance of the binary: see `ComponentTrap.component`. */
  readonly component: string;
}

/** What is known of where a component trapped. */
export interface TrapPlace {
  /** See `ComponentTrap.export`. */
  readonly export?: string | undefined;
  /** See `ComponentTrap.component`. */
  readonly component?: string | undefined;
  /** See `ComponentTrap.functions`. */
  readonly functions?: readonly string[];
  /** See `ComponentTrap.tasks`. */
  readonly tasks?: readonly TrapTask[];
}

/** A guest trapped. Its store is locked from then on. */
export class ComponentTrap extends WebAssembly.RuntimeError {
  override readonly name = 'ComponentTrap';
  /** Why the guest could not go on. */
  readonly code: TrapCode;
  /** Name of the export that was called, like `wasi:cli/run@0.3.0#run`, when it is known. */
  readonly export: string | undefined;
  /**
   * The component instance that trapped, when it is known: `root`, or a path into the binary like `root/logger/store[2]`, of the
   * name section's names where there are some, else of the instances' indices.
   */
  readonly component: string | undefined;
  /**
   * The core functions that were running, innermost first, as far as the engine's stack tells: by their names where the core
   * module has a name section. Rust's names are demangled.
   */
  readonly functions: readonly string[];
  /**
   * The calls that led there, innermost first, at most 32. Complete once the trap has reached the base level: a host function that
   * catches it in between sees the inner ones.
   */
  readonly tasks: readonly TrapTask[];
  /** The message without the place. */
  readonly #reason: string;

  constructor(
    code: TrapCode,
    message: string,
    options: TrapPlace & { readonly cause?: unknown } = {},
  ) {
    super(message + placeText(options));
    if ('cause' in options) {
      Object.defineProperty(this, 'cause', {
        value: options.cause,
        writable: true,
        configurable: true,
      });
    }
    this.code = code;
    this.export = options.export;
    this.component = options.component;
    this.functions = options.functions ?? [];
    this.tasks = options.tasks ?? [];
    this.#reason = message;
  }

  /** @internal The message again, after `tasks` has grown. */
  static retold(trap: ComponentTrap): void {
    const before = trap.message;
    trap.message = trap.#reason + placeText(trap);
    if (typeof trap.stack === 'string') {
      trap.stack = trap.stack.replace(before, () => trap.message);
    }
  }
}

/** Most functions and tasks of a message. */
const MOST_SHOWN = 6;

/** What a message says of the place; nothing that would only repeat the export. */
function placeText({ export: name, component, functions = [], tasks = [] }: TrapPlace): string {
  const nested = component?.includes('/');
  let text = name === undefined ? '' : ` (in ${clip(name)})`;
  if (functions.length > 0) text += `\n  core functions: ${chain(functions.map(clip))}`;
  if (nested) text += `\n  component: ${component}`;
  if (tasks.length > 1 || (nested && tasks.length > 0)) {
    text += `\n  called: ${chain(tasks.map(taskText))}`;
  }
  return text;
}

function taskText({ kind, function: name, component }: TrapTask): string {
  switch (kind) {
    case 'import':
      return `the host's ${clip(name)}`;
    case 'start':
      return `instantiation of ${component}`;
    case 'destructor':
      return `destructor of ${clip(name)} of ${component}`;
    default:
      return `${clip(name)} of ${component}`;
  }
}

/** Innermost first. The outer ones say more to who wrote a guest: of functions, the inner ones are often those of a panic. */
function chain(all: readonly string[]): string {
  if (all.length <= MOST_SHOWN) return all.join(' < ');
  return [all[0], `${all.length - MOST_SHOWN} more`, ...all.slice(1 - MOST_SHOWN)].join(' < ');
}

function clip(name: string): string {
  return name.length > 120 ? `${name.slice(0, 117)}...` : name;
}

/** A function returned the `err` case of its own `result`; thrown by a host import, it is that case. */
export class ComponentError<T = unknown> extends Error {
  override readonly name = 'ComponentError';
  /** The value of the `err` case; `undefined` when the case has none. */
  readonly payload: T;

  constructor(payload: T, message = `the component returned an error: ${show(payload)}`) {
    super(message);
    this.payload = payload;
  }
}

/** A bug in tidegate: please report it. */
export class TidegateFault extends Error {
  override readonly name = 'TidegateFault';
}

/** A short text for a value in a message. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `function ${value.name}`.trim();
    case 'object':
      return value === null ? 'null' : showObject(value);
    default:
      return String(value);
  }
}

function showObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if ('tag' in value && typeof value.tag === 'string') {
    return 'val' in value && value.val !== undefined
      ? `${value.tag}(${show(value.val)})`
      : value.tag;
  }
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'an object';
}
