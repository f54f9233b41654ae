/** A tree of files in memory: what a page grants, or a test. Its objects live as long as anybody refers to them. */

import {
  type DirEntry,
  type Directory,
  type File,
  type FileType,
  FsError,
  Link,
  type NewTime,
  type OpenHow,
  type Stat,
} from './backend.js';

/** Contents to begin with: a text in UTF-8 or bytes for a file, an object for a folder. */
export interface MemoryTree {
  readonly [name: string]: string | Uint8Array | MemoryTree;
}

/** How much a folder in memory may hold; beyond it there is `insufficient-space`. */
export interface MemoryLimits {
  /** Most bytes of all its files together; by default 256 MiB. */
  readonly maxBytes?: number;
  /** Most files, folders and links that components may add; by default a million. */
  readonly maxEntries?: number;
}

/** A folder in memory that a program can grant to components, and look into itself. */
export class MemoryDirectory {
  /** @internal */
  readonly root: FolderNode;

  /** Bounds on what components may put into it. */
  constructor(
    tree: MemoryTree = {},
    { maxBytes = 2 ** 28, maxEntries = 1_000_000 }: MemoryLimits = {},
  ) {
    this.root = folderOf(tree, { left: maxBytes, entries: maxEntries });
  }

  /** The bytes of a file, by its path; `undefined` when there is none. Links are not followed. */
  read(path: string): Uint8Array | undefined {
    const node = this.#find(path);
    return node instanceof FileNode ? node.bytes.slice() : undefined;
  }

  /** The names in a folder, by its path; `undefined` when there is none. */
  list(path = ''): string[] | undefined {
    const node = this.#find(path);
    return node instanceof FolderNode ? [...node.entries.keys()] : undefined;
  }

  /** Writes a file, with the folders that lead to it. */
  write(path: string, contents: string | Uint8Array): void {
    const names = path.split('/').filter((name) => name !== '');
    const last = names.pop();
    if (last === undefined) throw new TypeError('a file needs a name');
    let folder = this.root;
    for (const name of names) {
      let next = folder.entries.get(name);
      if (next === undefined) {
        next = new FolderNode(folder.space);
        folder.entries.set(name, next);
      }
      if (!(next instanceof FolderNode)) throw new TypeError(`${name} is not a folder`);
      folder = next;
    }
    folder.entries.get(last)?.unlinked();
    folder.entries.set(last, fileOf(contents, folder.space));
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
      node = node instanceof FolderNode ? node.entries.get(name) : undefined;
    }
    return node;
  }
}

/** An open descriptor's view of a folder in memory. */
export function openMemory(directory: MemoryDirectory): Directory {
  return new OpenFolder(directory.root);
}

/** What one tree may take. */
interface Space {
  /** Bytes of its files together. */
  left: number;
  /** Files, folders and links that components may add: each takes memory, however small it is. */
  entries: number;
}

let last = 0;

abstract class Node {
  abstract readonly type: FileType;
  abstract readonly size: number;
  readonly identity = `memory:${++last}`;
  accessed = now();
  modified = this.accessed;
  changed = this.accessed;
  links = 1;

  constructor(readonly space: Space) {}

  stat(): Stat {
    const { type, size, links, accessed, modified, changed, identity } = this;
    return {
      type,
      links: BigInt(links),
      size: BigInt(size),
      accessed,
      modified,
      changed,
      identity,
    };
  }

  setTimes(accessed: NewTime, modified: NewTime): void {
    const time = now();
    if (accessed !== 'no-change') this.accessed = accessed === 'now' ? time : accessed;
    if (modified !== 'no-change') this.modified = modified === 'now' ? time : modified;
    this.changed = time;
  }

  touched(): void {
    this.modified = now();
    this.changed = this.modified;
  }

  unlinked(): void {
    this.links--;
    this.changed = now();
  }
}

class FileNode extends Node {
  readonly type = 'regular-file';
  #data = new Uint8Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): Uint8Array {
    return this.#data.subarray(0, this.#size);
  }

  write(bytes: Uint8Array, position: number): void {
    this.#reserve(position + bytes.length);
    this.#data.set(bytes, position);
    this.#size = Math.max(this.#size, position + bytes.length);
    this.touched();
  }

  resize(size: number): void {
    this.#reserve(size);
    if (size < this.#size) this.#data.fill(0, size, this.#size);
    this.#size = size;
    this.touched();
  }

  /** Capacity doubles, so that appending costs what it writes; what is taken counts, not what is used. */
  #reserve(size: number): void {
    const capacity = this.#data.length;
    if (size <= capacity) return;
    const wanted = Math.min(Math.max(size, capacity * 2), capacity + this.space.left);
    if (wanted < size) throw new FsError('insufficient-space');
    const grown = new Uint8Array(wanted);
    grown.set(this.bytes);
    this.space.left -= wanted - capacity;
    this.#data = grown;
  }

  override unlinked(): void {
    super.unlinked();
    // Open descriptors may hold it still; the tree does not count it any more.
    if (this.links === 0) this.space.left += this.#data.length;
  }
}

class FolderNode extends Node {
  readonly type = 'directory';
  readonly size = 0;
  readonly entries = new Map<string, Node>();
}

class LinkNode extends Node {
  readonly type = 'symbolic-link';

  constructor(
    readonly target: string,
    space: Space,
  ) {
    super(space);
  }

  get size(): number {
    return new TextEncoder().encode(this.target).length;
  }
}

class OpenObject<N extends Node> {
  constructor(readonly node: N) {}

  stat(): Stat {
    return this.node.stat();
  }

  setTimes(accessed: NewTime, modified: NewTime): void {
    this.node.setTimes(accessed, modified);
  }

  sync(): void {}

