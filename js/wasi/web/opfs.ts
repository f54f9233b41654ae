/**
 * wasi:filesystem on directory handles of the browser: its private file system (OPFS), which stays across reloads, or a folder that
 * the user has picked. Nothing can answer at once, so that WASI 0.2 has these folders only where it may wait.
 *
 * Browsers write a file as a whole when a writer is closed: what is written is there for others, and for reads of this component,
 * when it is read, measured, synchronised or closed.
 */

import {
  type File as BackendFile,
  type DirEntry,
  type Directory,
  type FsCode,
  FsError,
  type Link,
  type NewTime,
  type OpenHow,
  type Stat,
} from '../filesystem/backend.js';

/** The folder behind a handle, as a component's descriptor sees it. */
export function openHandle(handle: FileSystemDirectoryHandle): Directory {
  return new HandleDirectory(handle, `${rootNumber(handle)}`);
}

/** Parts of the file system standard that TypeScript's library leaves out. */
interface Movable {
  move?(parent: FileSystemDirectoryHandle, name: string): Promise<void>;
}
interface Iterable {
  entries(): AsyncIterable<[string, FileSystemHandle]>;
}

class HandleDirectory implements Directory {
  readonly kind = 'directory';
  readonly handle: FileSystemDirectoryHandle;
  /** Root and names on the way from it: the same for the same folder. */
  readonly #place: string;

  constructor(handle: FileSystemDirectoryHandle, place: string) {
    this.handle = handle;
    this.#place = place;
  }

  close(): void {}

  duplicate(): HandleDirectory {
    return this;
  }

