/** `tidegate/wasi` on Node, Deno and Bun. */

import type { Imports } from '../index.js';
import { wasiOn } from '../wasi/index.js';
import { nodePlatform } from '../wasi/node/platform.js';
import type { WasiOptions } from '../wasi/options.js';

export { WasiExit } from '../wasi/exit.js';
export { MemoryDirectory, type MemoryTree } from '../wasi/filesystem/memory.js';
export type { Folder, InputSource, OutputSink, WasiOptions } from '../wasi/options.js';

/** The imports of WASI 0.3, and of the parts of WASI 0.2 that 0.3 components import, with what `options` grant. */
export function wasi(options: WasiOptions = {}): Imports {
  return wasiOn(nodePlatform, options);
}
