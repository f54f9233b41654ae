/**
 * What a descriptor of either WASI version can do, on any backend: flags, permissions, paths. Every method answers at once
 * where the backend does, and throws `FsError`. Leaves shapes of values to `index.ts` (0.3) and `p2/filesystem.ts` (0.2).
 */

import { type Maybe, run, type Steps, wait } from '../maybe.js';
import {
  type Directory,
  type File,
  FsError,
  Link,
  type NewTime,
  type OpenHow,
  type Stat,
} from './backend.js';
import { LONGEST_PATH, type Place, Walk } from './path.js';
import { SharedFile } from './streams.js';

/** Spec: `descriptor-flags`. */
export interface Flags {
  readonly read: boolean;
  readonly write: boolean;
  readonly fileIntegritySync: boolean;
  readonly dataIntegritySync: boolean;
  readonly requestedWriteSync: boolean;
  readonly mutateDirectory: boolean;
}

/** Spec: `open-flags`. */
export interface OpenFlags {
  readonly create: boolean;
  readonly directory: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
}

/** An open file or folder with what may be done to it. */
export class Opened {
  readonly #object: SharedFile | Directory;

  constructor(
    object: SharedFile | Directory,
    readonly flags: Flags,
  ) {
    this.#object = object;
  }

  static of(object: File | Directory, flags: Flags): Opened {
    return new Opened(object.kind === 'file' ? new SharedFile(object) : object, flags);
  }

  get type(): 'file' | 'directory' {
    return this.#object instanceof SharedFile ? 'file' : 'directory';
  }

  close(): void {
    if (this.#object instanceof SharedFile) this.#object.release();
    else this.#object.close();
  }

  /** The file, to read from or write to. */
  file(use: 'read' | 'write'): SharedFile {
    if (!(this.#object instanceof SharedFile)) throw new FsError('is-directory');
    if (!this.flags[use]) throw new FsError(use === 'read' ? 'not-permitted' : 'bad-descriptor');
    return this.#object;
  }

  directory(): Directory {
    if (this.#object instanceof SharedFile) throw new FsError('not-directory');
    return this.#object;
  }

  stat(): Maybe<Stat> {
    return this.#any().stat();
  }

  sync(dataOnly: boolean): Maybe<void> {
    return this.#any().sync(dataOnly);
  }

  setTimes(accessed: NewTime, modified: NewTime): Maybe<void> {
    const { write, mutateDirectory } = this.flags;
    if (!write && !mutateDirectory) {
      throw new FsError(this.type === 'file' ? 'not-permitted' : 'read-only');
    }
    return this.#any().setTimes(accessed, modified);
  }

  resize(size: bigint): Maybe<void> {
    const { file } = this.file('write');
    if (size > MOST_BYTES) throw new FsError('invalid');
    return file.resize(Number(size));
  }

  statAt(follow: boolean, path: string): Maybe<Stat> {
    return this.#at(path, function* (place, walk) {
      for (let at = place; ; ) {
        if (at.name === undefined) return yield* wait(at.parent.stat());
        const stat = yield* wait(at.parent.statAt(at.name));
        if (stat.type === 'symbolic-link' && (follow || at.mustBeDirectory)) {
          at = yield* walk.follow(at, new Link(yield* wait(at.parent.readlink(at.name))));
          continue;
        }
        if (at.mustBeDirectory && stat.type !== 'directory') throw new FsError('not-directory');
        return stat;
      }
    });
  }

  setTimesAt(follow: boolean, path: string, accessed: NewTime, modified: NewTime): Maybe<void> {
    this.#mayMutate();
    return this.#at(path, function* (place, walk) {
      const { parent, name } = yield* followed(place, walk, follow);
      if (name === undefined) return yield* wait(parent.setTimes(accessed, modified));
      yield* wait(parent.setTimesAt(name, accessed, modified));
    });
  }

