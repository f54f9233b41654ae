/** Lists, of any length and of a fixed one, and maps. Spec: `load_list_from_range`, `store_list_into_range`. */

import { MAX_LIST_BYTE_LENGTH } from '../../generated/abi.js';
import type { Primitive } from '../artifact.js';
import { show } from '../errors.js';
import { rule } from '../rule.js';
import { trapped } from '../trap.js';
import type { Context } from './context.js';
import { type Conv, Failure, TOO_MANY } from './conv.js';
import type { Pointers } from './pointers.js';

/** Typed arrays, as far as they are needed here. */
interface Numbers extends ArrayLike<number | bigint> {
  set(source: ArrayLike<number> | ArrayLike<bigint>): void;
}

interface NumbersConstructor {
  readonly name: string;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): Numbers;
  from(values: ArrayLike<number> | ArrayLike<bigint>): Numbers;
}

/** How JS has lists of each number type. */
export const typedArrays: Partial<Record<Primitive, NumbersConstructor>> = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  u64: BigUint64Array,
  s64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** What an element costs of a lift's budget at least: about what it takes as a JS value. */
const ELEMENT_COST = 16;

/** Elements in a guest's memory and in JS. */
export interface Elements {
  /** Whether JS may pass the value as a list. */
  check(cx: Context, value: unknown): Failure | undefined;
  /** `count` elements from `ptr`, which are aligned and in memory. */
  load(cx: Context, ptr: number, count: number): unknown;
  /** Stores `count` elements of a checked list, from `start` on. */
  store(cx: Context, ptr: number, list: ArrayLike<unknown>, start: number, count: number): void;
}

/** Elements of a number type as typed arrays, others as arrays. */
export function elements(kind: string, conv: Conv): Elements {
  const TypedArray = typedArrays[kind as Primitive];
  return TypedArray === undefined ? anyElements(conv) : numbers(conv, TypedArray);
}

/** The type `list<T>`. */
export function list(kind: string, conv: Conv, pointers: Pointers): Conv {
  const items = elements(kind, conv);
  return listOf(
    conv,
    pointers,
    items,
    (value) => (value as ArrayLike<unknown>).length,
    (value) => value as ArrayLike<unknown>,
  );
}

/** The type `list<T, N>`: in memory and flat just its elements, in JS a list of exactly `length`. */
export function fixedLengthList(kind: string, conv: Conv, length: number): Conv {
  const items = elements(kind, conv);
  const { size, align, count } = conv;
  const TypedArray = typedArrays[kind as Primitive];
  const flatCount = Math.min(count * length, TOO_MANY);
  const indices = Array.from({ length: flatCount < TOO_MANY ? length : 0 }, (_, i) => i);
  return {
    size: size * length,
    align,
    count: flatCount,
    check(cx, value) {
      const failure = items.check(cx, value);
      if (failure !== undefined) return failure;
      const given = (value as ArrayLike<unknown>).length;
      return given === length
        ? undefined
        : new Failure(`expected a list of ${length}, got one of ${given}`);
    },
    load: (cx, ptr) => items.load(cx, ptr, length),
    store: (cx, ptr, value) => items.store(cx, ptr, value as ArrayLike<unknown>, 0, length),
    lift(cx, flat, at) {
      const values = indices.map((i) => conv.lift(cx, flat, at + i * count));
      return TypedArray === undefined ? values : TypedArray.from(values as number[]);
    },
    lower(cx, value, flat) {
      for (const i of indices) conv.lower(cx, (value as ArrayLike<unknown>)[i], flat);
    },
  };
}

/** The type `map<K, V>`: in memory a list of pairs, in JS a `Map`. */
export function map(entry: Conv, pointers: Pointers): Conv {
  const pairs = anyElements(entry);
  const items: Elements = {
    check: (cx, value) =>
      value instanceof Map
        ? pairs.check(cx, [...value])
        : new Failure(`expected a Map, got ${show(value)}`),
    load: (cx, ptr, count) => new Map(pairs.load(cx, ptr, count) as [unknown, unknown][]),
    store: pairs.store,
  };
  return listOf(
    entry,
    pointers,
    items,
    (value) => (value as Map<unknown, unknown>).size,
    (value) => [...(value as Map<unknown, unknown>)],
  );
}

