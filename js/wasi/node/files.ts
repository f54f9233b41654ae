/**
 * wasi:filesystem on `node:fs`.
 *
 * On Linux each folder is a file descriptor, and its entries are reached through `/proc/self/fd`: names are single ones and links
 * are never followed by the kernel, so that no race with whoever else changes the tree leads out of it. Elsewhere, and where
 * `/proc` is missing, a folder is its path: a folder that somebody replaces by a symbolic link between two steps can lead out.
 *
 * Small operations are synchronous: they take microseconds, a trip through Node's thread pool takes more. The contents of
 * streams go through the pool.
 */

import fs from 'node:fs';
import { promisify } from 'node:util';
import {
  type DirEntry,
  type Directory,
  type File,
  type FileType,
  type FsCode,
  FsError,
  Link,
  type NewTime,
  type OpenHow,
  type Stat,
} from '../filesystem/backend.js';

/** Opens a folder of this machine that a program names. Throws what `node:fs` throws. */
export function openDirectory(path: string): Directory {
  const real = fs.realpathSync(path);
  if (!fs.statSync(real).isDirectory()) throw new FsError('not-directory', `${path} is no folder`);
  if (!HAS_PROC) return new NodeDirectory(real, undefined);
  return NodeDirectory.of(fs.openSync(real, O_PATH | O_DIRECTORY));
}

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_TRUNC } = fs.constants;
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0;
const O_DIRECTORY = fs.constants.O_DIRECTORY ?? 0;
const { O_SYNC = 0, O_DSYNC = 0 } = fs.constants;
/** Linux: a place in the tree, without the right to read it. Node does not name it. */
const O_PATH = 0o10_000_000;

const HAS_PROC = process.platform === 'linux' && fs.existsSync('/proc/self/fd');

const read = promisify(fs.read);
const write = promisify(fs.write);

class NodeDirectory implements Directory {
  readonly kind = 'directory';
  readonly #path: string;
  readonly #fd: number | undefined;

  constructor(path: string, fd: number | undefined) {
    this.#path = path;
    this.#fd = fd;
  }

  static of(fd: number): NodeDirectory {
    return new NodeDirectory(`/proc/self/fd/${fd}`, fd);
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
  }

  duplicate(): NodeDirectory {
    return this.#openDirectory('.');
  }

  enter(name: string): NodeDirectory | Link {
    try {
      return this.#openDirectory(name);
    } catch (error) {
      return this.#linkOr(name, error, ['not-directory', 'loop']);
    }
  }

