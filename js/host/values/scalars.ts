/** Booleans, numbers and characters. Spec: `load_int`, `convert_int_to_bool`, `convert_i32_to_char`. */

import { show } from '../errors.js';
import { rule } from '../rule.js';
import { trapped } from '../trap.js';
import type { Context } from './context.js';
import { type Conv, type Core, Failure, type Scalar } from './conv.js';

/** A type that is one core value, from what is peculiar to it. */
export function scalar(
  size: number,
  parts: {
    /** For messages: what JS should have passed. */
    expected: string;
    /** `typeof` of values that are of the type or out of its range; none when no value is out of range. */
    kind?: 'number' | 'bigint' | 'string';
    load(cx: Context, ptr: number): unknown;
    store(cx: Context, ptr: number, value: unknown): void;
  } & Scalar,
): Conv {
  const { expected, kind, test, toCore, fromCore, load, store } = parts;
  return {
    size,
    align: size,
    count: 1,
    scalar: { test, toCore, fromCore },
    check: (_, value) =>
      test(value)
        ? undefined
        : new Failure(`expected ${expected}, got ${show(value)}`, typeof value === kind),
    load,
    store,
    lift: (_, flat, at) => fromCore(flat[at]!),
    lower: (_, value, flat) => {
      flat.push(toCore(value));
    },
  };
}

const same = (value: unknown): Core => value as Core;
const number = (value: unknown): value is number => typeof value === 'number';

/** A float's NaN loses its payload. Spec: `canonicalize_nan32`, `canonicalize_nan64`. */
const float = (core: Core): Core => (Number.isNaN(core) ? Number.NaN : core);
const anyFloat = {
  expected: 'a number',
  test: number,
  toCore: same,
  fromCore: float,
};

/** The types that are spelled with one word, but for `string`. */
export const scalars = {
  bool: scalar(1, {
    expected: 'a boolean',
    test: (v) => typeof v === 'boolean',
    toCore: (v) => (v ? 1 : 0),
    fromCore: (c) => c !== 0,
    load: (cx, ptr) => cx.bytes[ptr] !== 0,
    store: (cx, ptr, v) => {
      cx.bytes[ptr] = v ? 1 : 0;
    },
  }),
  u8: scalar(1, {
    expected: 'an integer from 0 to 255',
    kind: 'number',
    test: (v) => number(v) && (v & 0xff) === v,
    toCore: same,
    fromCore: (c) => (c as number) & 0xff,
    load: (cx, ptr) => cx.bytes[ptr],
    store: (cx, ptr, v) => {
      cx.bytes[ptr] = v as number;
    },
  }),
  s8: scalar(1, {
    expected: 'an integer from -128 to 127',
    kind: 'number',
    test: (v) => number(v) && (v << 24) >> 24 === v,
    toCore: same,
    fromCore: (c) => ((c as number) << 24) >> 24,
    load: (cx, ptr) => cx.view.getInt8(ptr),
    store: (cx, ptr, v) => cx.view.setInt8(ptr, v as number),
  }),
  u16: scalar(2, {
    expected: 'an integer from 0 to 65535',
    kind: 'number',
    test: (v) => number(v) && (v & 0xffff) === v,
    toCore: same,
    fromCore: (c) => (c as number) & 0xffff,
    load: (cx, ptr) => cx.view.getUint16(ptr, true),
    store: (cx, ptr, v) => cx.view.setUint16(ptr, v as number, true),
  }),
  s16: scalar(2, {
    expected: 'an integer from -32768 to 32767',
    kind: 'number',
    test: (v) => number(v) && (v << 16) >> 16 === v,
    toCore: same,
    fromCore: (c) => ((c as number) << 16) >> 16,
    load: (cx, ptr) => cx.view.getInt16(ptr, true),
    store: (cx, ptr, v) => cx.view.setInt16(ptr, v as number, true),
  }),
  u32: scalar(4, {
    expected: 'an integer from 0 to 4294967295',
    kind: 'number',
    test: (v) => number(v) && v >>> 0 === v,
    toCore: same,
    fromCore: (c) => (c as number) >>> 0,
    load: (cx, ptr) => cx.view.getUint32(ptr, true),
    store: (cx, ptr, v) => cx.view.setUint32(ptr, v as number, true),
  }),
  s32: scalar(4, {
    expected: 'an integer from -2147483648 to 2147483647',
    kind: 'number',
    test: (v) => number(v) && (v | 0) === v,
    toCore: same,
    fromCore: same,
    load: (cx, ptr) => cx.view.getInt32(ptr, true),
    store: (cx, ptr, v) => cx.view.setInt32(ptr, v as number, true),
  }),
  u64: scalar(8, {
    expected: 'a bigint from 0 to 18446744073709551615',
    kind: 'bigint',
    test: (v) => typeof v === 'bigint' && BigInt.asUintN(64, v) === v,
    toCore: same,
    fromCore: (c) => BigInt.asUintN(64, c as bigint),
    load: (cx, ptr) => cx.view.getBigUint64(ptr, true),
    store: (cx, ptr, v) => cx.view.setBigUint64(ptr, v as bigint, true),
  }),
  s64: scalar(8, {
    expected: 'a bigint from -9223372036854775808 to 9223372036854775807',
    kind: 'bigint',
    test: (v) => typeof v === 'bigint' && BigInt.asIntN(64, v) === v,
    toCore: same,
    fromCore: same,
    load: (cx, ptr) => cx.view.getBigInt64(ptr, true),
    store: (cx, ptr, v) => cx.view.setBigInt64(ptr, v as bigint, true),
  }),
  f32: scalar(4, {
    ...anyFloat,
    load: (cx, ptr) => float(cx.view.getFloat32(ptr, true)),
    store: (cx, ptr, v) => cx.view.setFloat32(ptr, v as number, true),
  }),
  f64: scalar(8, {
    ...anyFloat,
    load: (cx, ptr) => float(cx.view.getFloat64(ptr, true)),
    store: (cx, ptr, v) => cx.view.setFloat64(ptr, v as number, true),
  }),
  char: scalar(4, {
    expected: 'a string of one code point',
    kind: 'string',
    test: isChar,
    toCore: (v) => (v as string).codePointAt(0)!,
    fromCore: (c) => toChar((c as number) >>> 0),
    load: (cx, ptr) => toChar(cx.view.getUint32(ptr, true)),
    store: (cx, ptr, v) => cx.view.setUint32(ptr, (v as string).codePointAt(0)!, true),
  }),
} satisfies Record<string, Conv>;

function isChar(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const code = value.codePointAt(0);
  if (code === undefined || (code >= 0xd800 && code <= 0xdfff)) return false;
  return value.length === (code > 0xffff ? 2 : 1);
}

function toChar(code: number): string {
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  if (rule('char-range', code > 0x10ffff) || rule('char-surrogate', surrogate)) {
    throw trapped('invalid-char', `${code} is not a char`);
  }
  return String.fromCodePoint(code);
}
