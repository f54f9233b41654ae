/** The folders that a program grants to a component, wherever they come from. */

import type { Folder, WasiOptions } from '../options.js';
import type { WasiPlatform } from '../platform.js';
import type { Directory } from './backend.js';
import { type Flags, Opened } from './descriptor.js';
import { MemoryDirectory, openMemory } from './memory.js';

/** A granted folder. */
export interface Preopen {
  /** As the component names it: `/`, `/data`. */
  readonly path: string;
  /** A new descriptor of it. */
  open(): Opened;
}

/** What `options` grant. Throws when a folder is not there. */
export function preopens(platform: WasiPlatform, options: WasiOptions): Preopen[] {
  return Object.entries(options.preopens ?? {}).map(([path, granted]) => {
    const { folder, readOnly = false } =
      typeof granted === 'object' && 'folder' in granted ? granted : { folder: granted };
    const root = rootOf(platform, folder);
    const flags: Flags = {
      read: true,
      write: false,
      fileIntegritySync: false,
      dataIntegritySync: false,
      requestedWriteSync: false,
      mutateDirectory: !readOnly,
    };
    return { path, open: () => Opened.of(root(), flags) };
  });
}

function rootOf(platform: WasiPlatform, folder: Folder): () => Directory {
  return folder instanceof MemoryDirectory ? () => openMemory(folder) : platform.folder(folder);
}
