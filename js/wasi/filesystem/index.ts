/** wasi:filesystem 0.3: descriptors with their streams and futures, and the folders that a program has granted. */

import type { Imports } from '../../index.js';
import type { Instant } from '../clocks/index.js';
import { type Maybe, then } from '../maybe.js';
import { type FileType, FsError, type NewTime, type Stat } from './backend.js';
import { type Flags, Opened, type OpenFlags } from './descriptor.js';
import { componentError } from './errors.js';
import { metadataHash } from './hash.js';
import type { Preopen } from './preopens.js';
import {
  entryStream,
  failed,
  failedStream,
  readStream,
  type Status,
  writeStream,
} from './streams.js';

/** Spec: `path-flags`. */
interface PathFlags {
  readonly symlinkFollow: boolean;
}

/** Spec: `new-timestamp`. */
type NewTimestamp =
  | { readonly tag: 'no-change' | 'now' }
  | { readonly tag: 'timestamp'; readonly val: Instant };

/** Spec: `descriptor-type`. */
type DescriptorType =
  | { readonly tag: Exclude<FileType, 'other'> }
  | { readonly tag: 'other'; readonly val: string | undefined };

/** Spec: `descriptor`. Made by the host only. */
export class Descriptor {
  readonly #opened: Opened;

  constructor(opened: Opened) {
    if (!(opened instanceof Opened)) throw new TypeError('descriptors come from preopens');
    this.#opened = opened;
  }

