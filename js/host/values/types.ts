/**
 * The value types of one component as conversions, each made when it is first needed.
 * Enters: the artifact's type descriptions. Leaves: what the types mean, which the files beside know.
 */

import type { Artifact, CoreType, ElementType, FuncDesc, TypeDesc } from '../artifact.js';
import { TidegateFault } from '../errors.js';
import { camel } from '../names.js';
import { flags, type Part, record, tuple } from './aggregates.js';
import type { Context } from './context.js';
import type { Conv, Failure } from './conv.js';
import { borrow, errorContext, future, own, stream } from './handles.js';
import { type Elements, elements, fixedLengthList, list, map } from './lists.js';
import { type Pointers, pointers32, pointers64 } from './pointers.js';
import { scalars } from './scalars.js';
import { string } from './strings.js';
import { type CaseConv, enumeration, option, type Shape, tagged } from './variants.js';

/** A function type, ready for calls. */
export interface Signature {
  readonly params: readonly Conv[];
  /** Names of the parameters, as messages have them. */
  readonly names: readonly string[];
  /** All parameters as a tuple, for when they go through memory. */
  readonly tuple: Conv;
  /** How many core values all parameters are together. */
  readonly flatParams: number;
  readonly result: Conv | undefined;
  /** The result's first core type; undefined when there is none. */
  readonly flatResult: CoreType | undefined;
  /** The result is a `result`: JS returns its ok value or throws its error. */
  readonly throws: boolean;
  readonly async: boolean;
  /** Resources, by their indices, that the parameters borrow. */
  readonly borrowed: readonly number[];
  /** The result is a future, so that JS may return a promise though the function is not async. */
  readonly future: boolean;
}

/** What the host has to know of the elements of a stream or future. */
export interface Element {
  /** Undefined when there are no values, only their number. */
  readonly conv: Conv | undefined;
  readonly many: Elements | undefined;
  /** It is `u8`, which JS has as bytes. */
  readonly bytes: boolean;
  /** It is a number, or nothing: its bytes move from guest to guest as they are. */
  readonly flat: boolean;
  /** JS has a single element as an array, so that an array is not taken for several of them. */
  readonly isArray: boolean;
  /** Its values hold resources, streams or futures, which somebody must drop. */
  readonly owns: boolean;
  /** `future<result<..>>`: a rejection with a payload is its error. */
  readonly throws: boolean;
}

const NO_ELEMENT = {
  conv: undefined,
  many: undefined,
  bytes: false,
  isArray: false,
  owns: false,
  throws: false,
};

export class Types {
  readonly #convs: (Conv | undefined)[] = [];
  readonly #signatures: (Signature | undefined)[] = [];
  readonly #elements: (Element | undefined)[] = [];

  readonly #types: readonly TypeDesc[];
  readonly #pointers: Pointers;
  readonly #string: Conv;

  /** `memory64`: as values are in memories with 64-bit addresses. */
  constructor(
    readonly artifact: Artifact,
    memory64 = false,
  ) {
    this.#types = memory64 ? artifact.types64 : artifact.types;
    this.#pointers = memory64 ? pointers64 : pointers32;
    this.#string = string(this.#pointers);
  }

  /** The conversion of a type. Types come after those that they are made of; so this ends. */
  conv(index: number): Conv {
    let conv = this.#convs[index];
    if (conv === undefined) {
      conv = this.#make(this.#desc(index));
      this.#convs[index] = conv;
    }
    return conv;
  }

  signature(index: number): Signature {
    let signature = this.#signatures[index];
    if (signature === undefined) {
      const desc = this.artifact.funcs[index];
      if (desc === undefined) throw new TidegateFault(`there is no function type ${index}`);
      signature = this.#signature(desc);
      this.#signatures[index] = signature;
    }
    return signature;
  }

  element(index: number): Element {
    let element = this.#elements[index];
    if (element === undefined) {
      const desc = this.artifact.elementTypes[index];
      if (desc === undefined) throw new TidegateFault(`there is no element type ${index}`);
      element = this.#element(desc);
      this.#elements[index] = element;
    }
    return element;
  }

  /** Whether a function's own result is a `result`. */
  throws(index: number | null | undefined): boolean {
    return index !== undefined && index !== null && this.#desc(index).kind === 'result';
  }

