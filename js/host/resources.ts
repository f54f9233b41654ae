/**
 * Resources, both ways: a host's objects stand behind numbers (`rep`) that guests hold, a guest's resources are
 * instances of classes made here. Spec: `ResourceType`, `ResourceHandle`.
 */

import { show, TidegateFault } from './errors.js';
import type { Machine } from './machine.js';
import type { Context } from './values/context.js';
import { Failure } from './values/conv.js';

/** `Symbol.dispose`, also where the engine does not have it yet. */
export const DISPOSE: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/** A class whose instances are resources. */
export type GuestClass = abstract new (...args: never[]) => object;

/** A resource type as one component instance sees it. */
export interface ResourceType {
  /** Its number in the store. */
  readonly number: number;
  check(cx: Context, value: unknown, own: boolean): Failure | undefined;
  liftOwn(cx: Context, handle: number): object;
  liftBorrow(cx: Context, handle: number): object;
  lowerOwn(cx: Context, value: object): number;
  lowerBorrow(cx: Context, value: object): number;
}

/** What was lent for the time of one call. Spec: `borrow_scope`. */
export class BorrowScope {
  readonly #borrowed: Handle[] = [];
  readonly #lent: Handle[] = [];
  readonly #reps: number[] = [];

  constructor(
    readonly machine: Machine,
    /** The subtask that answers for what a guest lends to the host; 0 when the host lends. */
    readonly subtask = 0,
  ) {}

  /** The host has got this object until the end of the call. */
  borrow(handle: Handle): void {
    this.#borrowed.push(handle);
  }

  /** The guest has got this resource of its own until the end of the call. */
  lend(handle: Handle): void {
    handle.lends++;
    this.#lent.push(handle);
  }

  /** The guest has got this object of the host until the end of the call. */
  lendObject(object: object): number {
    const rep = this.machine.objects.add(object);
    this.#reps.push(rep);
    return rep;
  }

  end(): void {
    for (const handle of this.#borrowed) handle.state = 'returned';
    for (const handle of this.#lent) handle.lends--;
    for (const rep of this.#reps) this.machine.objects.remove(rep);
  }
}

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
    const rep = scope(cx).lendObject(value);
    this.machine.expect(this.machine.runtime.lower_borrow(cx.inst, this.number, rep));
    return this.machine.word(0);
  }
}

/** A resource that a guest implements; JS has instances of `class`. */
export class GuestResourceType implements ResourceType {
  readonly class: GuestClass;
  /** Calls the guest's constructor, where it exports one. */
  construct: ((args: unknown[]) => object) | undefined;

  constructor(
    readonly machine: Machine,
    readonly number: number,
    /** Store number of the instance that defines it. */
    private readonly owner: number,
    readonly name: string,
  ) {
    this.class = guestClass(this);
    guestTypes.set(this.class, this);
  }

  /** The type behind a class that `guestClass` has made for this store. */
  static of(machine: Machine, value: unknown): GuestResourceType | undefined {
    const type = typeof value === 'function' ? guestTypes.get(value) : undefined;
    return type?.machine === machine ? type : undefined;
  }

  check(cx: Context, value: unknown, own: boolean): Failure | undefined {
    const handle = GuestResource.handle(value);
    if (handle?.type !== this) {
      return new Failure(`expected an instance of ${this.name}, got ${show(value)}`);
    }
    const free = handle.state === 'owned' && !(own && handle.lends > 0);
    if (!free && (own || handle.state !== 'borrowed')) return new Failure(unusable(handle));
    return cx.claim(handle, own ? 'own' : 'borrow')
      ? undefined
      : new Failure(`the ${this.name} is given away in the same call`);
  }

  liftOwn(cx: Context, handle: number): object {
    const { machine } = this;
    machine.expect(machine.runtime.lift_own(cx.inst, this.number, handle));
    return this.#instance(new Handle(this, machine.word(0), machine.word(1), 'owned'));
  }

  liftBorrow(cx: Context, handle: number): object {
    const { machine } = this;
    const borrows = scope(cx);
    machine.expect(machine.runtime.lift_borrow(cx.inst, this.number, handle, borrows.subtask));
    const borrowed = new Handle(this, 0, machine.word(0), 'borrowed');
    borrows.borrow(borrowed);
    return this.#instance(borrowed);
  }

