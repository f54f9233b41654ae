/**
 * wasi:filesystem 0.2, on the descriptors of 0.3: what differs is how values look, and that files are read and written
 * by synchronous functions.
 */

import { ComponentError, type Imports } from '../../index.js';
import type { Listen } from '../bell.js';
import type { DirEntry, FileType, FsCode, NewTime, Stat } from '../filesystem/backend.js';
import { FsError } from '../filesystem/backend.js';
import type { Flags, Opened, OpenFlags } from '../filesystem/descriptor.js';
import { Operations, type PathFlags, type Shapes } from '../filesystem/operations.js';
import type { Preopen } from '../filesystem/preopens.js';
import type { SharedFile } from '../filesystem/streams.js';
import { type Maybe, run, type Steps, shaped, then, wait } from '../maybe.js';
import { InputStream, type IoError, OutputStream, type Sink, type Source } from './io.js';
import { waiting } from './poll.js';

/** Spec: `wasi:clocks/wall-clock.datetime`. */
interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** Spec: `new-timestamp`. */
type NewTimestamp =
  | { readonly tag: 'no-change' | 'now' }
  | { readonly tag: 'timestamp'; readonly val: Datetime };

/** Spec: `wasi:filesystem/types.descriptor`. */
class Descriptor extends Operations<NewTimestamp> {
  constructor(opened: Opened) {
    super(opened, SHAPES);
  }

  readViaStream(offset: bigint): InputStream {
    return this.attempt(
      () => new InputStream(new FileSource(this.opened.file('read'), offset)),
    ) as InputStream;
  }

  writeViaStream(offset: bigint): OutputStream {
    return this.attempt(
      () => new OutputStream(new FileSink(this.opened.file('write'), offset)),
    ) as OutputStream;
  }

  appendViaStream(): OutputStream {
    return this.attempt(
      () => new OutputStream(new FileSink(this.opened.file('write'), 'end')),
    ) as OutputStream;
  }

  /** Bytes, and whether they end the file. */
  read(length: bigint, offset: bigint): Maybe<[Uint8Array, boolean]> {
    return this.attempt(() => {
      const { file } = this.opened.file('read');
      const into = new Uint8Array(Number(length < LONGEST_READ ? length : LONGEST_READ));
      return then(file.read(into, position(offset)), (count) => [
        into.subarray(0, count),
        count === 0 && into.length > 0,
      ]);
    });
  }

  write(bytes: Uint8Array, offset: bigint): Maybe<bigint> {
    return this.attempt(() => {
      const { file } = this.opened.file('write');
      return then(file.write(bytes, position(offset)), BigInt);
    });
  }

  readDirectory(): Maybe<DirectoryEntryStream> {
    return this.attempt(() => {
      const entries = this.opened.directory().entries();
      return new DirectoryEntryStream(
        Symbol.asyncIterator in entries
          ? entries[Symbol.asyncIterator]()
          : entries[Symbol.iterator](),
      );
    });
  }

  /** Folders in a folder that may be changed may be changed as well: wasi-libc never asks for it, and removes trees by them. */
  openAt(pathFlags: PathFlags, path: string, open: OpenFlags, flags: Flags): Maybe<Descriptor> {
    const { mutateDirectory } = this.opened.flags;
    return this.attempt(() =>
      then(
        this.opened.open(pathFlags.symlinkFollow, path, open, { ...flags, mutateDirectory }),
        (opened) => new Descriptor(opened),
      ),
    );
  }
}

/** Spec: `wasi:filesystem/types.directory-entry-stream`. */
class DirectoryEntryStream {
  readonly #entries: Iterator<DirEntry> | AsyncIterator<DirEntry>;

  constructor(entries: Iterator<DirEntry> | AsyncIterator<DirEntry>) {
    this.#entries = entries;
  }

