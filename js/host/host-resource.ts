/** Resources that the host implements: guests hold numbers, behind which its objects stand. */

import { show, TidegateFault } from './errors.js';
import type { Machine } from './machine.js';
import { type GuestClass, type ResourceType, scopeOf } from './resources.js';
import type { Context } from './values/context.js';
import { Failure } from './values/conv.js';

/** A resource that the host implements with a class. */
export class HostResourceType implements ResourceType {
  readonly number: number;

  private constructor(
    private readonly machine: Machine,
    private readonly implementation: GuestClass,
  ) {
    this.number = machine.expect(machine.runtime.resource_type_new(0, 0));
  }

  /** The type that a class stands for: the same in all instances of a store. */
  static of(machine: Machine, implementation: GuestClass): HostResourceType {
    let type = machine.hostTypes.get(implementation);
    if (type === undefined) {
      type = new HostResourceType(machine, implementation);
      machine.hostTypes.set(implementation, type);
    }
    return type;
  }

  check(_: Context, value: unknown): Failure | undefined {
    return value instanceof this.implementation
      ? undefined
      : new Failure(`expected an instance of ${this.implementation.name}, got ${show(value)}`);
  }

  liftOwn(cx: Context, handle: number): object {
    const { runtime, objects } = this.machine;
    this.machine.expect(runtime.lift_own(cx.inst, this.number, handle));
    return known(objects.remove(this.machine.word(0)));
  }

  liftBorrow(cx: Context, handle: number): object {
    const { runtime, objects } = this.machine;
    this.machine.expect(runtime.lift_borrow(cx.inst, this.number, handle, cx.scope?.subtask ?? 0));
    return known(objects.get(this.machine.word(0)));
  }

  lowerOwn(cx: Context, value: object): number {
    const rep = this.machine.objects.add(value);
    this.machine.expect(this.machine.runtime.lower_own(cx.inst, this.number, rep));
    return this.machine.word(0);
  }

  lowerBorrow(cx: Context, value: object): number {
    const rep = scopeOf(cx).lendObject(value);
    this.machine.expect(this.machine.runtime.lower_borrow(cx.inst, this.number, rep));
    return this.machine.word(0);
  }
}

function known(object: object | undefined): object {
  if (object === undefined) throw new TidegateFault('a guest holds an object that is unknown');
  return object;
}
