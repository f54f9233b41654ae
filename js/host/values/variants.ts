/** Variants, enums, options and results. Spec: `load_variant`, `lift_flat_variant`, `lower_flat_variant`. */

import type { CoreType } from '../artifact.js';
import { show } from '../errors.js';
import { rule } from '../rule.js';
import { trapped } from '../trap.js';
import { loadBits, storeBits } from './aggregates.js';
import { type Conv, type Core, Failure, TOO_MANY } from './conv.js';
import { scalar } from './scalars.js';

/** One case: its payload's type and that type's own core types. */
export interface CaseConv {
  readonly name: string;
  readonly conv: Conv | undefined;
  readonly flat: readonly CoreType[];
}

/** What the types with cases have in common. */
export interface Shape {
  readonly size: number;
  readonly align: number;
  readonly discriminantSize: number;
  readonly payloadOffset: number;
  /** Core types of the whole: the discriminant's and the joined ones; empty when there are too many. */
  readonly flat: readonly CoreType[];
  readonly cases: readonly CaseConv[];
}

/** How the JS value tells its case: the only difference between these types. */
interface Form {
  /** Index of the value's case; a failure when it has none. */
  which(value: unknown): number | Failure;
  /** The payload of a value that has one. */
  payload(value: unknown): unknown;
  /** Where the payload is, for messages. */
  readonly step: string;
  make(index: number, payload: unknown): unknown;
}

interface Tagged {
  readonly tag?: unknown;
  readonly val?: unknown;
}

/** `variant`, nested `result`, and `option` of what may itself be undefined: `{ tag, val }`. */
export function tagged(shape: Shape): Conv {
  const names = shape.cases.map(({ name }) => name);
  const indices = new Map(names.map((name, i) => [name, i]));
  return cased(shape, {
    which(value) {
      const tag = typeof value === 'object' && value !== null ? (value as Tagged).tag : undefined;
      const index = typeof tag === 'string' ? indices.get(tag) : undefined;
      return index ?? new Failure(`expected { tag } of ${choice(names)}, got ${show(value)}`);
    },
    payload: (value) => (value as Tagged).val,
    step: '.val',
    make: (index, val) =>
      shape.cases[index]!.conv === undefined ? { tag: names[index] } : { tag: names[index], val },
  });
}

/** `option<T>` as `T | undefined`; null is taken for undefined. */
export function option(shape: Shape): Conv {
  return cased(shape, {
    which: (value) => (value === undefined || value === null ? 0 : 1),
    payload: (value) => value,
    step: '',
    make: (_, value) => value,
  });
}

/** `enum` as the label. */
export function enumeration(size: number, labels: readonly string[]): Conv {
  const indices = new Map<unknown, number>(labels.map((label, i) => [label, i]));
  const label = (index: number) => {
    if (rule('case-enum', index >= labels.length)) throw invalid(index);
    return labels[index];
  };
  return scalar(size, {
    expected: `one of ${choice(labels)}`,
    kind: 'string',
    test: (value) => indices.has(value),
    toCore: (value) => indices.get(value) ?? 0,
    fromCore: (core) => label((core as number) >>> 0),
    load: (cx, ptr) => label(loadBits(cx, ptr, size)),
    store: (cx, ptr, value) => storeBits(cx, ptr, size, indices.get(value) ?? 0),
  });
}

function cased(shape: Shape, form: Form): Conv {
  const { size, align, discriminantSize, payloadOffset, flat: joined, cases } = shape;
  const coercions = cases.map(({ flat }) => coercion(flat, joined));
  /** The case of a checked value. */
  const which = (value: unknown): number => {
    const index = form.which(value);
    if (typeof index !== 'number') throw index.toError('value');
    return index;
  };
  return {
    size,
    align,
    // At least the discriminant is there, unless there are too many.
    count: joined.length || TOO_MANY,
    check(cx, value) {
      const index = form.which(value);
      if (typeof index !== 'number') return index;
      return cases[index]!.conv?.check(cx, form.payload(value))?.within(form.step);
    },
    load(cx, ptr) {
      const index = loadBits(cx, ptr, discriminantSize);
      if (rule('case-memory', index >= cases.length)) throw invalid(index);
      return form.make(index, cases[index]!.conv?.load(cx, ptr + payloadOffset));
    },
    store(cx, ptr, value) {
      const index = which(value);
      storeBits(cx, ptr, discriminantSize, index);
      cases[index]!.conv?.store(cx, ptr + payloadOffset, form.payload(value));
    },
    lift(cx, flat, at) {
      const index = (flat[at] as number) >>> 0;
      if (rule('case-flat', index >= cases.length)) throw invalid(index);
      const { conv } = cases[index]!;
      if (conv === undefined) return form.make(index, undefined);
      const coerce = coercions[index];
      return form.make(
        index,
        coerce === undefined
          ? conv.lift(cx, flat, at + 1)
          : conv.lift(
              cx,
              coerce.map(({ narrow }, i) => narrow(flat[at + 1 + i]!)),
              0,
            ),
      );
    },
    lower(cx, value, flat) {
      const index = which(value);
      const end = flat.push(index) - 1 + joined.length;
      const start = flat.length;
      cases[index]!.conv?.lower(cx, form.payload(value), flat);
      coercions[index]?.forEach(({ widen }, i) => {
        flat[start + i] = widen(flat[start + i]!);
      });
      while (flat.length < end) {
        flat.push(joined[joined.length - (end - flat.length)] === 'i64' ? 0n : 0);
      }
    },
  };
}

/** Between a payload's core type and the one all cases share. Spec: `CoerceValueIter`, `join`. */
interface Coercion {
  narrow(core: Core): Core;
  widen(core: Core): Core;
}

const bits = new DataView(new ArrayBuffer(8));
const keep: Coercion = { narrow: (core) => core, widen: (core) => core };
const coercionsTo: Record<string, Coercion> = {
  'f32 i32': { narrow: (core) => toF32(core as number), widen: (core) => fromF32(core as number) },
  'i32 i64': {
    narrow: (core) => Number(BigInt.asIntN(32, core as bigint)),
    widen: (core) => BigInt((core as number) >>> 0),
  },
  'f32 i64': {
    narrow: (core) => toF32(Number(BigInt.asIntN(32, core as bigint))),
    widen: (core) => BigInt(fromF32(core as number) >>> 0),
  },
  'f64 i64': {
    narrow(core) {
      bits.setBigInt64(0, core as bigint);
      return bits.getFloat64(0);
    },
    widen(core) {
      bits.setFloat64(0, core as number);
      return bits.getBigInt64(0);
    },
  },
};

/** Undefined when no core value of the case changes its type. */
function coercion(own: readonly CoreType[], joined: readonly CoreType[]): Coercion[] | undefined {
  if (own.every((type, i) => type === joined[i + 1])) return undefined;
  return own.map((type, i) => coercionsTo[`${type} ${joined[i + 1]}`] ?? keep);
}

function toF32(i32: number): number {
  bits.setInt32(0, i32);
  return bits.getFloat32(0);
}

function fromF32(f32: number): number {
  bits.setFloat32(0, f32);
  return bits.getInt32(0);
}

function invalid(index: number): Error {
  return trapped('invalid-discriminant', `there is no case ${index}`);
}

function choice(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `'${name}'`);
  if (names.length > shown.length) shown.push('...');
  return shown.join(', ');
}