  readDirectoryEntry(): Maybe<object | undefined> {
    const shown = ({ done, value }: IteratorResult<DirEntry>) =>
      done ? undefined : { type: descriptorType(value.type), name: value.name };
    return shaped(() => then(this.#entries.next(), shown), failure);
  }
}

/** A file's bytes from a position on, read when they are asked for. A file is always ready: who reads it waits for the disk. */
class FileSource implements Source {
  readonly ready = true;
  readonly #shared: SharedFile;
  #position: bigint;

  constructor(shared: SharedFile, position: bigint) {
    this.#shared = shared.share();
    this.#position = position;
  }

  readonly listen = ALWAYS;

  take(most: number): Maybe<Uint8Array | undefined> {
    const into = new Uint8Array(most);
    return then(this.#shared.file.read(into, position(this.#position)), (count) => {
      this.#position += BigInt(count);
      return count === 0 && most > 0 ? undefined : into.subarray(0, count);
    });
  }

  close(): void {
    this.#shared.release();
  }
}

/** Bytes to a file from a position on. */
class FileSink implements Sink {
  readonly failure = undefined;
  readonly room = Number(LONGEST_READ);
  readonly #shared: SharedFile;
  #position: bigint | 'end';

  constructor(shared: SharedFile, position: bigint | 'end') {
    this.#shared = shared.share();
    this.#position = position;
  }

  readonly listen = ALWAYS;

  write(bytes: Uint8Array): Maybe<void> {
    return run(this.#all(bytes));
  }

  flush(): void {}

  close(): void {
    this.#shared.release();
  }

  *#all(bytes: Uint8Array): Steps<void> {
    for (let rest = bytes; rest.length > 0; ) {
      const at = this.#position === 'end' ? this.#position : position(this.#position);
      const count = yield* wait(this.#shared.file.write(rest, at));
      if (this.#position !== 'end') this.#position += BigInt(count);
      rest = rest.subarray(count);
    }
  }
}

/** The interfaces of wasi:filesystem@0.2. */
export function filesystem(preopens: readonly Preopen[]): Imports {
  return {
    'wasi:filesystem/types@0.2': {
      Descriptor,
      DirectoryEntryStream,
      filesystemErrorCode: (error: IoError) => {
        const { cause } = error;
        return cause instanceof FsError ? (cause.code ?? 'io') : undefined;
      },
    },
    'wasi:filesystem/preopens@0.2': {
      getDirectories: () => preopens.map(({ path, open }) => [new Descriptor(open()), path]),
    },
  };
}

/** Spec: `wasi:filesystem/types.error-code` of 0.2, an enum. */
function failure(error: unknown): ComponentError<FsCode> {
  const code = error instanceof FsError ? error.code : undefined;
  return new ComponentError(code ?? 'io', String(error));
}

function descriptorType(type: FileType): string {
  return type === 'other' ? 'unknown' : type;
}

function descriptorStat({ type, links, size, accessed, modified, changed }: Stat): object {
  return {
    type: descriptorType(type),
    linkCount: links,
    size,
    dataAccessTimestamp: datetime(accessed),
    dataModificationTimestamp: datetime(modified),
    statusChangeTimestamp: datetime(changed),
  };
}

/** 0.2 has no times before 1970. */
function datetime(time: bigint | undefined): Datetime | undefined {
  if (time === undefined || time < 0n) return undefined;
  return { seconds: time / SECOND, nanoseconds: Number(time % SECOND) };
}

function newTime(time: NewTimestamp): NewTime {
  if (time.tag !== 'timestamp') return time.tag;
  return time.val.seconds * SECOND + BigInt(time.val.nanoseconds);
}

function position(offset: bigint): number {
  if (offset > MOST) throw new FsError('invalid');
  return Number(offset);
}

/** What is always ready has nobody waiting for it. */
const ALWAYS: Listen = () => () => {};
const SECOND = 1_000_000_000n;
const LONGEST_READ = 1_048_576n;
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

const SHAPES: Shapes<NewTimestamp> = {
  error: failure,
  type: descriptorType,
  stat: descriptorStat,
  time: newTime,
};

waiting(Descriptor, 'read', 'write', 'readDirectory', 'openAt', 'syncData', 'sync', 'getType');
waiting(Descriptor, 'setSize', 'setTimes', 'createDirectoryAt', 'stat', 'statAt', 'setTimesAt');
waiting(Descriptor, 'linkAt', 'readlinkAt', 'removeDirectoryAt', 'renameAt', 'symlinkAt');
waiting(Descriptor, 'unlinkFileAt', 'isSameObject', 'metadataHash', 'metadataHashAt');
waiting(DirectoryEntryStream, 'readDirectoryEntry');
