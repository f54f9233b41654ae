/** Core modules that components import and export, as `WebAssembly.Module`. Leaves their types to `core-modules.ts`. */

import type { CoreModuleType } from './artifact.js';

/** Types of modules that components have exported. */
const known = new WeakMap<WebAssembly.Module, CoreModuleType>();

/** Remembers the type that a module is exported with. */
export function exportModule(module: WebAssembly.Module, type: CoreModuleType): WebAssembly.Module {
  if (!known.has(module)) known.set(module, type);
  return module;
}

/** The type of a module that a component has exported. */
export function typeOfModule(module: WebAssembly.Module): CoreModuleType | undefined {
  return known.get(module);
}

/** Whether it is a core module, of whichever realm. */
export function isModule(value: unknown): value is WebAssembly.Module {
  return Object.prototype.toString.call(value) === '[object WebAssembly.Module]';
}
