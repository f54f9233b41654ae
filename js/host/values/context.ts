/**
 * Where values are lifted from and lowered to: a guest's memory with its realloc and string encoding.
 * Spec: `LiftLowerContext`.
 *
 * Views of the memory are renewed when it has grown. A budget bounds what one lift may make of a guest's
 * bytes: lists may overlap in memory, so that their lengths alone bound nothing.
 */

import type { Options, StringEncoding } from '../artifact.js';
import type { Linked } from '../linked.js';
import type { BorrowScope } from '../resources.js';
import { rule } from '../rule.js';
import { trapped } from '../trap.js';
import type { Core } from './conv.js';
import { type Pointers, pointers32, pointers64 } from './pointers.js';
import type { Types } from './types.js';

type Realloc = (old: Core, oldSize: Core, align: Core, size: Core) => Core;

const NO_MEMORY = new ArrayBuffer(0);

export class Context {
  readonly encoding: StringEncoding;
  /** How pointers are passed. */
  readonly pointers: Pointers;
  /** The types of values, as they are in this memory. */
  readonly types: Types;
  /** Store number of the component instance. */
  readonly inst: number;
  view = new DataView(NO_MEMORY);
  bytes = new Uint8Array(NO_MEMORY);
  /** The second result of functions that yield two numbers: a length after a pointer. */
  extent = 0;
  /** Who answers for borrows, while a call's parameters are converted. */
  scope: BorrowScope | undefined;
  #budget = 0;
  /** What the call that is being checked gives away and lends. */
  #claims: Map<object, 'own' | 'borrow'> | undefined;
  #memory: WebAssembly.Memory | undefined;
  #realloc: Realloc | undefined;

  constructor(
    readonly linked: Linked,
    readonly options: Options,
  ) {
    this.encoding = options.encoding;
    this.pointers = options.memory64 ? pointers64 : pointers32;
    this.types = options.memory64 ? linked.compiled.types64 : linked.compiled.types;
    this.inst = linked.instances[options.instance] ?? 0;
  }

  /** To be called before the values of one call are checked. */
  beginCheck(): void {
    this.#claims = undefined;
  }

  /** Whether a value may be given away, or lent, beside those that the same call gives or lends already. */
  claim(value: object, as: 'own' | 'borrow'): boolean {
    this.#claims ??= new Map();
    const before = this.#claims.get(value);
    this.#claims.set(value, as);
    return before === undefined || (before === 'borrow' && as === 'borrow');
  }

  /** To be called before anything is lifted or lowered after guests had their turn. */
  begin(): void {
    this.#budget = this.linked.machine.limits.maxLiftedBytes;
    if (this.bytes.byteLength === 0) this.#renew();
  }

  /** Takes from the budget of this lift. */
  spend(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget < 0)
      throw trapped('limit-exceeded', 'a value is larger than limits.maxLiftedBytes');
  }

  /** How much of it is taken. */
  get spent(): number {
    return this.linked.machine.limits.maxLiftedBytes - this.#budget;
  }

  /** Memory for a value, aligned and inside of the guest's memory. Spec: `allocate`. */
  alloc(align: number, size: number): number {
    return this.realloc(0, 0, align, size);
  }

  /** Spec: `reallocate`, with the checks that follow it everywhere. */
  realloc(old: number, oldSize: number, align: number, size: number): number {
    const ptr = this.#callRealloc(old, oldSize, align, size);
    if (this.bytes.byteLength === 0) this.#renew();
    this.expect(ptr, size, align);
    return ptr;
  }

  /** Traps unless the range is aligned and lies in memory. */
  expect(ptr: number, size: number, align: number): void {
    if (rule('pointer-aligned', (ptr & (align - 1)) !== 0)) {
      throw trapped('unaligned-pointer', 'a pointer is not aligned');
    }
    if (rule('pointer-bounds', ptr + size > this.bytes.byteLength)) {
      throw trapped('out-of-bounds', 'a range lies outside of memory');
    }
  }

  #callRealloc(old: number, oldSize: number, align: number, size: number): number {
    this.#realloc ??= this.linked.resolve(this.options.realloc) as Realloc;
    const { pointers } = this;
    if (pointers === pointers32) return (this.#realloc(old, oldSize, align, size) as number) >>> 0;
    const core = pointers.corePointer;
    return pointers.pointer(this.#realloc(core(old), core(oldSize), core(align), core(size)));
  }

  #renew(): void {
    const { memory } = this.options;
    if (memory === undefined || memory === null) return;
    this.#memory ??= this.linked.resolve(memory) as WebAssembly.Memory;
    const { buffer } = this.#memory;
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
  }
}