  close(): void {}
}

class OpenFile extends OpenObject<FileNode> implements File {
  readonly kind = 'file';

  read(into: Uint8Array, position: number): number {
    const bytes = this.node.bytes.subarray(position, position + into.length);
    into.set(bytes);
    this.node.accessed = now();
    return bytes.length;
  }

  write(bytes: Uint8Array, position: number | 'end'): number {
    this.node.write(bytes, position === 'end' ? this.node.size : position);
    return bytes.length;
  }

  resize(size: number): void {
    this.node.resize(size);
  }
}

class OpenFolder extends OpenObject<FolderNode> implements Directory {
  readonly kind = 'directory';

  duplicate(): OpenFolder {
    return new OpenFolder(this.node);
  }

  enter(name: string): OpenFolder | Link {
    const node = this.#get(name);
    if (node instanceof LinkNode) return new Link(node.target);
    if (!(node instanceof FolderNode)) throw new FsError('not-directory');
    return new OpenFolder(node);
  }

  open(name: string, how: OpenHow): OpenFile | OpenFolder | Link {
    let node = this.node.entries.get(name);
    if (node !== undefined && how.create && how.exclusive) throw new FsError('exist');
    if (node instanceof LinkNode) return new Link(node.target);
    if (node instanceof FolderNode) {
      if (how.write || how.truncate || how.create) throw new FsError('is-directory');
      return new OpenFolder(node);
    }
    if (node === undefined) {
      if (!how.create) throw new FsError('no-entry');
      node = new FileNode(this.node.space);
      this.#add(name, node);
    }
    if (how.directory) throw new FsError('not-directory');
    const file = node as FileNode;
    if (how.truncate) file.resize(0);
    return new OpenFile(file);
  }

  statAt(name: string): Stat {
    return this.#get(name).stat();
  }

  setTimesAt(name: string, accessed: NewTime, modified: NewTime): void {
    this.#get(name).setTimes(accessed, modified);
  }

  create(name: string): void {
    this.#add(name, new FolderNode(this.node.space));
  }

  removeDirectory(name: string): void {
    const node = this.#get(name);
    if (!(node instanceof FolderNode)) throw new FsError('not-directory');
    if (node.entries.size > 0) throw new FsError('not-empty');
    this.#remove(name, node);
  }

  unlink(name: string): void {
    const node = this.#get(name);
    if (node instanceof FolderNode) throw new FsError('is-directory');
    this.#remove(name, node);
  }

  rename(name: string, to: Directory, newName: string): void {
    const target = this.#ofThisTree(to);
    const node = this.#get(name);
    const old = target.node.entries.get(newName);
    if (old === node) return;
    if (node instanceof FolderNode && within(target.node, node)) throw new FsError('invalid');
    if (old instanceof FolderNode) {
      if (!(node instanceof FolderNode)) throw new FsError('is-directory');
      if (old.entries.size > 0) throw new FsError('not-empty');
    } else if (old !== undefined && node instanceof FolderNode) {
      throw new FsError('not-directory');
    }
    if (old !== undefined) {
      old.unlinked();
      this.node.space.entries++;
    }
    this.node.entries.delete(name);
    target.node.entries.set(newName, node);
    this.node.touched();
    target.node.touched();
  }

  link(name: string, to: Directory, newName: string): void {
    const node = this.#get(name);
    this.#ofThisTree(to).#add(newName, node);
    node.links++;
  }

  symlink(name: string, target: string): void {
    this.#add(name, new LinkNode(target, this.node.space));
  }

  readlink(name: string): string {
    const node = this.#get(name);
    if (!(node instanceof LinkNode)) throw new FsError('invalid');
    return node.target;
  }

  entries(): DirEntry[] {
    return [...this.node.entries].map(([name, { type }]) => ({ name, type }));
  }

  #ofThisTree(directory: Directory): OpenFolder {
    const same = directory instanceof OpenFolder && directory.node.space === this.node.space;
    if (same) return directory;
    throw new FsError('cross-device');
  }

  #get(name: string): Node {
    const node = this.node.entries.get(name);
    if (node === undefined) throw new FsError('no-entry');
    return node;
  }

  #add(name: string, node: Node): void {
    if (this.node.entries.has(name)) throw new FsError('exist');
    const { space } = this.node;
    if (space.entries === 0) throw new FsError('insufficient-space');
    space.entries--;
    this.node.entries.set(name, node);
    this.node.touched();
  }

  #remove(name: string, node: Node): void {
    this.node.entries.delete(name);
    this.node.space.entries++;
    node.unlinked();
    this.node.touched();
  }
}

/** Whether `node` is `folder` or somewhere below it. */
function within(node: FolderNode, folder: FolderNode): boolean {
  const rest: Node[] = [folder];
  for (let at = rest.pop(); at !== undefined; at = rest.pop()) {
    if (at === node) return true;
    if (at instanceof FolderNode) rest.push(...at.entries.values());
  }
  return false;
}

function folderOf(tree: MemoryTree, space: Space): FolderNode {
  const folder = new FolderNode(space);
  for (const [name, entry] of Object.entries(tree)) {
    if (name === '' || name === '.' || name === '..' || name.includes('/')) {
      throw new TypeError(`${JSON.stringify(name)} cannot be the name of a file`);
    }
    const isFile = typeof entry === 'string' || entry instanceof Uint8Array;
    folder.entries.set(name, isFile ? fileOf(entry, space) : folderOf(entry, space));
  }
  return folder;
}

function fileOf(contents: string | Uint8Array, space: Space): FileNode {
  const file = new FileNode(space);
  file.write(typeof contents === 'string' ? new TextEncoder().encode(contents) : contents, 0);
  return file;
}

function now(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}
