/** wasi:filesystem 0.2 without any preopen: there is nothing to open, so that every operation is refused. */

import { ComponentError, type Imports } from '../../index.js';

/** Spec: `wasi:filesystem/types.descriptor`; no component ever gets one. */
class Descriptor {}

/** Spec: `wasi:filesystem/types.directory-entry-stream`; likewise. */
class DirectoryEntryStream {}

const METHODS = {
  Descriptor:
    'readViaStream writeViaStream appendViaStream advise syncData getFlags getType setSize setTimes read write ' +
    'readDirectory sync createDirectoryAt stat statAt setTimesAt linkAt openAt readlinkAt removeDirectoryAt ' +
    'renameAt symlinkAt unlinkFileAt isSameObject metadataHash metadataHashAt',
  DirectoryEntryStream: 'readDirectoryEntry',
};

for (const [Class, names] of [
  [Descriptor, METHODS.Descriptor],
  [DirectoryEntryStream, METHODS.DirectoryEntryStream],
] as const) {
  for (const name of names.split(' ')) {
    Object.defineProperty(Class.prototype, name, {
      value() {
        throw new ComponentError('unsupported');
      },
    });
  }
}

/** The interfaces of wasi:filesystem@0.2. */
export function filesystem(): Imports {
  return {
    'wasi:filesystem/types@0.2': {
      Descriptor,
      DirectoryEntryStream,
      filesystemErrorCode: () => undefined,
    },
    'wasi:filesystem/preopens@0.2': { getDirectories: () => [] },
  };
}