  open(name: string, how: OpenHow): File | Directory | Link {
    const access = how.write || how.truncate ? (how.read ? O_RDWR : O_WRONLY) : O_RDONLY;
    let flags = access | O_NOFOLLOW | O_NONBLOCK;
    // Without O_CREAT the other says nothing, or is undefined.
    if (how.create) flags |= how.exclusive ? O_CREAT | O_EXCL : O_CREAT;
    if (how.truncate) flags |= O_TRUNC;
    if (how.directory) flags |= O_DIRECTORY;
    if (how.sync === 'file') flags |= O_SYNC;
    if (how.sync === 'data') flags |= O_DSYNC;
    let fd: number;
    try {
      // Without O_NOFOLLOW, on Windows, a link is found by looking.
      if (O_NOFOLLOW === 0 && this.#isLink(name)) throw new FsError('loop');
      fd = attempt(() => fs.openSync(this.#at(name), flags));
    } catch (error) {
      return this.#linkOr(name, error, ['not-directory', 'loop', 'too-many-links']);
    }
    const isDirectory = attempt(() => fs.fstatSync(fd)).isDirectory();
    if (!isDirectory) return new NodeFile(fd);
    try {
      if (this.#fd === undefined) return new NodeDirectory(this.#at(name), undefined);
      return attempt(() =>
        NodeDirectory.of(fs.openSync(`/proc/self/fd/${fd}`, O_PATH | O_DIRECTORY)),
      );
    } finally {
      fs.closeSync(fd);
    }
  }

  stat(): Stat {
    return attempt(() => statOf(fs.statSync(this.#at('.'), { bigint: true })));
  }

  statAt(name: string): Stat {
    return attempt(() => statOf(fs.lstatSync(this.#at(name), { bigint: true })));
  }

  setTimes(accessed: NewTime, modified: NewTime): void {
    attempt(() => {
      const [a, m] = times(accessed, modified, () => fs.statSync(this.#at('.'), { bigint: true }));
      fs.utimesSync(this.#at('.'), a, m);
    });
  }

  setTimesAt(name: string, accessed: NewTime, modified: NewTime): void {
    attempt(() => {
      const now = () => fs.lstatSync(this.#at(name), { bigint: true });
      const [a, m] = times(accessed, modified, now);
      fs.lutimesSync(this.#at(name), a, m);
    });
  }

  sync(): void {
    // A place cannot be synchronised, the folder behind it can.
    attempt(() => {
      const fd = fs.openSync(this.#at('.'), O_RDONLY);
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    });
  }

  create(name: string): void {
    attempt(() => fs.mkdirSync(this.#at(name)));
  }

  removeDirectory(name: string): void {
    attempt(() => fs.rmdirSync(this.#at(name)));
  }

  unlink(name: string): void {
    attempt(() => {
      if (fs.lstatSync(this.#at(name)).isDirectory()) throw new FsError('is-directory');
      fs.unlinkSync(this.#at(name));
    });
  }

  rename(name: string, to: Directory, newName: string): void {
    attempt(() => fs.renameSync(this.#at(name), nodeDirectory(to).#at(newName)));
  }

  link(name: string, to: Directory, newName: string): void {
    attempt(() => fs.linkSync(this.#at(name), nodeDirectory(to).#at(newName)));
  }

  symlink(name: string, target: string): void {
    attempt(() => fs.symlinkSync(target, this.#at(name)));
  }

  readlink(name: string): string {
    return attempt(() => fs.readlinkSync(this.#at(name)));
  }

  *entries(): Generator<DirEntry> {
    const folder = attempt(() => fs.opendirSync(this.#at('.')));
    try {
      for (;;) {
        const entry = attempt(() => folder.readSync());
        if (entry === null) return;
        const known = typeOf(entry);
        // Some file systems do not tell types with names.
        yield { name: entry.name, type: known === 'other' ? this.#typeAt(entry.name) : known };
      }
    } finally {
      folder.closeSync();
    }
  }

  #at(name: string): string {
    return `${this.#path}/${name}`;
  }

  #openDirectory(name: string): NodeDirectory {
    return attempt(() => {
      if (this.#fd !== undefined) {
        return NodeDirectory.of(fs.openSync(this.#at(name), O_PATH | O_DIRECTORY | O_NOFOLLOW));
      }
      const stat = fs.lstatSync(this.#at(name));
      if (!stat.isDirectory()) throw new FsError('not-directory');
      return new NodeDirectory(name === '.' ? this.#path : this.#at(name), undefined);
    });
  }

  /** The link that an entry is, when opening it failed with one of the codes that links fail with. */
  #linkOr(name: string, error: unknown, codes: readonly FsCode[]): Link {
    const isCode =
      error instanceof FsError && error.code !== undefined && codes.includes(error.code);
    if (!isCode || !this.#isLink(name)) throw error;
    return new Link(this.readlink(name));
  }

  #isLink(name: string): boolean {
    return fs.lstatSync(this.#at(name), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  }

  #typeAt(name: string): FileType {
    const stat = fs.lstatSync(this.#at(name), { throwIfNoEntry: false });
    return stat === undefined ? 'other' : typeOf(stat);
  }
}

class NodeFile implements File {
  readonly kind = 'file';
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  read(into: Uint8Array, position: number): number {
    return attempt(() => fs.readSync(this.#fd, into, 0, into.length, position));
  }

  write(bytes: Uint8Array, position: number | 'end'): number {
    return attempt(() => {
      const at = position === 'end' ? fs.fstatSync(this.#fd).size : position;
      return fs.writeSync(this.#fd, bytes, 0, bytes.length, at);
    });
  }

  async readLater(into: Uint8Array, position: number): Promise<number> {
    try {
      return (await read(this.#fd, into, 0, into.length, position)).bytesRead;
    } catch (error) {
      throw fsError(error);
    }
  }

  async writeLater(bytes: Uint8Array, position: number | 'end'): Promise<number> {
    // The end is found and written at without anything in between that this process does.
    if (position === 'end') return this.write(bytes, position);
    try {
      return (await write(this.#fd, bytes, 0, bytes.length, position)).bytesWritten;
    } catch (error) {
      throw fsError(error);
    }
  }

  resize(size: number): void {
    attempt(() => fs.ftruncateSync(this.#fd, size));
  }

  stat(): Stat {
    return attempt(() => statOf(fs.fstatSync(this.#fd, { bigint: true })));
  }

  setTimes(accessed: NewTime, modified: NewTime): void {
    attempt(() => {
      const [a, m] = times(accessed, modified, () => fs.fstatSync(this.#fd, { bigint: true }));
      fs.futimesSync(this.#fd, a, m);
    });
  }

  sync(dataOnly: boolean): void {
    attempt(() => (dataOnly ? fs.fdatasyncSync(this.#fd) : fs.fsyncSync(this.#fd)));
  }
}

function nodeDirectory(directory: Directory): NodeDirectory {
  if (directory instanceof NodeDirectory) return directory;
  throw new FsError('cross-device');
}

function statOf(stat: fs.BigIntStats): Stat {
  return {
    type: typeOf(stat),
    links: stat.nlink,
    size: stat.size,
    accessed: stat.atimeNs,
    modified: stat.mtimeNs,
    changed: stat.ctimeNs,
    identity: `${stat.dev}:${stat.ino}`,
  };
}

function typeOf(entry: fs.Dirent | fs.Stats | fs.BigIntStats): FileType {
  if (entry.isFile()) return 'regular-file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'symbolic-link';
  if (entry.isFIFO()) return 'fifo';
  if (entry.isSocket()) return 'socket';
  if (entry.isCharacterDevice()) return 'character-device';
  return entry.isBlockDevice() ? 'block-device' : 'other';
}

/** Times as `node:fs` takes them: exact to about a quarter of a microsecond, before 1970 to a millisecond. */
function times(
  accessed: NewTime,
  modified: NewTime,
  present: () => fs.BigIntStats,
): [number | Date, number | Date] {
  const stat = accessed === 'no-change' || modified === 'no-change' ? present() : undefined;
  const seconds = (time: NewTime, unchanged: bigint | undefined) => {
    if (time === 'now') return Date.now() / 1000;
    const ns = time === 'no-change' ? (unchanged ?? 0n) : time;
    const exact = Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9;
    // Numbers below 0 mean the present to Node.
    return exact < 0 ? new Date(exact * 1000) : exact;
  };
  return [seconds(accessed, stat?.atimeNs), seconds(modified, stat?.mtimeNs)];
}

function attempt<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw fsError(error);
  }
}

function fsError(error: unknown): FsError {
  if (error instanceof FsError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new FsError(CODES[code ?? ''], message);
}

const CODES: Partial<Record<string, FsCode>> = {
  EACCES: 'access',
  EALREADY: 'already',
  EBADF: 'bad-descriptor',
  EBUSY: 'busy',
  EDEADLK: 'deadlock',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EILSEQ: 'illegal-byte-sequence',
  EINPROGRESS: 'in-progress',
  EINTR: 'interrupted',
  EINVAL: 'invalid',
  EIO: 'io',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMLINK: 'too-many-links',
  EMSGSIZE: 'message-size',
  ENAMETOOLONG: 'name-too-long',
  ENODEV: 'no-device',
  ENOENT: 'no-entry',
  ENOLCK: 'no-lock',
  ENOMEM: 'insufficient-memory',
  ENOSPC: 'insufficient-space',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  ENOTRECOVERABLE: 'not-recoverable',
  ENOTSUP: 'unsupported',
  ENOSYS: 'unsupported',
  ENOTTY: 'no-tty',
  ENXIO: 'no-such-device',
  EOVERFLOW: 'overflow',
  EPERM: 'not-permitted',
  EPIPE: 'pipe',
  EROFS: 'read-only',
  ESPIPE: 'invalid-seek',
  ETXTBSY: 'text-file-busy',
  EXDEV: 'cross-device',
};
