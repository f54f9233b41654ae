/** Types in WIT's own words, for messages and for `component.imports` and `component.exports`. */

import type { Artifact, Extern, FuncDesc } from './artifact.js';
import { moduleText } from './core-modules.js';
import { funcName } from './names.js';
import { scalars } from './values/scalars.js';

/** An import or export, described. */
export type ExternType =
  | { readonly kind: 'interface'; readonly name: string; readonly items: readonly ExternType[] }
  | {
      readonly kind: 'func';
      readonly name: string;
      readonly async: boolean;
      readonly params: readonly { readonly name: string; readonly type: string }[];
      /** Absent when there is no result. */
      readonly result?: string;
      /** All of it, like `async func(data: stream<u8>) -> result`. */
      readonly wit: string;
    }
  | { readonly kind: 'type'; readonly name: string; readonly type: string }
  | { readonly kind: 'resource'; readonly name: string }
  /** A core module, a `WebAssembly.Module`. */
  | { readonly kind: 'module'; readonly name: string };

/** Names that types have where they are described. */
type TypeNames = ReadonlyMap<number, string>;

/** Deeper types are abridged: the text of a type can be exponentially longer than its description. */
const MAX_DEPTH = 6;

const NO_NAMES: TypeNames = new Map();

export function describe(artifact: Artifact, externs: readonly Extern[]): ExternType[] {
  return describeAll(artifact, externs, namesOf(externs));
}

/** A function type as WIT has it. `names` is the list of items that the function is one of. */
function funcWit(artifact: Artifact, index: number, items: readonly Extern[]): string {
  return funcText(artifact, artifact.funcs[index]!, namesOf(items));
}

function describeAll(
  artifact: Artifact,
  externs: readonly Extern[],
  names: TypeNames,
): ExternType[] {
  return externs.map((extern) => describeOne(artifact, extern, names));
}

function describeOne(artifact: Artifact, extern: Extern, names: TypeNames): ExternType {
  const { name } = extern;
  switch (extern.kind) {
    case 'instance': {
      const items = describeAll(artifact, extern.items, namesOf(extern.items));
      return { kind: 'interface', name, items };
    }
    case 'func':
      return describeFunc(artifact, name, artifact.funcs[extern.func]!, names);
    case 'type':
      // Its own name would say nothing.
      return { kind: 'type', name, type: typeText(artifact, extern.ty, without(names, extern.ty)) };
    case 'resource':
      return { kind: 'resource', name };
    case 'module':
      return { kind: 'module', name };
  }
}

function describeFunc(
  artifact: Artifact,
  name: string,
  func: FuncDesc,
  names: TypeNames,
): ExternType {
  const { result } = func;
  return {
    kind: 'func',
    name,
    async: func.async,
    params: func.params.map((param) => ({
      name: param.name,
      type: typeText(artifact, param.ty, names),
    })),
    ...(typeof result === 'number' ? { result: typeText(artifact, result, names) } : {}),
    wit: funcText(artifact, func, names),
  };
}

function funcText(artifact: Artifact, func: FuncDesc, names: TypeNames): string {
  const params = func.params.map(({ name, ty }) => `${name}: ${typeText(artifact, ty, names)}`);
  const result =
    typeof func.result === 'number' ? ` -> ${typeText(artifact, func.result, names)}` : '';
  return `${func.async ? 'async ' : ''}func(${params.join(', ')})${result}`;
}

function namesOf(items: readonly Extern[]): TypeNames {
  const names = new Map<number, string>();
  for (const item of items) {
    if (item.kind === 'type' && !names.has(item.ty)) names.set(item.ty, item.name);
  }
  return names;
}

function without(names: TypeNames, ty: number): TypeNames {
  const rest = new Map(names);
  rest.delete(ty);
  return rest;
}

function typeText(artifact: Artifact, index: number, names: TypeNames, depth = 0): string {
  const desc = artifact.types[index]!;
  // Types are told apart by structure, so that a name for `u64` would be a guess.
  const name = desc.kind in scalars ? undefined : names.get(index);
  if (name !== undefined) return name;
  if (depth > MAX_DEPTH) return '...';
  const text = (ty: number) => typeText(artifact, ty, names, depth + 1);
  const maybe = (ty: number | null | undefined) => (typeof ty === 'number' ? text(ty) : undefined);
  const element = (i: number) => maybe(artifact.elementTypes[i]?.ty);
  switch (desc.kind) {
    case 'list':
      return `list<${text(desc.ty)}>`;
    case 'fixed-length-list':
      return `list<${text(desc.ty)}, ${desc.length}>`;
    case 'option':
      return `option<${text(desc.ty)}>`;
    case 'map':
      return `map<${text(desc.key)}, ${text(desc.value)}>`;
    case 'tuple':
      return `tuple<${desc.fields.map(({ ty }) => text(ty)).join(', ')}>`;
    case 'record':
      return `record { ${desc.fields.map((f) => `${f.name}: ${text(f.ty)}`).join(', ')} }`;
    case 'variant':
      return `variant { ${desc.cases.map(({ name, ty }) => name + angled('(', maybe(ty), ')')).join(', ')} }`;
    case 'enum':
    case 'flags':
      return `${desc.kind} { ${desc.labels.join(', ')} }`;
    case 'result': {
      const [ok, err] = [maybe(desc.ok), maybe(desc.err)];
      return `result${angled('<', err === undefined ? ok : `${ok ?? '_'}, ${err}`, '>')}`;
    }
    case 'own':
      return resourceName(artifact, desc.resource);
    case 'borrow':
      return `borrow<${resourceName(artifact, desc.resource)}>`;
    case 'stream':
    case 'future':
      return desc.kind + angled('<', element(desc.element), '>');
    default:
      return desc.kind;
  }
}

function angled(open: string, text: string | undefined, close: string): string {
  return text === undefined ? '' : open + text + close;
}

function resourceName(artifact: Artifact, index: number): string {
  const desc = artifact.resources[index];
  if (desc === undefined) return 'resource';
  return (desc.origin === 'imported' ? desc.path.at(-1) : desc.name) ?? 'resource';
}

/** What an import inside of an interface is, in WIT; for link errors. */
export function externWit(artifact: Artifact, extern: Extern, items: readonly Extern[]): string {
  switch (extern.kind) {
    case 'func': {
      const { kind } = funcName(extern.name);
      const text = funcWit(artifact, extern.func, items);
      return kind === 'plain' ? text : `${kind} ${text}`;
    }
    case 'resource':
      return 'resource';
    case 'instance':
      return 'interface';
    case 'type':
      return typeText(artifact, extern.ty, NO_NAMES);
    case 'module':
      return moduleText(artifact.moduleTypes[extern.ty]!);
  }
}
