/**
 * The compiler's artifact as it arrives in JS: the mirror of `src/compiler/src/plan`, whose doc
 * comments say what each part means. The two change together.
 */

import type { Feature } from '../generated/abi.js';

export interface Artifact {
  readonly version: string;
  readonly shimAbi: number;
  readonly features: readonly Feature[];
  readonly types: readonly TypeDesc[];
  readonly types64: readonly TypeDesc[];
  readonly funcs: readonly FuncDesc[];
  readonly resources: readonly ResourceDesc[];
  readonly elementTypes: readonly ElementType[];
  readonly modules: readonly CoreModule[];
  readonly unusedModules: readonly ByteRange[];
  readonly moduleTypes: readonly CoreModuleType[];
  readonly shims: readonly Shim[];
  readonly guards?: Shim | null;
  readonly steps: readonly Step[];
  readonly multiMemory: boolean;
  readonly instances: readonly ComponentInstance[];
  readonly slots: number;
  readonly lowered: readonly Lowered[];
  readonly returns: readonly TaskReturn[];
  readonly sites: readonly Site[];
  readonly callSites: readonly CallSite[];
  readonly lifted: readonly Lifted[];
  readonly imports: readonly Extern[];
  readonly exports: readonly Extern[];
}

export interface ComponentInstance {
  readonly parent?: number | null;
  readonly name: string;
  readonly blocking: Blocking;
}