  readViaStream(offset: bigint): [ReadableStream<Uint8Array>, Promise<Status>] {
    try {
      return readStream(this.#opened.file('read'), offset);
    } catch (error) {
      return failedStream(error);
    }
  }

  writeViaStream(data: ReadableStream<Uint8Array>, offset: bigint): Promise<Status> {
    return this.#write(data, offset);
  }

  appendViaStream(data: ReadableStream<Uint8Array>): Promise<Status> {
    return this.#write(data, 'end');
  }

  /** Advice is taken and not followed: no JavaScript engine can pass it on. */
  advise(): void {
    attempt(() => {
      if (this.#opened.type === 'directory') throw new FsError('bad-descriptor');
    });
  }

  syncData(): Maybe<void> {
    return attempt(() => this.#opened.sync(true));
  }

  getFlags(): Flags {
    return this.#opened.flags;
  }

  getType(): Maybe<DescriptorType> {
    return attempt(() => then(this.#opened.stat(), ({ type }) => descriptorType(type)));
  }

  setSize(size: bigint): Maybe<void> {
    return attempt(() => this.#opened.resize(size));
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): Maybe<void> {
    return attempt(() => this.#opened.setTimes(newTime(accessed), newTime(modified)));
  }

  readDirectory(): [ReadableStream<object>, Promise<Status>] {
    try {
      const shown = ({ name, type }: { name: string; type: FileType }) => ({
        type: descriptorType(type),
        name,
      });
      // Read to its end even if the descriptor is dropped meanwhile.
      const copy = this.#opened.directory().duplicate();
      const entries = (async function* () {
        yield* (await copy).entries();
      })();
      return entryStream(entries, shown, () => void then(copy, (folder) => folder.close()));
    } catch (error) {
      return failedStream(error);
    }
  }

  sync(): Maybe<void> {
    return attempt(() => this.#opened.sync(false));
  }

  createDirectoryAt(path: string): Maybe<void> {
    return attempt(() => this.#opened.createDirectory(path));
  }

  stat(): Maybe<object> {
    return attempt(() => then(this.#opened.stat(), descriptorStat));
  }

  statAt({ symlinkFollow }: PathFlags, path: string): Maybe<object> {
    return attempt(() => then(this.#opened.statAt(symlinkFollow, path), descriptorStat));
  }

  setTimesAt(
    { symlinkFollow }: PathFlags,
    path: string,
    accessed: NewTimestamp,
    modified: NewTimestamp,
  ): Maybe<void> {
    return attempt(() =>
      this.#opened.setTimesAt(symlinkFollow, path, newTime(accessed), newTime(modified)),
    );
  }

  linkAt(
    { symlinkFollow }: PathFlags,
    path: string,
    target: Descriptor,
    newPath: string,
  ): Maybe<void> {
    return attempt(() => this.#opened.link(symlinkFollow, path, target.#opened, newPath));
  }

  openAt(
    { symlinkFollow }: PathFlags,
    path: string,
    openFlags: OpenFlags,
    flags: Flags,
  ): Maybe<Descriptor> {
    return attempt(() =>
      then(
        this.#opened.open(symlinkFollow, path, openFlags, flags),
        (opened) => new Descriptor(opened),
      ),
    );
  }

  readlinkAt(path: string): Maybe<string> {
    return attempt(() => this.#opened.readlink(path));
  }

  removeDirectoryAt(path: string): Maybe<void> {
    return attempt(() => this.#opened.removeDirectory(path));
  }

  renameAt(path: string, target: Descriptor, newPath: string): Maybe<void> {
    return attempt(() => this.#opened.rename(path, target.#opened, newPath));
  }

  symlinkAt(target: string, path: string): Maybe<void> {
    return attempt(() => this.#opened.symlink(target, path));
  }

  unlinkFileAt(path: string): Maybe<void> {
    return attempt(() => this.#opened.unlink(path));
  }

  async isSameObject(other: Descriptor): Promise<boolean> {
    const [a, b] = await Promise.all([this.#opened.stat(), other.#opened.stat()]);
    return a.identity === b.identity;
  }

  metadataHash(): Maybe<object> {
    return attempt(() => then(this.#opened.stat(), metadataHash));
  }

  metadataHashAt({ symlinkFollow }: PathFlags, path: string): Maybe<object> {
    return attempt(() => then(this.#opened.statAt(symlinkFollow, path), metadataHash));
  }

  [Symbol.dispose](): void {
    this.#opened.close();
  }

  #write(data: ReadableStream<Uint8Array>, offset: bigint | 'end'): Promise<Status> {
    try {
      return writeStream(this.#opened.file('write'), data, offset);
    } catch (error) {
      data.cancel(error).catch(() => {});
      return Promise.resolve(failed(error));
    }
  }
}

/** The interfaces of wasi:filesystem@0.3. */
export function filesystem(preopens: readonly Preopen[]): Imports {
  return {
    'wasi:filesystem/types@0.3': { Descriptor },
    'wasi:filesystem/preopens@0.3': {
      getDirectories: (): Maybe<[Descriptor, string][]> =>
        preopens.map(({ path, open }) => [new Descriptor(open()), path]),
    },
  };
}

/** What an operation answers; what it throws, as a component gets it. */
function attempt<T>(operation: () => Maybe<T>): Maybe<T> {
  try {
    const value = operation();
    return typeof value === 'object' && value !== null && 'then' in value
      ? Promise.resolve(value).catch((error: unknown) => {
          throw componentError(error);
        })
      : value;
  } catch (error) {
    throw componentError(error);
  }
}

function descriptorType(type: FileType): DescriptorType {
  return type === 'other' ? { tag: 'other', val: undefined } : { tag: type };
}

function descriptorStat({ type, links, size, accessed, modified, changed }: Stat): object {
  return {
    type: descriptorType(type),
    linkCount: links,
    size,
    dataAccessTimestamp: instant(accessed),
    dataModificationTimestamp: instant(modified),
    statusChangeTimestamp: instant(changed),
  };
}

/** Instants count seconds downwards before 1970, nanoseconds always upwards. */
function instant(time: bigint | undefined): Instant | undefined {
  if (time === undefined) return undefined;
  const nanoseconds = ((time % SECOND) + SECOND) % SECOND;
  return { seconds: (time - nanoseconds) / SECOND, nanoseconds: Number(nanoseconds) };
}

function newTime(time: NewTimestamp): NewTime {
  if (time.tag !== 'timestamp') return time.tag;
  const { seconds, nanoseconds } = time.val;
  if (nanoseconds >= 1e9) throw new FsError('invalid');
  return seconds * SECOND + BigInt(nanoseconds);
}

const SECOND = 1_000_000_000n;
