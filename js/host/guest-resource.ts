/**
 * Resources that guests implement: JS has instances of classes that are made here. Finalizers know the store and the
 * handle only, and do nothing on a store that is locked.
 */

import type { Caller } from './blame.js';
import { show } from './errors.js';
import type { Machine } from './machine.js';
import { DISPOSE, type GuestClass, type ResourceType, scopeOf } from './resources.js';
import type { Context } from './values/context.js';
import { Failure } from './values/conv.js';

/** A resource that a guest implements; JS has instances of `class`. */
export class GuestResourceType implements ResourceType {
  readonly class: GuestClass;
  /** Calls the guest's constructor, where it exports one. */
  construct: ((args: unknown[]) => object) | undefined;
  /** The call that dropping one is. */
  readonly dropping: Caller;
  /** For finalizers. */
  readonly weak = new WeakRef(this);

  constructor(
    readonly machine: Machine,
    readonly number: number,
    /** Store number of the instance that defines it. */
    private readonly owner: number,
    readonly name: string,
  ) {
    this.dropping = { kind: 'destructor', where: name, inst: owner };
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
    const borrows = scopeOf(cx);
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
    scopeOf(cx).lend(handle);
    // Spec: `lower_borrow` gives an instance the rep of its own resource.
    if (cx.inst === this.owner) return handle.rep;
    machine.expect(machine.runtime.lower_borrow(cx.inst, this.number, handle.rep));
    return machine.word(0);
  }

  /** The object of a handle was collected: a turn of its own, as this may be anywhere. */
  collected(handle: number): void {
    const { machine } = this;
    machine.enterAlone(undefined, () => machine.dropResource(handle, this.dropping));
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
export class Handle {
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
    if (!this.type.machine.locked) this.type.machine.dropResource(this.number, this.type.dropping);
  }

  leave(state: 'moved' | 'disposed of'): void {
    this.state = state;
    forgotten.unregister(this);
  }
}

const guestTypes = new WeakMap<object, GuestResourceType>();
/** A handle whose object may be collected. Weak, as the store may lead to the object: by an import that has kept it. */
interface Forgotten {
  readonly type: WeakRef<GuestResourceType>;
  readonly number: number;
}

const forgotten = new FinalizationRegistry<Forgotten>(({ type, number }) => {
  type.deref()?.collected(number);
});

/** What the classes made for guests have in common. */
abstract class GuestResource {
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
    if (handle.state !== 'owned') return;
    const { type, number } = handle;
    forgotten.register(this, { type: type.weak, number }, handle);
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