  #desc(index: number): TypeDesc {
    const desc = this.#types[index];
    if (desc === undefined) throw new TidegateFault(`there is no type ${index}`);
    return desc;
  }

  #signature(desc: FuncDesc): Signature {
    const params = desc.params.map(({ ty }) => this.conv(ty));
    return {
      params,
      names: desc.params.map(({ name }) => camel(name)),
      tuple: this.conv(desc.paramsTuple),
      flatParams: flatCount(desc.params.map(({ ty }) => this.#desc(ty))),
      result:
        desc.result === undefined || desc.result === null ? undefined : this.conv(desc.result),
      flatResult: typeof desc.result === 'number' ? this.#desc(desc.result).flat?.[0] : undefined,
      throws: this.throws(desc.result),
      async: desc.async,
      borrowed: desc.borrows ? this.#borrowed(desc) : [],
      future: this.#isFuture(desc.result),
    };
  }

  #borrowed(desc: FuncDesc): number[] {
    const found = new Set<number>();
    for (const type of this.#inside(desc.params.map(({ ty }) => ty))) {
      if (type.kind === 'borrow') found.add(type.resource);
    }
    return [...found];
  }

  /** Whether a type's values hold handles that are theirs. */
  #owns(ty: number): boolean {
    for (const { kind } of this.#inside([ty])) {
      if (kind === 'own' || kind === 'stream' || kind === 'future') return true;
    }
    return false;
  }

  /** These types and all that their values hold, each once. */
  *#inside(todo: number[]): Generator<TypeDesc> {
    const seen = new Set<number>();
    for (let ty = todo.pop(); ty !== undefined; ty = todo.pop()) {
      if (seen.has(ty)) continue;
      seen.add(ty);
      const type = this.#desc(ty);
      yield type;
      todo.push(...parts(type));
    }
  }

  /** A future, or a `result` whose ok value is one. */
  #isFuture(index: number | null | undefined): boolean {
    if (index === undefined || index === null) return false;
    const desc = this.#desc(index);
    return desc.kind === 'future' || (desc.kind === 'result' && this.#isFuture(desc.ok));
  }

  #element({ ty, flatNumber: flat }: ElementType): Element {
    if (ty === undefined || ty === null) return { ...NO_ELEMENT, flat };
    const { kind } = this.#desc(ty);
    const conv = this.conv(ty);
    return {
      conv,
      many: elements(kind, conv),
      bytes: kind === 'u8',
      flat,
      isArray: kind === 'list' || kind === 'fixed-length-list' || kind === 'tuple',
      owns: this.#owns(ty),
      throws: kind === 'result',
    };
  }

  #make(desc: TypeDesc): Conv {
    switch (desc.kind) {
      case 'string':
        return this.#string;
      case 'list':
        return list(this.#desc(desc.ty).kind, this.conv(desc.ty), this.#pointers);
      case 'fixed-length-list':
        return fixedLengthList(this.#desc(desc.ty).kind, this.conv(desc.ty), desc.length);
      case 'map':
        return map(this.conv(desc.entry), this.#pointers);
      case 'record':
      case 'tuple':
        return (desc.kind === 'record' ? record : tuple)(
          desc.size,
          desc.align,
          desc.fields.map((field): Part => ({ ...field, conv: this.conv(field.ty) })),
        );
      case 'flags':
        return flags(desc.size, desc.labels);
      case 'enum':
        return enumeration(desc.discriminantSize, desc.labels);
      case 'variant':
        return tagged(
          shape(
            desc,
            desc.discriminantSize,
            desc.payloadOffset,
            desc.cases.map(({ name, ty }) => this.#case(name, ty)),
          ),
        );
      case 'option': {
        const cases = [this.#case('none', undefined), this.#case('some', desc.ty)];
        const nested = this.#desc(desc.ty).kind === 'option';
        return (nested ? tagged : option)(shape(desc, 1, desc.payloadOffset, cases));
      }
      case 'result':
        return tagged(
          shape(desc, 1, desc.payloadOffset, [
            this.#case('ok', desc.ok),
            this.#case('err', desc.err),
          ]),
        );
      case 'own':
        return own(desc.resource);
      case 'borrow':
        return borrow(desc.resource);
      case 'stream':
        return stream(desc.element);
      case 'future':
        return future(desc.element);
      case 'error-context':
        return errorContext;
      default:
        return scalars[desc.kind];
    }
  }

  #case(name: string, ty: number | null | undefined): CaseConv {
    if (ty === undefined || ty === null) return { name, conv: undefined, flat: [] };
    return { name, conv: this.conv(ty), flat: this.#desc(ty).flat ?? [] };
  }
}

/** Checks what JS passes for a function's parameters. */
export function checkArgs(
  { params, names }: Signature,
  cx: Context,
  args: readonly unknown[],
): Error | undefined {
  cx.beginCheck();
  for (let i = 0; i < params.length; i++) {
    const failure: Failure | undefined = params[i]!.check(cx, args[i]);
    if (failure !== undefined) return failure.toError(names[i]!);
  }
  return undefined;
}

/** The types that a type's values directly hold. */
function parts(desc: TypeDesc): number[] {
  switch (desc.kind) {
    case 'list':
    case 'fixed-length-list':
    case 'option':
      return [desc.ty];
    case 'map':
      return [desc.entry];
    case 'record':
    case 'tuple':
      return desc.fields.map(({ ty }) => ty);
    case 'variant':
      return desc.cases.map(({ ty }) => ty).filter((ty) => typeof ty === 'number');
    case 'result':
      return [desc.ok, desc.err].filter((ty) => typeof ty === 'number');
    default:
      return [];
  }
}

function shape(
  desc: TypeDesc,
  discriminantSize: number,
  payloadOffset: number,
  cases: readonly CaseConv[],
): Shape {
  const { size, align } = desc;
  return { size, align, discriminantSize, payloadOffset, flat: desc.flat ?? [], cases };
}

function flatCount(types: readonly { readonly flat?: readonly CoreType[] | null }[]): number {
  return types.reduce((sum, { flat }) => sum + (flat?.length ?? Number.POSITIVE_INFINITY), 0);
}