  lowerOwn(cx: Context, value: object): number {
    const { machine } = this;
    const handle = usable(value);
    if (handle.state !== 'owned' || handle.lends > 0) throw new TypeError(unusable(handle));
    machine.expect(machine.runtime.lower_own(cx.inst, this.number, handle.number));
    handle.leave('moved');
    return machine.word(0);
  }

  lowerBorrow(cx: Context, value: object): number {
    const { machine } = this;
    const handle = usable(value);
    scope(cx).lend(handle);
    // Spec: `lower_borrow` gives an instance the rep of its own resource.
    if (cx.inst === this.owner) return handle.rep;
    machine.expect(machine.runtime.lower_borrow(cx.inst, this.number, handle.rep));
    return machine.word(0);
  }

  /** Whether an instance gets the rep when it borrows: then the runtime need not know. */
  ownedBy(inst: number): boolean {
    return inst === this.owner;
  }

  #instance(handle: Handle): object {
    return new (this.class as unknown as new (handle: Handle) => object)(handle);
  }
}

/** A handle of a guest's resource that JS holds. */
class Handle {
  /** Calls that have borrowed it and have not returned. */
  lends = 0;

  constructor(
    readonly type: GuestResourceType,
    /** In the host's table; 0 for a borrow. */
    readonly number: number,
    readonly rep: number,
    public state: 'owned' | 'borrowed' | 'moved' | 'disposed of' | 'returned',
  ) {}

  dispose(): void {
    if (this.state !== 'owned') return;
    if (this.lends > 0) throw new TypeError(unusable(this));
    this.leave('disposed of');
    if (!this.type.machine.locked) this.type.machine.dropResource(this.number);
  }

  /** The object was collected: a turn of its own, as this may be anywhere. */
  collected(): void {
    const { machine } = this.type;
    machine.enterAlone(undefined, () => this.dispose());
  }

  leave(state: 'moved' | 'disposed of'): void {
    this.state = state;
    forgotten.unregister(this);
  }
}

const guestTypes = new WeakMap<object, GuestResourceType>();
/** The held value knows the store and the handle, not the object. */
const forgotten = new FinalizationRegistry<Handle>((handle) => handle.collected());

/** What the classes made for guests have in common. */
abstract class GuestResource {
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
    if (handle.state === 'owned') forgotten.register(this, handle, handle);
  }

  static handle(value: unknown): Handle | undefined {
    return typeof value === 'object' && value !== null && #handle in value
      ? value.#handle
      : undefined;
  }

  [DISPOSE](): void {
    this.#handle.dispose();
  }
}

function guestClass(type: GuestResourceType): GuestClass {
  const { name } = type;
  // A computed name becomes the class's own.
  const made = {
    [name]: class extends GuestResource {
      constructor(...args: unknown[]) {
        super(args[0] instanceof Handle ? args[0] : constructed(type, args));
      }
    },
  };
  return made[name]!;
}

/** The handle of what the guest's constructor makes, taken from the object that it was lifted as. */
function constructed({ name, construct }: GuestResourceType, args: unknown[]): Handle {
  if (construct === undefined) throw new TypeError(`${name} has no constructor`);
  const handle = usable(construct(args));
  forgotten.unregister(handle);
  return handle;
}

function usable(value: object): Handle {
  const handle = GuestResource.handle(value);
  if (handle === undefined) throw new TypeError(`expected a resource, got ${show(value)}`);
  if (handle.state !== 'owned' && handle.state !== 'borrowed') {
    throw new TypeError(unusable(handle));
  }
  return handle;
}

function unusable({ type, state, lends }: Handle): string {
  if (state === 'borrowed') return `the ${type.name} is borrowed, an owned one is wanted`;
  if (state === 'returned') return `the borrow of the ${type.name} ended with its call`;
  if (state === 'owned' && lends > 0)
    return `the ${type.name} is lent to a call that has not returned`;
  return `the ${type.name} was ${state}`;
}

function scope(cx: Context): BorrowScope {
  if (cx.scope === undefined) throw new TidegateFault('a borrow outside of a call');
  return cx.scope;
}

function known(object: object | undefined): object {
  if (object === undefined) throw new TidegateFault('a guest holds an object that is unknown');
  return object;
}
