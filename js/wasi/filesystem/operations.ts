/** What descriptors of WASI 0.2 and 0.3 have in common: all but streams, `open-at`, and how values look. */

import { type Maybe, run, shaped, then, wait } from '../maybe.js';
import { type FileType, FsError, type NewTime, type Stat } from './backend.js';
import { type Flags, Opened } from './descriptor.js';
import { metadataHash } from './hash.js';

/** Spec: `path-flags`. */
export interface PathFlags {
  readonly symlinkFollow: boolean;
}

/** How one version of WASI has values. */
export interface Shapes<Time> {
  /** What a component gets for whatever was thrown. */
  error(error: unknown): Error;
  type(type: FileType): unknown;
  stat(stat: Stat): object;
  /** Throws `FsError` for a time that is none. */
  time(time: Time): NewTime;
}

/** Spec: `descriptor`. Made by the host only. */
export abstract class Operations<Time> {
  protected readonly opened: Opened;
  readonly #shapes: Shapes<Time>;

  constructor(opened: Opened, shapes: Shapes<Time>) {
    if (!(opened instanceof Opened)) throw new TypeError('descriptors come from preopens');
    this.opened = opened;
    this.#shapes = shapes;
  }

  /** Advice is taken and not followed: no JavaScript engine can pass it on. */
  advise(): void {
    this.attempt(() => {
      if (this.opened.type === 'directory') throw new FsError('bad-descriptor');
    });
  }

  syncData(): Maybe<void> {
    return this.attempt(() => this.opened.sync(true));
  }

  sync(): Maybe<void> {
    return this.attempt(() => this.opened.sync(false));
  }

  getFlags(): Flags {
    return this.opened.flags;
  }

  getType(): Maybe<unknown> {
    return this.attempt(() => then(this.opened.stat(), ({ type }) => this.#shapes.type(type)));
  }

  setSize(size: bigint): Maybe<void> {
    return this.attempt(() => this.opened.resize(size));
  }

  setTimes(accessed: Time, modified: Time): Maybe<void> {
    const { time } = this.#shapes;
    return this.attempt(() => this.opened.setTimes(time(accessed), time(modified)));
  }

  createDirectoryAt(path: string): Maybe<void> {
    return this.attempt(() => this.opened.createDirectory(path));
  }

  stat(): Maybe<object> {
    return this.attempt(() => then(this.opened.stat(), this.#shapes.stat));
  }

  statAt({ symlinkFollow }: PathFlags, path: string): Maybe<object> {
    return this.attempt(() => then(this.opened.statAt(symlinkFollow, path), this.#shapes.stat));
  }

  setTimesAt(
    { symlinkFollow }: PathFlags,
    path: string,
    accessed: Time,
    modified: Time,
  ): Maybe<void> {
    const { time } = this.#shapes;
    return this.attempt(() =>
      this.opened.setTimesAt(symlinkFollow, path, time(accessed), time(modified)),
    );
  }

  linkAt(flags: PathFlags, path: string, target: Operations<Time>, newPath: string): Maybe<void> {
    return this.attempt(() => this.opened.link(flags.symlinkFollow, path, target.opened, newPath));
  }

  readlinkAt(path: string): Maybe<string> {
    return this.attempt(() => this.opened.readlink(path));
  }

  removeDirectoryAt(path: string): Maybe<void> {
    return this.attempt(() => this.opened.removeDirectory(path));
  }

  renameAt(path: string, target: Operations<Time>, newPath: string): Maybe<void> {
    return this.attempt(() => this.opened.rename(path, target.opened, newPath));
  }

  symlinkAt(target: string, path: string): Maybe<void> {
    return this.attempt(() => this.opened.symlink(target, path));
  }

  unlinkFileAt(path: string): Maybe<void> {
    return this.attempt(() => this.opened.unlink(path));
  }

  isSameObject(other: Operations<Time>): Maybe<boolean> {
    const [mine, theirs] = [this.opened, other.opened];
    return run(
      (function* () {
        const a = yield* wait(mine.stat());
        return a.identity === (yield* wait(theirs.stat())).identity;
      })(),
    );
  }

  metadataHash(): Maybe<object> {
    return this.attempt(() => then(this.opened.stat(), metadataHash));
  }

  metadataHashAt({ symlinkFollow }: PathFlags, path: string): Maybe<object> {
    return this.attempt(() => then(this.opened.statAt(symlinkFollow, path), metadataHash));
  }

  [Symbol.dispose](): void {
    this.opened.close();
  }

  /** What an operation answers; what it throws, as a component gets it. */
  protected attempt<T>(operation: () => Maybe<T>): Maybe<T> {
    return shaped(operation, this.#shapes.error);
  }
}
