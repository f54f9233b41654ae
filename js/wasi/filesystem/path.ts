/**
 * Resolution of paths, a name at a time, so that no path leaves the folder that it begins at: not by `..`, not as an
 * absolute one, not by a symbolic link. Each folder on the way is held open until the end, and `..` goes back
 * to the one that was walked through: what others rename meanwhile does not change where a walk is.
 */

import { type Steps, wait } from '../maybe.js';
import { type Directory, FsError, Link } from './backend.js';

/** Where a path ends. */
export interface Place {
  /** The folder that the last name is in, or the folder itself when there is no name. */
  readonly parent: Directory;
  /** `undefined`: the path is a folder that was walked through already, as with `.`, `a/..`. */
  readonly name: string | undefined;
  /** The path ends in `/`, so that only a folder will do. */
  readonly mustBeDirectory: boolean;
}

/** Symbolic links that one path may go through, as on Linux. */
const MOST_LINKS = 40;
const LONGEST_NAME = 255;
/** Of a path, and of what a symbolic link says. */
export const LONGEST_PATH = 4095;

/** A walk from a folder: `steps` finds the place, `follow` goes on through a link that was found there. */
export class Walk {
  readonly #base: Directory;
  /** The folders walked through, below the base. */
  readonly #trail: Directory[] = [];
  #links = 0;

  constructor(base: Directory) {
    this.#base = base;
  }

  /** The place that a path names. */
  *find(path: string): Steps<Place> {
    if (path === '') throw new FsError('no-entry');
    return yield* this.#go(path);
  }

  /** Goes on from a place where a link was found. */
  *follow({ mustBeDirectory }: Place, link: Link): Steps<Place> {
    const place = yield* this.#through(link);
    return mustBeDirectory ? { ...place, mustBeDirectory } : place;
  }

  /** Gives the folders on the way back. */
  close(): void {
    for (const directory of this.#trail.splice(0)) directory.close();
  }

  *#go(path: string): Steps<Place> {
    check(path);
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    const mustBeDirectory = /(^|\/)\.?$/.test(path);
    const last = names.at(-1) === '..' ? undefined : names.pop();
    for (const name of names) yield* this.#enter(name);
    return { parent: this.#here, name: last, mustBeDirectory };
  }

  get #here(): Directory {
    return this.#trail.at(-1) ?? this.#base;
  }

  *#enter(name: string): Steps<void> {
    if (name === '..') {
      const left = this.#trail.pop();
      if (left === undefined) throw new FsError('not-permitted', 'the path leaves its folder');
      left.close();
      return;
    }
    const found = yield* wait(this.#here.enter(name));
    if (!(found instanceof Link)) {
      this.#trail.push(found);
      return;
    }
    let place = yield* this.#through(found);
    while (place.name !== undefined) {
      const next = yield* wait(place.parent.enter(place.name));
      if (!(next instanceof Link)) {
        this.#trail.push(next);
        return;
      }
      place = yield* this.#through(next);
    }
  }

  *#through(link: Link): Steps<Place> {
    this.#links++;
    if (this.#links > MOST_LINKS) throw new FsError('loop');
    if (link.target === '') throw new FsError('no-entry');
    return yield* this.#go(link.target);
  }
}

function check(path: string): void {
  if (path.startsWith('/')) throw new FsError('not-permitted', 'the path is absolute');
  if (path.includes('\0')) throw new FsError('invalid', 'the path has a NUL in it');
  if (path.length > LONGEST_PATH) throw new FsError('name-too-long');
  for (const name of path.split('/')) {
    if (name.length > LONGEST_NAME) throw new FsError('name-too-long');
  }
}
