/** Core modules of scripts, which components' scripts seldom have: by the engine's own API. */

import { float } from './values.mjs';

/** Whether a binary is a core module and not a component: its layer, the two bytes after the version, is 0. */
export const isCore = (bytes) => bytes[4] === 1 && bytes[6] === 0;

/** Calls an export; what it throws as a trap of the kinds that components have. */
export function callCore(call, args, ComponentTrap) {
  try {
    return call(...args.map(coreToJs));
  } catch (error) {
    const { Exception } = WebAssembly;
    if (Exception !== undefined && error instanceof Exception) {
      throw new ComponentTrap('uncaught-exception', 'uncaught exception', { cause: error });
    }
    if (error instanceof WebAssembly.RuntimeError) {
      throw new ComponentTrap('core-trap', error.message, { cause: error });
    }
    throw new ComponentTrap('stack-overflow', String(error), { cause: error });
  }
}

/** An instance in the shape of a component's. */
export async function instantiateCore(module, registered) {
  const imports = {};
  for (const { module: from } of WebAssembly.Module.imports(module)) {
    imports[from] = registered.get(from)?.exports ?? {};
  }
  return { exports: (await WebAssembly.instantiate(module, imports)).exports, core: true };
}

function coreToJs({ type, value }) {
  switch (type) {
    case 'i32':
      return Number(value);
    case 'i64':
      return BigInt(value);
    case 'f32':
    case 'f64':
      return float(type, value);
    default:
      throw new Error(`core constants of type ${type} are not known to the runner`);
  }
}

/** Whether the results of a core function are what the script wants. */
export function coreMatches(expected, actual) {
  const results = expected.length > 1 ? [...(actual ?? [])] : expected.length === 0 ? [] : [actual];
  return results.length === expected.length && expected.every((e, i) => same(e, results[i]));
}

function same({ type, value }, actual) {
  if (typeof value === 'string' && value.startsWith('nan:')) return Number.isNaN(actual);
  return Object.is(coreToJs({ type, value }), actual);
}
