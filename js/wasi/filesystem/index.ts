/** wasi:filesystem 0.3: descriptors with their streams and futures, and the folders that a program has granted. */

import type { Imports } from '../../index.js';
import type { Instant } from '../clocks/index.js';
import { type Maybe, then } from '../maybe.js';
import { type FileType, FsError, type NewTime, type Stat } from './backend.js';
import type { Flags, Opened, OpenFlags } from './descriptor.js';
import { componentError } from './errors.js';
import { Operations, type PathFlags, type Shapes } from './operations.js';
import type { Preopen } from './preopens.js';
import {
  entryStream,
  failed,
  failedStream,
  readStream,
  type Status,
  writeStream,
} from './streams.js';

/** Spec: `new-timestamp`. */
type NewTimestamp =
  | { readonly tag: 'no-change' | 'now' }
  | { readonly tag: 'timestamp'; readonly val: Instant };

/** Spec: `descriptor-type`. */
type DescriptorType =
  | { readonly tag: Exclude<FileType, 'other'> }
  | { readonly tag: 'other'; readonly val: string | undefined };

/** Spec: `descriptor`. Made by the host only. */
export class Descriptor extends Operations<NewTimestamp> {
  constructor(opened: Opened) {
    super(opened, SHAPES);
  }

  readViaStream(offset: bigint): [ReadableStream<Uint8Array>, Promise<Status>] {
    try {
      return readStream(this.opened.file('read'), offset);
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

  readDirectory(): [ReadableStream<object>, Promise<Status>] {
    try {
      const shown = ({ name, type }: { name: string; type: FileType }) => ({
        type: descriptorType(type),
        name,
      });
      // Read to its end even if the descriptor is dropped meanwhile.
      const copy = this.opened.directory().duplicate();
      const entries = (async function* () {
        yield* (await copy).entries();
      })();
      return entryStream(entries, shown, () => void then(copy, (folder) => folder.close()));
    } catch (error) {
      return failedStream(error);
    }
  }

  openAt(
    { symlinkFollow }: PathFlags,
    path: string,
    openFlags: OpenFlags,
    flags: Flags,
  ): Maybe<Descriptor> {
    return this.attempt(() =>
      then(
        this.opened.open(symlinkFollow, path, openFlags, flags),
        (opened) => new Descriptor(opened),
      ),
    );
  }

  #write(data: ReadableStream<Uint8Array>, offset: bigint | 'end'): Promise<Status> {
    try {
      return writeStream(this.opened.file('write'), data, offset);
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

const SHAPES: Shapes<NewTimestamp> = {
  error: componentError,
  type: descriptorType,
  stat: descriptorStat,
  time: newTime,
};
