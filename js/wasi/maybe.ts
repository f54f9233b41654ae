/**
 * Functions that answer at once where they can: WASI 0.2 calls them from components that cannot wait, WASI 0.3 as async
 * functions. They are written once, as generators that yield what may be a promise.
 */

/** A value, or a promise of one. */
export type Maybe<T> = T | PromiseLike<T>;

/** A computation that waits for what it yields. */
export type Steps<T> = Generator<Maybe<unknown>, T, unknown>;

/** Waits inside of a generator: `const x = yield* wait(f())`. */
export function* wait<T>(value: Maybe<T>): Steps<T> {
  return (isPromise(value) ? yield value : value) as T;
}

/** Runs the steps: the result at once unless one of them had to wait. Throws or rejects with what they throw. */
export function run<T>(steps: Steps<T>): Maybe<T> {
  let step = steps.next();
  while (!step.done) {
    if (isPromise(step.value)) return later(steps, step.value);
    step = steps.next(step.value);
  }
  return step.value;
}

/** What `use` makes of the value, at once or later. */
export function then<T, U>(value: Maybe<T>, use: (value: T) => Maybe<U>): Maybe<U> {
  return isPromise(value) ? Promise.resolve(value).then(use) : use(value);
}

/** What an operation answers, at once or later; what it throws or rejects with goes through `shape`. */
export function shaped<T>(operation: () => Maybe<T>, shape: (error: unknown) => Error): Maybe<T> {
  const fail = (error: unknown): never => {
    throw shape(error);
  };
  try {
    const value = operation();
    return isPromise(value) ? Promise.resolve(value).catch(fail) : value;
  } catch (error) {
    return fail(error);
  }
}

function isPromise<T>(value: Maybe<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

async function later<T>(steps: Steps<T>, first: PromiseLike<unknown>): Promise<T> {
  let pending: Maybe<unknown> = first;
  for (;;) {
    let step: IteratorResult<Maybe<unknown>, T>;
    let value: unknown;
    try {
      value = await pending;
    } catch (error) {
      step = steps.throw(error);
      if (step.done) return step.value;
      pending = step.value;
      continue;
    }
    step = steps.next(value);
    if (step.done) return step.value;
    pending = step.value;
  }
}
