/** Core modules of scripts, which components' scripts seldom have: by the engine's own API. */

/** Whether a binary is a core module and not a component: its layer, the two bytes after the version, is 0. */
export const isCore = (bytes) => bytes[4] === 1 && bytes[6] === 0;

/** An instance in the shape of a component's. */
export async function instantiateCore(module, registered) {
  const imports = {};
  for (const { module: from } of WebAssembly.Module.imports(module)) {
    imports[from] = registered.get(from)?.exports ?? {};
  }
  return { exports: (await WebAssembly.instantiate(module, imports)).exports, core: true };
}

export function coreToJs({ type, value }) {
  switch (type) {
    case 'i32':
      return Number(value);
    case 'i64':
      return BigInt(value);
    case 'f32':
    case 'f64':
      return coreFloat(type, value);
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

function coreFloat(type, bits) {
  const view = new DataView(new ArrayBuffer(8));
  if (type === 'f32') view.setUint32(0, Number(bits));
  else view.setBigUint64(0, BigInt(bits));
  return type === 'f32' ? view.getFloat32(0) : view.getFloat64(0);
}
