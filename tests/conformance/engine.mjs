/**
 * What a script can require of an engine, by the names of its header `;; requires: …`, and whether this engine has it.
 * Found by trying, so that no list of engines goes stale.
 */

const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** One type `() -> ()` and one function of it. */
const FUNC = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];

const valid = (...sections) => WebAssembly.validate(new Uint8Array([...HEAD, ...sections]));

const PROBES = {
  /** Stack switching for JavaScript promises. */
  jspi: () => 'Suspending' in WebAssembly,
  /** Two memories. */
  'multi-memory': () => valid(5, 5, 2, 0, 0, 0, 0),
  /** A 64-bit memory. */
  memory64: () => valid(5, 3, 1, 4, 0),
  /** A memory of more than 4 GiB, of which hardly anything is touched. */
  'large-memory': () => {
    try {
      return (
        new WebAssembly.Memory({ address: 'i64', initial: 65_537n }).buffer.byteLength > 2 ** 32
      );
    } catch {
      return false;
    }
  },
  /** `try_table`. */
  exceptions: () => valid(...FUNC, 10, 8, 1, 6, 0, 0x1f, 0x40, 0, 0x0b, 0x0b),
  /** Room for more than some two hundred memories, which a page of Chromium does not have, and which trying would use up. */
  'many-memories': () => typeof document === 'undefined' || !/Chrome\//.test(navigator.userAgent),
  /** A struct type. */
  gc: () => valid(1, 3, 1, 0x5f, 0),
};

/** What the configuration of wasmtime's scripts calls them. */
const CONFIG = {
  multi_memory: 'multi-memory',
  memory64: 'memory64',
  exceptions: 'exceptions',
  gc: 'gc',
  gc_types: 'gc',
};

/** The names of what a script needs, by its header or by `needs`, and this engine lacks. */
export function lacking({ config = {}, requires = [] }, needs = []) {
  const wanted = Object.entries(config)
    .filter(([key, value]) => value === 'true' && key in CONFIG)
    .map(([key]) => CONFIG[key]);
  return [...new Set([...requires, ...needs, ...wanted])].filter((name) => {
    const probe = PROBES[name];
    if (probe === undefined)
      throw new Error(`\`requires: ${name}\` is none of ${Object.keys(PROBES)}`);
    return !probe();
  });
}
