/** Follows the steps of a plan: one instance of a component in a store. */

import type { Import, Step } from './artifact.js';
import type { Caller } from './blame.js';
import { taskReturn } from './calls.js';
import type { Compiled } from './compiled.js';
import { GuestResourceType } from './guest-resource.js';
import { lower } from './hostfuncs.js';
import type { HostImports } from './imports.js';
import { Linked } from './linked.js';
import type { Machine } from './machine.js';
import { pascal } from './names.js';

/** Instantiates a component whose imports are all there. */
export async function link(
  machine: Machine,
  compiled: Compiled,
  imports: HostImports,
): Promise<Linked> {
  const { artifact } = compiled;
  const linked = new Linked(machine, compiled, (self) => ({
    lowered: (index) => lower(self, artifact.lowered[index]!, imports),
    taskReturn: (index) => taskReturn(self, artifact.returns[index]!),
  }));
  imports.resources(machine).forEach((type, index) => {
    linked.setResource(index, type);
  });
  for (const step of artifact.steps) await follow(linked, step);
  machine.settle();
  return linked;
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
      return instantiate(linked, compiled.shims[shim]!, imports, undefined, (instance) => {
        linked.shims[shim] = instance;
      });
    }
    case 'core':
      return instantiate(
        linked,
        compiled.modules[step.module]!,
        step.imports,
        { kind: 'start', where: 'start', inst: linked.instances[step.instance]! },
        (instance) => {
          linked.cores.push(instance);
        },
      );
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

function instantiate(
  linked: Linked,
  module: WebAssembly.Module,
  imports: readonly Import[],
  caller: Caller | undefined,
  done: (instance: WebAssembly.Instance) => void,
): Promise<void> | undefined {
  const object: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
  for (const { module: from, name, source } of imports) {
    object[from] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>;
    object[from][name] = linked.resolve(source);
  }
  const { machine } = linked;
  let refused = false;
  machine.enter(caller, () => {
    try {
      done(new WebAssembly.Instance(module, object));
    } catch (error) {
      // Some engines want large modules to be instantiated asynchronously on a page's main thread.
      if (!(error instanceof RangeError) || !/instantiate/.test(error.message)) throw error;
      refused = true;
    }
  });
  return refused ? WebAssembly.instantiate(module, object).then(done) : undefined;
}
