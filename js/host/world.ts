/**
 * What a component imports and exports as plain data, for programs that make something of it: forms, printers, stand-ins.
 * Equal types are one object, so that names are found by identity, and the whole stays as small as its description however
 * often a type is used; `structuredClone` and `postMessage` keep it so, `JSON.stringify` does not. Texts are left to `wit.ts`.
 */

import type { Artifact, Extern, FuncDesc, Primitive, TypeDesc } from './artifact.js';

import { type JspiNeeds, jspiNeeds } from './jspi-needs.js';

/** A component's world. */
export interface WorldDescription {
  /** What it wants. */
  readonly imports: readonly ItemDescription[];
  /** What it gives. */
  readonly exports: readonly ItemDescription[];
  /** All resource types that the imports and exports mention, and perhaps more. */
  readonly resources: readonly ResourceDescription[];
  /** The core modules in it, in order. */
  readonly modules: readonly { /** Bytes. */ readonly size: number }[];
  /** What it may need JSPI for; absent when it is nothing. */
  readonly needsJspi?: JspiNeeds;
}

/** An import or export, or an item of an interface. Names are those of WIT: kebab-case, `[method]fields.get`. */
export type ItemDescription =
  | {
      readonly kind: 'interface';
      readonly name: string;
      /** The interface that it is, like `wasi:http/handler@0.3.0`, where its name says something else. */
      readonly implements?: string;
      readonly items: readonly ItemDescription[];
    }
  | {
      readonly kind: 'func';
      readonly name: string;
      readonly async: boolean;
      readonly params: readonly NamedType[];
      readonly result?: ValueType;
    }
  | { readonly kind: 'type'; readonly name: string; readonly type: ValueType }
  | { readonly kind: 'resource'; readonly name: string; readonly resource: ResourceDescription }
  | { readonly kind: 'module'; readonly name: string };

/** A parameter, or a field of a record. */
export interface NamedType {
  readonly name: string;
  /** Of its values. */
  readonly type: ValueType;
}

/** A type of values. Spec: `valtype` in `Explainer.md`. */
export type ValueType =
  | { readonly kind: Primitive }
  | {
      readonly kind: 'list';
      readonly element: ValueType;
      /** Of a list whose length is part of its type. */
      readonly length?: number;
    }
  | { readonly kind: 'option'; readonly element: ValueType }
  | { readonly kind: 'map'; readonly key: ValueType; readonly value: ValueType }
  | { readonly kind: 'record'; readonly fields: readonly NamedType[] }
  | { readonly kind: 'tuple'; readonly types: readonly ValueType[] }
  | {
      readonly kind: 'variant';
      readonly cases: readonly { readonly name: string; readonly type?: ValueType }[];
    }
  | { readonly kind: 'enum' | 'flags'; readonly labels: readonly string[] }
  | { readonly kind: 'result'; readonly ok?: ValueType; readonly err?: ValueType }
  | { readonly kind: 'own' | 'borrow'; readonly resource: ResourceDescription }
  | { readonly kind: 'stream' | 'future'; readonly element?: ValueType };

/** A resource type. */
export interface ResourceDescription {
  /** As the interface that introduces it has it. */
  readonly name: string;
  /** Implemented by whoever instantiates the component, and not by the component. */
  readonly imported: boolean;
}

export function describeWorld(artifact: Artifact): WorldDescription {
  return new Describer(artifact).world();
}

class Describer {
  readonly #artifact: Artifact;
  readonly #types: (ValueType | undefined)[] = [];
  readonly #resources: readonly ResourceDescription[];

  constructor(artifact: Artifact) {
    this.#artifact = artifact;
    this.#resources = artifact.resources.map((desc) => {
      const imported = desc.origin === 'imported';
      return { name: (imported ? desc.path.at(-1) : desc.name) ?? 'resource', imported };
    });
  }

  world(): WorldDescription {
    const { imports, exports, modules } = this.#artifact;
    const needsJspi = jspiNeeds(this.#artifact);
    return {
      imports: this.#items(imports),
      exports: this.#items(exports),
      resources: this.#resources,
      modules: modules.flatMap((module) =>
        module.origin === 'defined' ? { size: module.end - module.start } : [],
      ),
      ...(needsJspi && { needsJspi }),
    };
  }

  #items(externs: readonly Extern[]): ItemDescription[] {
    return externs.map((extern) => this.#item(extern));
  }

  #item(extern: Extern): ItemDescription {
    const { kind, name } = extern;
    switch (kind) {
      case 'instance':
        return {
          kind: 'interface',
          name,
          ...(extern.implements ? { implements: extern.implements } : {}),
          items: this.#items(extern.items),
        };
      case 'func':
        return this.#func(name, this.#artifact.funcs[extern.func]!);
      case 'type':
        return { kind, name, type: this.#type(extern.ty) };
      case 'resource':
        return { kind, name, resource: this.#resources[extern.resource]! };
      case 'module':
        return { kind, name };
    }
  }

  #func(name: string, { async, params, result }: FuncDesc): ItemDescription {
    return {
      kind: 'func',
      name,
      async,
      params: params.map((param) => ({ name: param.name, type: this.#type(param.ty) })),
      ...this.#maybe('result', result),
    };
  }

  /** Types come after those that they are made of; so this ends. */
  #type(index: number): ValueType {
    this.#types[index] ??= this.#structure(this.#artifact.types[index]!);
    return this.#types[index];
  }

  #structure(desc: TypeDesc): ValueType {
    const { kind } = desc;
    switch (kind) {
      case 'list':
      case 'option':
        return { kind, element: this.#type(desc.ty) };
      case 'fixed-length-list':
        return { kind: 'list', element: this.#type(desc.ty), length: desc.length };
      case 'map':
        return { kind, key: this.#type(desc.key), value: this.#type(desc.value) };
      case 'record':
        return {
          kind,
          fields: desc.fields.map(({ name, ty }) => ({ name, type: this.#type(ty) })),
        };
      case 'tuple':
        return { kind, types: desc.fields.map(({ ty }) => this.#type(ty)) };
      case 'variant':
        return {
          kind,
          cases: desc.cases.map(({ name, ty }) => ({ name, ...this.#maybe('type', ty) })),
        };
      case 'enum':
      case 'flags':
        return { kind, labels: desc.labels };
      case 'result':
        return { kind, ...this.#maybe('ok', desc.ok), ...this.#maybe('err', desc.err) };
      case 'own':
      case 'borrow':
        return { kind, resource: this.#resources[desc.resource]! };
      case 'stream':
      case 'future':
        return {
          kind,
          ...this.#maybe('element', this.#artifact.elementTypes[desc.element]?.ty),
        };
      default:
        return { kind };
    }
  }

  #maybe<K extends string>(key: K, ty: number | null | undefined): { [P in K]?: ValueType } {
    return (typeof ty === 'number' ? { [key]: this.#type(ty) } : {}) as { [P in K]?: ValueType };
  }
}