  createDirectory(path: string): Maybe<void> {
    this.#mayMutate();
    return this.#at(path, function* ({ parent, name }) {
      if (name === undefined) throw new FsError('exist');
      yield* wait(parent.create(name));
    });
  }

  removeDirectory(path: string): Maybe<void> {
    this.#mayMutate();
    return this.#at(path, function* (place, walk) {
      const { parent, name, mustBeDirectory } = place;
      if (name === undefined) throw new FsError(/\.\.\/*$/.test(path) ? 'not-empty' : 'invalid');
      if (mustBeDirectory && (yield* followed(place, walk, false)).name !== name) {
        throw new FsError('not-directory', 'a link is no folder');
      }
      yield* wait(parent.removeDirectory(name));
    });
  }

  unlink(path: string): Maybe<void> {
    this.#mayMutate();
    return this.#at(path, function* ({ parent, name, mustBeDirectory }) {
      if (name === undefined) throw new FsError('is-directory');
      if (mustBeDirectory) {
        const { type } = yield* wait(parent.statAt(name));
        throw new FsError(type === 'directory' ? 'is-directory' : 'not-directory');
      }
      yield* wait(parent.unlink(name));
    });
  }

  rename(path: string, target: Opened, newPath: string): Maybe<void> {
    this.#mayMutate();
    target.#mayMutate();
    return this.#pair(path, target, newPath, function* (from, to) {
      if (from.name === undefined || to.name === undefined) throw new FsError('busy');
      const { type } = yield* wait(from.parent.statAt(from.name));
      if (type !== 'directory' && (from.mustBeDirectory || to.mustBeDirectory)) {
        throw new FsError('not-directory');
      }
      yield* wait(from.parent.rename(from.name, to.parent, to.name));
    });
  }

  link(follow: boolean, path: string, target: Opened, newPath: string): Maybe<void> {
    if (follow) throw new FsError('invalid');
    this.#mayMutate();
    target.#mayMutate();
    return this.#pair(path, target, newPath, function* (from, to) {
      if (from.name === undefined) throw new FsError('not-permitted');
      if (to.name === undefined) throw new FsError('exist');
      const { type } = yield* wait(from.parent.statAt(from.name));
      if (type === 'directory') throw new FsError('not-permitted');
      if (from.mustBeDirectory) throw new FsError('not-directory');
      // A new name for a file cannot be a folder.
      if (to.mustBeDirectory) throw new FsError('no-entry');
      yield* wait(from.parent.link(from.name, to.parent, to.name));
    });
  }

  symlink(target: string, path: string): Maybe<void> {
    this.#mayMutate();
    if (target.startsWith('/')) throw new FsError('not-permitted', 'the link is absolute');
    if (target.includes('\0')) throw new FsError('invalid');
    if (target === '') throw new FsError('no-entry');
    if (target.length > LONGEST_PATH) throw new FsError('name-too-long');
    return this.#at(path, function* ({ parent, name, mustBeDirectory }) {
      if (name === undefined) throw new FsError('exist');
      if (mustBeDirectory) throw new FsError('no-entry');
      yield* wait(parent.symlink(name, target));
    });
  }

  readlink(path: string): Maybe<string> {
    return this.#at(path, function* ({ parent, name, mustBeDirectory }) {
      if (name === undefined || mustBeDirectory) throw new FsError('invalid');
      const target = yield* wait(parent.readlink(name));
      if (target.startsWith('/')) throw new FsError('not-permitted', 'the link is absolute');
      return target;
    });
  }

  open(follow: boolean, path: string, open: OpenFlags, flags: Flags): Maybe<Opened> {
    const how = this.#how(open, flags);
    const { read, write } = how;
    return this.#at(path, function* (place, walk) {
      const object = yield* opened(place, walk, how, follow);
      const granted = { ...flags, read, write };
      return Opened.of(object, object.kind === 'file' ? onFile(granted) : onDirectory(granted));
    });
  }

  #how(open: OpenFlags, flags: Flags): OpenHow {
    const { create, directory, exclusive, truncate } = open;
    if (!this.flags.mutateDirectory) {
      const mutates = flags.write || flags.mutateDirectory || create || truncate;
      if (mutates) throw new FsError('read-only');
    }
    if (directory && (create || exclusive || truncate)) throw new FsError('invalid');
    const sync = flags.fileIntegritySync ? 'file' : flags.dataIntegritySync ? 'data' : undefined;
    // Without either a descriptor is for reading; a file that is made or emptied is for writing too.
    const read = flags.read || !flags.write;
    const write = flags.write || create || truncate;
    return { read, write, create, exclusive, truncate, directory, sync };
  }

  #any(): File | Directory {
    return this.#object instanceof SharedFile ? this.#object.file : this.#object;
  }

  #mayMutate(): void {
    this.directory();
    if (!this.flags.mutateDirectory) throw new FsError('read-only');
  }

  /** Runs something at the place that a path names, and gives back what was opened on the way. */
  #at<T>(path: string, use: (place: Place, walk: Walk) => Steps<T>): Maybe<T> {
    const base = this.directory();
    return run(
      (function* () {
        const walk = new Walk(base);
        try {
          return yield* use(yield* walk.find(path), walk);
        } finally {
          walk.close();
        }
      })(),
    );
  }

  #pair<T>(
    path: string,
    target: Opened,
    newPath: string,
    use: (from: Place, to: Place) => Steps<T>,
  ): Maybe<T> {
    return this.#at(path, function* (from) {
      const walk = new Walk(target.directory());
      try {
        return yield* use(from, yield* walk.find(newPath));
      } finally {
        walk.close();
      }
    });
  }
}

/** The place behind the links that a place may be. */
function* followed(place: Place, walk: Walk, follow: boolean): Steps<Place> {
  let at = place;
  while (at.name !== undefined && (follow || at.mustBeDirectory)) {
    const { type } = yield* wait(at.parent.statAt(at.name));
    if (type !== 'symbolic-link') {
      if (at.mustBeDirectory && type !== 'directory') throw new FsError('not-directory');
      return at;
    }
    at = yield* walk.follow(at, new Link(yield* wait(at.parent.readlink(at.name))));
  }
  return at;
}

function* opened(place: Place, walk: Walk, how: OpenHow, follow: boolean): Steps<File | Directory> {
  for (let at = place; ; ) {
    const { parent, name, mustBeDirectory } = at;
    if (name === undefined) {
      if (how.exclusive && how.create) throw new FsError('exist');
      if (how.write || how.truncate || how.create) throw new FsError('is-directory');
      return yield* wait(parent.duplicate());
    }
    if (mustBeDirectory && how.create) throw new FsError('is-directory');
    const wanted = mustBeDirectory ? { ...how, directory: true } : how;
    const found = yield* wait(parent.open(name, wanted));
    if (!(found instanceof Link)) {
      // Nobody may write the bytes of a folder.
      if (found.kind === 'directory' && how.write) {
        found.close();
        throw new FsError('is-directory');
      }
      return found;
    }
    if (!follow && !mustBeDirectory) throw new FsError('loop');
    at = yield* walk.follow(at, found);
  }
}

function onFile(flags: Flags): Flags {
  return { ...flags, mutateDirectory: false };
}

function onDirectory(flags: Flags): Flags {
  return { ...flags, write: false };
}

const MOST_BYTES = BigInt(Number.MAX_SAFE_INTEGER);
