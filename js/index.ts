/** tidegate's public API. Entries under `entry/` export it, after they have set the platform. */

export type { CompileLimits, Feature, ShippedFeature } from './generated/abi.js';
export type { CallOptions } from './host/calls.js';
export type { CompileOptions } from './host/compile.js';
export { Component, Instance, type InstantiateOptions, precompile } from './host/component.js';
export {
  type Components,
  type ComposeOptions,
  compose,
  type Links,
  type LinkTarget,
} from './host/compose.js';
export {
  type CompileErrorCode,
  ComponentCompileError,
  ComponentError,
  ComponentLinkError,
  ComponentTrap,
  type MissingImport,
  TidegateFault,
  type TrapCode,
  type TrapPlace,
  type TrapTask,
} from './host/errors.js';
export type { ComponentExports, ExportItem } from './host/exports.js';
export type { ByteSource, CallContext, StreamSource } from './host/given.js';
export type { GuestFuture } from './host/guest-future.js';
export type { Imports } from './host/imports.js';
export type { JspiNeeds } from './host/jspi-needs.js';
export type { StoreLimits, StoreOptions } from './host/machine.js';
export type { LoadOptions } from './host/precompiled.js';
export { Store } from './host/store.js';
export { suspending } from './host/suspending.js';
export type { TraceEvent } from './host/trace.js';
export type { ExternType } from './host/wit.js';
export type {
  ItemDescription,
  NamedType,
  ResourceDescription,
  ValueType,
  WorldDescription,
} from './host/world.js';
