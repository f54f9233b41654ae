/** Follows the steps of a plan: one instance of a component in a store. */

import type { Import, Step } from './artifact.js';
import type { Caller } from './blame.js';
import { taskReturn } from './calls.js';
import type { Compiled } from './compiled.js';
import { ComponentLinkError } from './errors.js';
import { GuestResourceType } from './guest-resource.js';
import { lower } from './hostfuncs.js';
import type { HostImports } from './imports.js';
import { Linked } from './linked.js';
import type { Machine } from './machine.js';
import { pascal } from './names.js';
import { part } from './parts.js';

/** Instantiates a component whose imports are all there. */
export async function link(
  machine: Machine,
  compiled: Compiled,
  imports: HostImports,
): Promise<Linked> {
  const { artifact } = compiled;
  const linked = new Linked(machine, compiled, imports, (self) => ({
    lowered: (index) => lower(self, artifact.lowered[index]!, imports),
    taskReturn: (index) => taskReturn(self, artifact.returns[index]!),
  }));
  if (linked.needsThreads) await addThreads(linked);
  imports.resources(machine).forEach((type, index) => {
    linked.setResource(index, type);
  });
  for (const step of artifact.steps) await follow(linked, step);
  machine.settle();
  return linked;
}

/** Has the store ready for stacks of guests. */
async function addThreads({ machine, compiled }: Linked): Promise<void> {
  const { Threads } = await part('threads');
  machine.threads ??= new Threads(machine);
  for (const { blocking } of compiled.artifact.instances) {
    for (const name of blocking.builtins) machine.threads.blockers.add(name);
  }
}

/** Awaits nothing unless the engine insists: start functions run inside of `enter`. */
function follow(linked: Linked, step: Step): Promise<void> | undefined {
  const { machine, compiled } = linked;
  switch (step.op) {
    case 'resource':
      linked.setResource(step.resource, definedResource(linked, step.resource, step.slot));
      return undefined;
    case 'slot':
      machine.table.set(linked.slots + step.slot, linked.resolve(step.source));
      return undefined;
    case 'shim': {
      const { shim } = step;
      const { imports } = compiled.artifact.shims[shim]!;
      return instantiate(linked, compiled.shims[shim]!, { imports }, (instance) => {
        linked.shims[shim] = instance;
      });
    }
    case 'core':
      return instantiate(linked, linked.module(step.module), started(linked, step), (instance) => {
        linked.cores.push(instance);
      });
  }
}

function definedResource(
  linked: Linked,
  index: number,
  slot: number | null | undefined,
): GuestResourceType {
  const { machine, compiled } = linked;
  const desc = compiled.artifact.resources[index]!;
  const owner = linked.instances[desc.origin === 'defined' ? desc.instance : 0]!;
  const destructor = slot === null || slot === undefined ? 0 : linked.slots + slot + 1;
  const number = machine.expect(machine.runtime.resource_type_new(owner, destructor));
  const name = desc.origin === 'defined' ? desc.name : desc.path.at(-1);
  return new GuestResourceType(machine, number, owner, pascal(name ?? 'resource'));
}

/** What is instantiated: a shim, or a core module by its index. */
interface Instantiation {
  readonly imports: readonly Import[];
  readonly module?: number;
  /** Whom its start function is for. */
  readonly caller?: Caller;
}

function started(linked: Linked, step: Step & { readonly op: 'core' }): Instantiation {
  const { imports, module, instance } = step;
  const caller: Caller = { kind: 'start', where: 'start', inst: linked.instances[instance]! };
  return { imports, module, caller };
}

function instantiate(
  linked: Linked,
  module: WebAssembly.Module,
  step: Instantiation,
  done: (instance: WebAssembly.Instance) => void,
): Promise<void> | undefined {
  const object = linked.importObject(step.imports);
  const { machine } = linked;
  let refused = false;
  let unlinkable: Error | undefined;
  machine.enter(step.caller, () => {
    try {
      done(new WebAssembly.Instance(module, object));
    } catch (error) {
      unlinkable = linkError(linked, step, error);
      if (unlinkable !== undefined) return;
      // Some engines want large modules to be instantiated asynchronously on a page's main thread.
      if (!(error instanceof RangeError) || !/instantiate/.test(error.message)) throw error;
      refused = true;
    }
  });
  if (unlinkable !== undefined) throw unlinkable;
  return refused ? WebAssembly.instantiate(module, object).then(done) : undefined;
}

/**
 * The engine has found what nobody could look for: a core module of the program's has another type than the component
 * wants. Undefined for other errors; within a component everything has been validated.
 */
function linkError(
  { compiled: { artifact }, words }: Linked,
  step: Instantiation,
  error: unknown,
): ComponentLinkError | undefined {
  if (!(error instanceof WebAssembly.LinkError)) return undefined;
  const cores = artifact.steps.flatMap((step) => (step.op === 'core' ? step.module : []));
  const sources = step.imports.map(({ source }) =>
    source.from === 'core' ? cores[source.instance] : undefined,
  );
  for (const index of [step.module, ...sources]) {
    const module = index === undefined ? undefined : artifact.modules[index];
    if (module?.origin !== 'imported') continue;
    const wanted = words.moduleText(artifact.moduleTypes[module.ty]!);
    const found = `a core module of another type: ${error.message}`;
    return new ComponentLinkError([{ name: module.path.join('#'), wanted, found }]);
  }
  return undefined;
}