function listOf(
  { size, align }: Conv,
  pointers: Pointers,
  items: Elements,
  length: (value: unknown) => number,
  array: (value: unknown) => ArrayLike<unknown>,
): Conv {
  function lift(cx: Context, ptr: number, count: number): unknown {
    const bytes = count * size;
    if (rule('list-length', bytes > MAX_LIST_BYTE_LENGTH)) {
      throw trapped('too-long', 'a list is too long');
    }
    cx.expect(ptr, bytes, align);
    return items.load(cx, ptr, count);
  }
  function lower(cx: Context, value: unknown): number {
    const from = array(value);
    const count = from.length;
    const ptr = cx.alloc(align, count * size);
    items.store(cx, ptr, from, 0, count);
    cx.extent = count;
    return ptr;
  }
  return {
    size: 2 * pointers.size,
    align: pointers.size,
    count: 2,
    check(cx, value) {
      const failure = items.check(cx, value);
      if (failure !== undefined) return failure;
      return length(value) * size > MAX_LIST_BYTE_LENGTH
        ? new Failure('the list is too long', true)
        : undefined;
    },
    load: (cx, at) =>
      lift(cx, pointers.loadPointer(cx.view, at), pointers.loadLength(cx.view, at + pointers.size)),
    store(cx, at, value) {
      const ptr = lower(cx, value);
      pointers.storePointer(cx.view, at, ptr);
      pointers.storeLength(cx.view, at + pointers.size, cx.extent);
    },
    lift: (cx, flat, at) => lift(cx, pointers.pointer(flat[at]!), pointers.length(flat[at + 1]!)),
    lower(cx, value, flat) {
      const ptr = lower(cx, value);
      flat.push(pointers.corePointer(ptr), pointers.coreLength(cx.extent));
    },
  };
}

function numbers(conv: Conv, TypedArray: NumbersConstructor): Elements {
  const { size } = conv;
  const any = anyElements(conv);
  /** Checked without a look at its elements. */
  const fits = (value: unknown) =>
    ArrayBuffer.isView(value) &&
    (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === TypedArray.name;
  return {
    check(cx, value) {
      if (fits(value)) return undefined;
      return Array.isArray(value) || ArrayBuffer.isView(value)
        ? any.check(cx, value)
        : new Failure(`expected a ${TypedArray.name} or an array, got ${show(value)}`);
    },
    load(cx, ptr, count) {
      cx.spend(count * size);
      return new TypedArray(cx.bytes.slice(ptr, ptr + count * size).buffer);
    },
    store(cx, ptr, list, start, count) {
      const target = new TypedArray(cx.bytes.buffer, ptr, count);
      target.set(part(list, start, count));
    },
  };
}

/** `list.slice(start, start + count)`, without a copy where possible. */
function part(list: ArrayLike<unknown>, start: number, count: number): ArrayLike<number> {
  const whole = list as Uint8Array | number[];
  if (start === 0 && count === whole.length) return whole;
  return 'subarray' in whole
    ? whole.subarray(start, start + count)
    : whole.slice(start, start + count);
}

function anyElements(conv: Conv): Elements {
  const { size } = conv;
  const cost = Math.max(size, ELEMENT_COST);
  return {
    check(cx, value) {
      if (!Array.isArray(value) && !isTypedArray(value)) {
        return new Failure(`expected an array, got ${show(value)}`);
      }
      const items: ArrayLike<unknown> = value;
      for (let i = 0; i < items.length; i++) {
        const failure = conv.check(cx, items[i]);
        if (failure !== undefined) return failure.within(`[${i}]`);
      }
      return undefined;
    },
    load(cx, ptr, count) {
      cx.spend(count * cost);
      const items: unknown[] = [];
      for (let i = 0; i < count; i++) items.push(conv.load(cx, ptr + i * size));
      return items;
    },
    store(cx, ptr, list, start, count) {
      for (let i = 0; i < count; i++) conv.store(cx, ptr + i * size, list[start + i]);
    },
  };
}

function isTypedArray(value: unknown): value is ArrayLike<unknown> {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
