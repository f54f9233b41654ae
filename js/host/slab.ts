/** Values by small numbers: what lets JS objects stand in for numbers that the runtime knows. */
export class Slab<T> {
  /** Index 0 is never used, so that 0 can mean nothing. */
  readonly #items: (T | undefined)[] = [undefined];
  readonly #free: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Keeps a value; gives its number, from 1. */
  add(item: T): number {
    this.#size++;
    const id = this.#free.pop();
    if (id === undefined) return this.#items.push(item) - 1;
    this.#items[id] = item;
    return id;
  }

  get(id: number): T | undefined {
    return this.#items[id];
  }

  /** Forgets a value and gives it back; its number may be used again. */
  remove(id: number): T | undefined {
    const item = this.#items[id];
    if (item === undefined) return undefined;
    this.#items[id] = undefined;
    this.#free.push(id);
    this.#size--;
    return item;
  }

  /** Forgets all values and gives them back. */
  drain(): T[] {
    const items = this.#items.filter((item) => item !== undefined);
    this.#items.length = 1;
    this.#free.length = 0;
    this.#size = 0;
    return items;
  }
}
