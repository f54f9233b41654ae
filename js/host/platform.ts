/**
 * What differs between a page and Node: how our own wasm files are loaded, and how a macrotask is
 * scheduled. The entry for each platform sets it; everything else is common.
 */

import { TidegateFault } from './errors.js';

/** Our own wasm files. */
export type WasmName = 'runtime' | 'driver' | 'compiler' | 'composer';

/** What an entry provides. */
export interface Platform {
  /** The compiled file. Called at most once per name, unless it fails. */
  loadWasm(name: WasmName): Promise<WebAssembly.Module>;
  /** Runs `fn` as a task of its own, after I/O had its chance. */
  macrotask(fn: () => void): void;
  /** Whether somebody looks at this thread: it should not be busy for long. */
  readonly responsive: boolean;
  /** Starts the worker of `entry/compile-worker.ts`; absent or throwing where there can be none. */
  compileWorker?(): Worker;
}

let current: Platform | undefined;
const modules = new Map<WasmName, Promise<WebAssembly.Module>>();

/** Chooses the platform, before anything else is called. */
export function setPlatform(platform: Platform): void {
  current = platform;
}

/** The platform that the entry has set. */
export function platform(): Platform {
  if (current === undefined) throw new TidegateFault('no entry of tidegate has set the platform');
  return current;
}

/** One of our own wasm files, compiled once per process. A failed load is tried again next time. */
export function wasmModule(name: WasmName): Promise<WebAssembly.Module> {
  let module = modules.get(name);
  if (module === undefined) {
    module = platform()
      .loadWasm(name)
      .catch((cause: unknown) => {
        modules.delete(name);
        throw new Error(
          `tidegate could not load its ${name}.wasm: ${cause instanceof Error ? cause.message : cause}. ` +
            'It must be served beside the JavaScript files of the package.',
          { cause },
        );
      });
    modules.set(name, module);
  }
  return module;
}