export interface Blocking {
  readonly builtins: readonly string[];
  readonly lowered: readonly number[];
  readonly calls: readonly number[];
  readonly spawns: readonly number[];
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface DefinedModule extends ByteRange {
  readonly patches: readonly Patch[];
}

/** Other bytes in place of a range of the component's. */
export interface Patch extends ByteRange {
  readonly bytes: Uint8Array;
}

export type CoreModule =
  | ({ readonly origin: 'defined' } & DefinedModule)
  | { readonly origin: 'imported'; readonly path: readonly string[]; readonly ty: number };

export interface CoreModuleType {
  readonly imports: readonly ({
    readonly module: string;
    readonly name: string;
  } & CoreExternType)[];
  readonly exports: readonly ({ readonly name: string } & CoreExternType)[];
}

export type CoreExternType =
  | { readonly kind: 'func' | 'tag'; readonly signature?: string | null }
  | { readonly kind: 'table'; readonly element?: string | null; readonly limits: CoreLimits }
  | { readonly kind: 'memory'; readonly limits: CoreLimits; readonly shared: boolean }
  | { readonly kind: 'global'; readonly value?: string | null; readonly mutable: boolean };

export interface CoreLimits {
  readonly is64: boolean;
  readonly min: number;
  readonly max?: number | null;
}

export type CoreType = 'i32' | 'i64' | 'f32' | 'f64';

export type TypeDesc = TypeKind & {
  readonly size: number;
  readonly align: number;
  /** Absent when there are more than 16. */
  readonly flat?: readonly CoreType[] | null;
};

export type Primitive =
  | 'bool'
  | 's8'
  | 'u8'
  | 's16'
  | 'u16'
  | 's32'
  | 'u32'
  | 's64'
  | 'u64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string'
  | 'error-context';

export type TypeKind =
  | { readonly kind: Primitive }
  | { readonly kind: 'list'; readonly ty: number }
  | { readonly kind: 'fixed-length-list'; readonly ty: number; readonly length: number }
  | { readonly kind: 'record' | 'tuple'; readonly fields: readonly Field[] }
  | {
      readonly kind: 'variant';
      readonly cases: readonly Case[];
      readonly discriminantSize: number;
      readonly payloadOffset: number;
    }
  | { readonly kind: 'enum'; readonly labels: readonly string[]; readonly discriminantSize: number }
  | { readonly kind: 'flags'; readonly labels: readonly string[] }
  | { readonly kind: 'option'; readonly ty: number; readonly payloadOffset: number }
  | {
      readonly kind: 'result';
      readonly ok?: number | null;
      readonly err?: number | null;
      readonly payloadOffset: number;
    }
  | { readonly kind: 'map'; readonly key: number; readonly value: number; readonly entry: number }
  | { readonly kind: 'own' | 'borrow'; readonly resource: number }
  | { readonly kind: 'stream' | 'future'; readonly element: number };

export interface Field {
  readonly name: string;
  readonly ty: number;
  readonly offset: number;
}

export interface Case {
  readonly name: string;
  readonly ty?: number | null;
}

export interface FuncDesc {
  readonly params: readonly { readonly name: string; readonly ty: number }[];
  readonly paramsTuple: number;
  readonly result?: number | null;
  readonly async: boolean;
  readonly borrows: boolean;
}

export type ResourceDesc =
  | { readonly origin: 'imported'; readonly path: readonly string[] }
  | { readonly origin: 'defined'; readonly instance: number; readonly name?: string | null };

export interface ElementType {
  readonly ty?: number | null;
  readonly flatNumber: boolean;
  readonly key: string;
}

export interface Shim {
  readonly code: Uint8Array<ArrayBuffer>;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly source: Source;
}

export type Source =
  | { readonly from: 'runtime' | 'driver'; readonly name: string }
  | { readonly from: 'trap' | 'fault' | 'entered' | 'threads' | 'table' }
  | { readonly from: 'done'; readonly ty?: CoreType | null }
  | { readonly from: 'late'; readonly ty: CoreType }
  | {
      readonly from:
        | 'lowered'
        | 'return'
        | 'instance'
        | 'elementType'
        | 'resource'
        | 'site'
        | 'callSite';
      readonly index: number;
    }
  | { readonly from: 'mayLeave'; readonly instance: number }
  | { readonly from: 'core'; readonly instance: number; readonly name: string }
  | { readonly from: 'shim'; readonly shim: number; readonly name: string };

export type Step =
  | { readonly op: 'resource'; readonly resource: number; readonly slot?: number | null }
  | { readonly op: 'slot'; readonly slot: number; readonly source: Source }
  | { readonly op: 'shim'; readonly shim: number }
  | {
      readonly op: 'core';
      readonly module: number;
      readonly instance: number;
      readonly imports: readonly Import[];
    };

export type StringEncoding = 'utf8' | 'utf16' | 'latin1+utf16';

/** Sources in it are resolved at the first call: `realloc` may be an export of the shim that imports the function. */
export interface Options {
  readonly instance: number;
  readonly encoding: StringEncoding;
  readonly memory?: Source | null;
  readonly memory64: boolean;
  readonly realloc?: Source | null;
}

export interface Lowered {
  readonly path: readonly string[];
  readonly builtin: boolean;
  readonly func: number;
  readonly async: boolean;
  readonly options: Options;
}

export interface TaskReturn {
  readonly result?: number | null;
  readonly options: Options;
}

export interface Site {
  readonly element: number;
  readonly options: Options;
}

export interface CallSite {
  readonly name?: string | null;
  readonly caller: number;
  readonly loweredAsync: boolean;
  readonly callee: number;
  readonly async: boolean;
  readonly callback?: number | null;
  readonly returnKey: number;
  readonly start?: number | null;
  readonly returns?: number | null;
}

export interface Lifted {
  readonly name?: string | null;
  readonly func: number;
  readonly core: Source;
  readonly async: boolean;
  readonly callback?: number | null;
  readonly guard?: number | null;
  readonly postReturn?: Source | null;
  readonly options: Options;
  readonly returnKey: number;
}

export type Extern = { readonly name: string; readonly implements?: string | null } & Item;

export type Item =
  | { readonly kind: 'func'; readonly func: number; readonly lifted?: number | null }
  | { readonly kind: 'instance'; readonly items: readonly Extern[] }
  | { readonly kind: 'type'; readonly ty: number }
  | { readonly kind: 'resource'; readonly resource: number }
  | { readonly kind: 'module'; readonly ty: number; readonly module?: number | null };
