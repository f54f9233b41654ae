/**
 * What wasi:filesystem needs of a file system: folders whose entries are reached one name at a time, and files. Paths,
 * symbolic links, permissions and streams are `path.ts`, `descriptor.ts` and `streams.ts`; so that a backend has no way to
 * leave a folder. Whatever can answer at once does. All throw or reject with `FsError`.
 */

import type { Maybe } from '../maybe.js';

/** Spec: `wasi:filesystem/types.error-code`, without `other`. */
export type FsCode =
  | 'access'
  | 'already'
  | 'bad-descriptor'
  | 'busy'
  | 'deadlock'
  | 'quota'
  | 'exist'
  | 'file-too-large'
  | 'illegal-byte-sequence'
  | 'in-progress'
  | 'interrupted'
  | 'invalid'
  | 'io'
  | 'is-directory'
  | 'loop'
  | 'too-many-links'
  | 'message-size'
  | 'name-too-long'
  | 'no-device'
  | 'no-entry'
  | 'no-lock'
  | 'insufficient-memory'
  | 'insufficient-space'
  | 'not-directory'
  | 'not-empty'
  | 'not-recoverable'
  | 'unsupported'
  | 'no-tty'
  | 'no-such-device'
  | 'overflow'
  | 'not-permitted'
  | 'pipe'
  | 'read-only'
  | 'invalid-seek'
  | 'text-file-busy'
  | 'cross-device';

/** Why an operation failed. */
export class FsError extends Error {
  override readonly name = 'FsError';

  constructor(
    /** `undefined`: the case `other`, with the message. */
    readonly code: FsCode | undefined,
    message: string = code ?? 'other',
  ) {
    super(message);
  }
}

/** Spec: `wasi:filesystem/types.descriptor-type`; `other` for what has no case of its own. */
export type FileType =
  | 'block-device'
  | 'character-device'
  | 'directory'
  | 'fifo'
  | 'symbolic-link'
  | 'regular-file'
  | 'socket'
  | 'other';

export interface Stat {
  readonly type: FileType;
  readonly links: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since 1970-01-01T00:00:00Z; `undefined` where the file system keeps none. */
  readonly accessed: bigint | undefined;
  readonly modified: bigint | undefined;
  readonly changed: bigint | undefined;
  /** Equal for two objects exactly when they are the same one. */
  readonly identity: string;
}

/** A time to set: nanoseconds, the present, or what it is already. */
export type NewTime = bigint | 'now' | 'no-change';

/** How an entry is opened. */
export interface OpenHow {
  readonly read: boolean;
  readonly write: boolean;
  readonly create: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  /** Anything but a folder is an error. */
  readonly directory: boolean;
  /** Spec: `file-integrity-sync`, `data-integrity-sync`. */
  readonly sync: 'file' | 'data' | undefined;
}

/** An entry that is a symbolic link, which is never followed by a backend. */
export class Link {
  constructor(readonly target: string) {}
}

/** What an open file or folder can do. */
export interface FsObject {
  stat(): Maybe<Stat>;
  setTimes(accessed: NewTime, modified: NewTime): Maybe<void>;
  sync(dataOnly: boolean): Maybe<void>;
  /** Gives it back; called once. */
  close(): void;
}

/** An open file. Positions and lengths are bytes. */
export interface File extends FsObject {
  readonly kind: 'file';
  /** How many bytes were read at `position`; 0 at the end. */
  read(into: Uint8Array, position: number): Maybe<number>;
  /** How many bytes were written at `position`, or at the end. */
  write(bytes: Uint8Array, position: number | 'end'): Maybe<number>;
  resize(size: number): Maybe<void>;
  /** A stream has been written to its end: what is kept back goes into the file. */
  settle?(): Promise<void>;
  /** As `read` and `write`, without keeping the program from its other work, where that makes a difference. */
  readLater?(into: Uint8Array, position: number): Promise<number>;
  writeLater?(bytes: Uint8Array, position: number | 'end'): Promise<number>;
}

/** An open folder. Names are single ones: no `/`, not empty, not `.` or `..`. */
export interface Directory extends FsObject {
  readonly kind: 'directory';
  /** A folder in it, to walk through. */
  enter(name: string): Maybe<Directory | Link>;
  open(name: string, how: OpenHow): Maybe<File | Directory | Link>;
  /** Of the entry itself, if it is a link too. */
  statAt(name: string): Maybe<Stat>;
  setTimesAt(name: string, accessed: NewTime, modified: NewTime): Maybe<void>;
  create(name: string): Maybe<void>;
  /** A copy of this folder that is closed on its own. */
  duplicate(): Maybe<Directory>;
  removeDirectory(name: string): Maybe<void>;
  unlink(name: string): Maybe<void>;
  rename(name: string, to: Directory, newName: string): Maybe<void>;
  link(name: string, to: Directory, newName: string): Maybe<void>;
  symlink(name: string, target: string): Maybe<void>;
  readlink(name: string): Maybe<string>;
  /** Entries without `.` and `..`. */
  entries(): AsyncIterable<DirEntry> | Iterable<DirEntry>;
}

export interface DirEntry {
  readonly name: string;
  readonly type: FileType;
}
