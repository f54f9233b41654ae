/** What a component exports, as JS objects: interfaces, functions and classes of resources. */

import type { Extern, Lifted, Source } from './artifact.js';
import { type CoreFunction, type ExportPlan, promiseExport } from './calls.js';
import { GuestResourceType } from './guest-resource.js';
import type { Linked } from './linked.js';
import { exportModule } from './module.js';
import { camel, exportKeys, funcName, pascal } from './names.js';
import type { GuestClass } from './resources.js';
import { liftKind } from './runtime.js';
import { syncExport } from './sync-export.js';

/**
 * An export: an interface, a function, the class of a resource, or a `WebAssembly.Module`. Wide on purpose, as only the component knows; give
 * `instantiate` a type of your own for more.
 */
export interface ExportItem {
  (...args: unknown[]): unknown;
  new (...args: unknown[]): Disposable;
  readonly [name: string]: ExportItem;
}

/** Exports by their full name, by the name without version, and by the interface's own name where it is the only one. */
export interface ComponentExports {
  readonly [name: string]: ExportItem;
}

type Exported = (...args: unknown[]) => unknown;
type Members = Record<string, unknown>;

/** Builds the exports of an instance that is linked. */
export function buildExports(linked: Linked): ComponentExports {
  const { exports } = linked.compiled.artifact;
  const world: Members = members(linked, exports, '');
  for (const [key, name] of exportKeys(exports)) if (name !== undefined) world[key] = world[name];
  return Object.freeze(world) as unknown as ComponentExports;
}

/** What JS has of `externs`; `prefix` names the interface in messages. */
function members(linked: Linked, externs: readonly Extern[], prefix: string): Members {
  const own: Members = Object.create(null);
  for (const extern of externs) {
    if (extern.kind === 'resource') {
      const type = linked.resource(extern.resource);
      if (type instanceof GuestResourceType) own[pascal(extern.name)] = type.class;
    }
  }
  for (const extern of externs) {
    if (extern.kind === 'instance') {
      const inner = members(linked, extern.items, `${prefix}${extern.name}#`);
      own[extern.name] = Object.freeze(inner);
    } else if (extern.kind === 'module') {
      own[camel(extern.name)] = exportedModule(linked, extern);
    }
    if (extern.kind !== 'func' || typeof extern.lifted !== 'number') continue;
    const lifted = linked.compiled.artifact.lifted[extern.lifted]!;
    attach(linked, own, extern.name, exportedFunction(linked, lifted, prefix + extern.name));
  }
  return own;
}

function exportedModule(
  linked: Linked,
  { ty, module }: Extern & { readonly kind: 'module' },
): WebAssembly.Module {
  const type = linked.compiled.artifact.moduleTypes[ty]!;
  return exportModule(linked.module(module!), type);
}

/** Puts a function where its name says. */
function attach(linked: Linked, own: Members, name: string, call: Exported): void {
  const parsed = funcName(name);
  if (parsed.kind === 'plain') {
    own[camel(name)] = named(call, camel(name));
    return;
  }
  const implementation = own[pascal(parsed.resource)] as GuestClass | undefined;
  const type = GuestResourceType.of(linked.machine, implementation);
  if (implementation === undefined || type === undefined) return;
  if (parsed.kind === 'constructor') {
    type.construct = (args) => call(...args) as object;
    return;
  }
  const member = camel(parsed.name);
  const value =
    parsed.kind === 'static'
      ? named(call, member)
      : {
          [member](this: unknown, ...args: unknown[]) {
            return call(this, ...args);
          },
        }[member]!;
  if (parsed.kind === 'method') promiseOfMethod(value, call);
  Object.defineProperty(
    parsed.kind === 'static' ? implementation : implementation.prototype,
    member,
    {
      value,
      writable: true,
      configurable: true,
    },
  );
}

/** `object.method.promise` would not know its object: it takes it by `call`, as in `object.method.promise.call(object)`. */
function promiseOfMethod(method: Exported, { promise }: Exported & { promise?: Exported }): void {
  if (promise === undefined) return;
  Object.assign(method, {
    promise(this: unknown, ...args: unknown[]) {
      return promise(this, ...args);
    },
  });
}

/** The JS function for a lifted function; `where` names it in messages. */
function exportedFunction(linked: Linked, lifted: Lifted, where: string): Exported {
  const { func, options, callback } = lifted;
  const cx = linked.context(options);
  const sig = cx.types.signature(func);
  const resolve = (source: Source) => linked.resolve(source) as CoreFunction;
  const caller = { kind: 'export' as const, where, inst: cx.inst, func: 0 };
  caller.func = linked.machine.blame.add(caller);
  const plan: ExportPlan = {
    ...caller,
    machine: linked.machine,
    sig,
    cx,
    core: resolve(lifted.core),
    postReturn: lifted.postReturn ? resolve(lifted.postReturn) : undefined,
    lift: liftKind(lifted),
    guard: linked.guard(lifted),
    slot: linked.slots + (callback ?? 0),
    returnKey: lifted.returnKey,
  };
  const { tracer } = linked.machine;
  const traced = (call: Exported) => tracer?.exported(where, call) ?? call;
  if (sig.async) return traced(promiseExport(plan));
  const call = traced(syncExport(plan));
  // Marked functions of the host make the difference here, so that this is known only now.
  if (!linked.waits[options.instance]) return call;
  const promise = traced(plan.guard === undefined ? promised(call) : promiseExport(plan));
  return Object.assign(call, { promise });
}

/** On an engine that cannot suspend, the promise of what happens at once. */
function promised(call: Exported): Exported {
  return async (...args) => call(...args);
}

function named(call: Exported, name: string): Exported {
  return Object.defineProperty(call, 'name', { value: name, configurable: true });
}
