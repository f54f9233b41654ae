/** Records, tuples and flags. Spec: `load_record`, `load_flags`. */

import { show } from '../errors.js';
import { camel } from '../names.js';
import type { Context } from './context.js';
import { type Conv, type Core, Failure } from './conv.js';
import { scalar } from './scalars.js';

/** A part of a record, tuple or parameter list. */
export interface Part {
  readonly name: string;
  readonly conv: Conv;
  readonly offset: number;
}

type Fields = Record<string, unknown>;

/** The type of a record with these fields. */
export function record(size: number, align: number, fields: readonly Part[]): Conv {
  const parts = place(fields.map((field) => ({ ...field, name: camel(field.name) })));
  return {
    size,
    align,
    count: flatCount(parts),
    check(cx, value) {
      if (typeof value !== 'object' || value === null) {
        return new Failure(`expected an object, got ${show(value)}`);
      }
      for (const { name, conv } of parts) {
        const failure = conv.check(cx, (value as Fields)[name]);
        if (failure !== undefined) return failure.within(`.${name}`);
      }
      return undefined;
    },
    load(cx, ptr) {
      const value: Fields = {};
      for (const { name, conv, offset } of parts) value[name] = conv.load(cx, ptr + offset);
      return value;
    },
    store(cx, ptr, value) {
      for (const { name, conv, offset } of parts) {
        conv.store(cx, ptr + offset, (value as Fields)[name]);
      }
    },
    lift(cx, flat, at) {
      const value: Fields = {};
      for (const { name, conv, at: shift } of parts) value[name] = conv.lift(cx, flat, at + shift);
      return value;
    },
    lower(cx, value, flat) {
      for (const { name, conv } of parts) conv.lower(cx, (value as Fields)[name], flat);
    },
  };
}

/** The type of a tuple, and of a function's parameters when they go through memory. */
export function tuple(size: number, align: number, fields: readonly Part[]): Conv {
  const parts = place(fields);
  return {
    size,
    align,
    count: flatCount(parts),
    check(cx, value) {
      if (!Array.isArray(value) || value.length !== parts.length) {
        return new Failure(`expected an array of ${parts.length}, got ${show(value)}`);
      }
      for (let i = 0; i < parts.length; i++) {
        const failure = parts[i]!.conv.check(cx, value[i]);
        if (failure !== undefined) return failure.within(`[${i}]`);
      }
      return undefined;
    },
    load: (cx, ptr) => parts.map(({ conv, offset }) => conv.load(cx, ptr + offset)),
    store(cx, ptr, value) {
      for (let i = 0; i < parts.length; i++) {
        const { conv, offset } = parts[i]!;
        conv.store(cx, ptr + offset, (value as unknown[])[i]);
      }
    },
    lift: (cx, flat, at) => parts.map(({ conv, at: shift }) => conv.lift(cx, flat, at + shift)),
    lower(cx, value, flat) {
      for (let i = 0; i < parts.length; i++)
        parts[i]!.conv.lower(cx, (value as unknown[])[i], flat);
    },
  };
}

/** The type of flags: in JS an object of booleans; a missing one is false. */
export function flags(size: number, labels: readonly string[]): Conv {
  const names = labels.map(camel);
  const valid = (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => {
      const flag = (value as Fields)[name];
      return flag === undefined || typeof flag === 'boolean';
    });
  const pack = (value: unknown): number => {
    let bits = 0;
    for (let i = 0; i < names.length; i++) if ((value as Fields)[names[i]!]) bits |= 1 << i;
    return bits;
  };
  const unpack = (core: Core): Fields => {
    const value: Fields = {};
    for (let i = 0; i < names.length; i++) value[names[i]!] = (((core as number) >>> i) & 1) === 1;
    return value;
  };
  return scalar(size, {
    expected: 'an object of booleans',
    test: valid,
    toCore: pack,
    fromCore: unpack,
    load: (cx, ptr) => unpack(loadBits(cx, ptr, size)),
    store: (cx, ptr, value) => storeBits(cx, ptr, size, pack(value)),
  });
}

/** An unsigned integer of 1, 2 or 4 bytes. */
export function loadBits({ bytes, view }: Context, ptr: number, size: number): number {
  if (size === 1) return bytes[ptr]!;
  return size === 2 ? view.getUint16(ptr, true) : view.getUint32(ptr, true);
}

/** Stores an integer of 1, 2 or 4 bytes. */
export function storeBits(cx: Context, ptr: number, size: number, bits: number): void {
  if (size === 1) cx.bytes[ptr] = bits;
  else if (size === 2) cx.view.setUint16(ptr, bits, true);
  else cx.view.setUint32(ptr, bits, true);
}

/** Adds to each part where its core values begin. */
function place(fields: readonly Part[]): (Part & { readonly at: number })[] {
  let at = 0;
  return fields.map((field) => {
    const part = { ...field, at };
    at += field.conv.count;
    return part;
  });
}

function flatCount(parts: readonly Part[]): number {
  return parts.reduce((sum, { conv }) => sum + conv.count, 0);
}