  enter(name: string): Promise<HandleDirectory> {
    return attempt(async () => this.#folder(name, await this.handle.getDirectoryHandle(name)));
  }

  open(name: string, how: OpenHow): Promise<HandleFile | HandleDirectory | Link> {
    return attempt(async () => {
      const found = await this.#find(name);
      if (found !== undefined && how.create && how.exclusive) throw new FsError('exist');
      if (found?.kind === 'directory') {
        if (how.write) throw new FsError('is-directory');
        return this.#folder(name, found as FileSystemDirectoryHandle);
      }
      if (found === undefined && !how.create) throw new FsError('no-entry');
      if (how.directory) throw new FsError('not-directory');
      const handle = await this.handle.getFileHandle(name, { create: how.create });
      const file = new HandleFile(handle, `${this.#place}/${name}`);
      if (how.truncate) await file.resize(0);
      return file;
    });
  }

  stat(): Stat {
    return statOf(undefined, this.#place);
  }

  statAt(name: string): Promise<Stat> {
    return attempt(async () => {
      const found = await this.#existing(name);
      const file = found.kind === 'file' ? (found as FileSystemFileHandle) : undefined;
      return statOf(await file?.getFile(), `${this.#place}/${name}`);
    });
  }

  setTimes(accessed: NewTime, modified: NewTime): Promise<void> {
    return attempt(() => setTimes(undefined, accessed, modified));
  }

  setTimesAt(name: string, accessed: NewTime, modified: NewTime): Promise<void> {
    return attempt(async () => setTimes(await this.#existing(name), accessed, modified));
  }

  sync(): void {}

  create(name: string): Promise<void> {
    return attempt(async () => {
      if ((await this.#find(name)) !== undefined) throw new FsError('exist');
      await this.handle.getDirectoryHandle(name, { create: true });
    });
  }

  removeDirectory(name: string): Promise<void> {
    return attempt(async () => {
      if ((await this.#existing(name)).kind !== 'directory') throw new FsError('not-directory');
      await this.handle.removeEntry(name);
    });
  }

  unlink(name: string): Promise<void> {
    return attempt(async () => {
      if ((await this.#existing(name)).kind === 'directory') throw new FsError('is-directory');
      await this.handle.removeEntry(name);
    });
  }

  rename(name: string, to: Directory, newName: string): Promise<void> {
    return attempt(async () => {
      const target = handleDirectory(to);
      const source = await this.#existing(name);
      const old = await target.#find(newName);
      if (old !== undefined && (await old.isSameEntry(source))) return;
      if (old?.kind === 'directory' && source.kind === 'file') throw new FsError('is-directory');
      if (old?.kind === 'file' && source.kind === 'directory') throw new FsError('not-directory');
      // Fails when a folder is not empty, as it should.
      if (old !== undefined) await target.handle.removeEntry(newName);
      await moved(source, this.handle, target.handle, newName);
    });
  }

  link(_: string, to: Directory, newName: string): Promise<void> {
    return attempt(() => handleDirectory(to).#withoutLinks(newName));
  }

  symlink(name: string): Promise<void> {
    return attempt(() => this.#withoutLinks(name));
  }

  readlink(name: string): Promise<string> {
    return attempt(async () => {
      await this.#existing(name);
      throw new FsError('invalid');
    });
  }

  async *entries(): AsyncGenerator<DirEntry> {
    for await (const [name, { kind }] of (this.handle as unknown as Iterable).entries()) {
      yield { name, type: kind === 'file' ? 'regular-file' : 'directory' };
    }
  }

  #folder(name: string, handle: FileSystemDirectoryHandle): HandleDirectory {
    return new HandleDirectory(handle, `${this.#place}/${name}`);
  }

  async #withoutLinks(name: string): Promise<void> {
    throw new FsError((await this.#find(name)) === undefined ? 'unsupported' : 'exist');
  }

  async #existing(name: string): Promise<FileSystemHandle> {
    const found = await this.#find(name);
    if (found === undefined) throw new FsError('no-entry');
    return found;
  }

  async #find(name: string): Promise<FileSystemHandle | undefined> {
    try {
      return await this.handle.getFileHandle(name);
    } catch (error) {
      const { name: kind } = error as DOMException;
      if (kind === 'TypeMismatchError') return this.handle.getDirectoryHandle(name);
      if (kind === 'NotFoundError') return undefined;
      throw error;
    }
  }
}

class HandleFile implements BackendFile {
  readonly kind = 'file';
  readonly #handle: FileSystemFileHandle;
  readonly #place: string;
  /** What has been written and is not in the file yet. */
  #writer: Promise<FileSystemWritableFileStream> | undefined;
  #size: number | undefined;

  constructor(handle: FileSystemFileHandle, place: string) {
    this.#handle = handle;
    this.#place = place;
  }

  close(): void {
    this.#settle().catch(() => {});
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return attempt(async () => {
      const file = await this.#current();
      const bytes = await file.slice(position, position + into.length).arrayBuffer();
      into.set(new Uint8Array(bytes));
      return bytes.byteLength;
    });
  }

  write(bytes: Uint8Array, position: number | 'end'): Promise<number> {
    return attempt(async () => {
      this.#size ??= (await this.#handle.getFile()).size;
      const at = position === 'end' ? this.#size : position;
      this.#writer ??= this.#handle.createWritable({ keepExistingData: true });
      const data = bytes.slice();
      await (await this.#writer).write({ type: 'write', position: at, data });
      this.#size = Math.max(this.#size, at + bytes.length);
      return bytes.length;
    });
  }

  resize(size: number): Promise<void> {
    return attempt(async () => {
      this.#writer ??= this.#handle.createWritable({ keepExistingData: true });
      await (await this.#writer).truncate(size);
      await this.#settle();
    });
  }

  stat(): Promise<Stat> {
    return attempt(async () => statOf(await this.#current(), this.#place));
  }

  setTimes(accessed: NewTime, modified: NewTime): Promise<void> {
    return attempt(async () => {
      await this.#settle();
      await setTimes(this.#handle, accessed, modified);
    });
  }

  sync(): Promise<void> {
    return this.settle();
  }

  settle(): Promise<void> {
    return attempt(() => this.#settle());
  }

  async #current(): Promise<File> {
    await this.#settle();
    return this.#handle.getFile();
  }

  async #settle(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#size = undefined;
    await (await writer)?.close();
  }
}

/** A file is as new as its last writer: no other time can be set. */
async function setTimes(
  handle: FileSystemHandle | undefined,
  accessed: NewTime,
  modified: NewTime,
): Promise<void> {
  if (accessed !== 'no-change') throw new FsError('unsupported');
  if (modified === 'no-change') return;
  if (modified !== 'now' || handle?.kind !== 'file') throw new FsError('unsupported');
  const file = handle as FileSystemFileHandle;
  const { size } = await file.getFile();
  const writer = await file.createWritable({ keepExistingData: true });
  // Without a change, Chromium keeps the time as well.
  await writer.write({ type: 'write', position: size, data: Uint8Array.of(0) });
  await writer.truncate(size);
  await writer.close();
}

function handleDirectory(directory: Directory): HandleDirectory {
  if (directory instanceof HandleDirectory) return directory;
  throw new FsError('cross-device');
}

/** By the browser where it can, else by copying, which others may see half done. */
async function moved(
  source: FileSystemHandle,
  from: FileSystemDirectoryHandle,
  to: FileSystemDirectoryHandle,
  name: string,
): Promise<void> {
  const { name: oldName } = source;
  const movable = source as Movable;
  if (source.kind === 'file' && movable.move !== undefined) return movable.move(to, name);
  await copied(source, to, name);
  await from.removeEntry(oldName, { recursive: true });
}

async function copied(
  source: FileSystemHandle,
  to: FileSystemDirectoryHandle,
  name: string,
): Promise<void> {
  if (source.kind === 'file') {
    const file = await (source as FileSystemFileHandle).getFile();
    const target = await to.getFileHandle(name, { create: true });
    await file.stream().pipeTo(await target.createWritable());
    return;
  }
  const folder = await to.getDirectoryHandle(name, { create: true });
  for await (const [entry, handle] of (source as unknown as Iterable).entries()) {
    await copied(handle, folder, entry);
  }
}

/** `undefined`: a folder. */
function statOf(file: File | undefined, place: string): Stat {
  return {
    type: file === undefined ? 'directory' : 'regular-file',
    links: 1n,
    size: BigInt(file?.size ?? 0),
    accessed: undefined,
    modified: file && BigInt(file.lastModified) * 1_000_000n,
    changed: undefined,
    identity: `handle:${place}`,
  };
}

const roots = new WeakMap<FileSystemDirectoryHandle, number>();
let lastRoot = 0;

function rootNumber(handle: FileSystemDirectoryHandle): number {
  const known = roots.get(handle) ?? ++lastRoot;
  roots.set(handle, known);
  return known;
}

async function attempt<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof FsError) throw error;
    const { name, message } = error as Error;
    throw new FsError(CODES[name], message);
  }
}

const CODES: Partial<Record<string, FsCode>> = {
  InvalidModificationError: 'not-empty',
  NoModificationAllowedError: 'busy',
  NotAllowedError: 'access',
  NotFoundError: 'no-entry',
  NotReadableError: 'access',
  QuotaExceededError: 'quota',
  SecurityError: 'access',
  // A name that the browser's file system does not have.
  TypeError: 'invalid',
  TypeMismatchError: 'not-directory',
};
