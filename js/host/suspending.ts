/** Marks functions of the host that may return promises though WIT declares them synchronous. */

const marked = new WeakSet<object>();

/**
 * Marks an implementation of a synchronous WIT function that returns a promise: the component then waits on its stack until the
 * promise is settled, and its store is frozen meanwhile. Calls of async exports wait, synchronous calls throw; a synchronous export
 * that may get there is called by its `promise`. Needs JSPI, unless the function returns a value after all.
 *
 * For interfaces that were made for blocking, like `poll` of WASI 0.2; an `async func` needs no mark. Returns `fn`.
 */
export function suspending<A extends readonly unknown[], R>(
  fn: (...args: A) => R | PromiseLike<R>,
): (...args: A) => R {
  marked.add(fn);
  return fn as (...args: A) => R;
}

/** Whether a function was marked. */
export function isSuspending(fn: unknown): boolean {
  return typeof fn === 'function' && marked.has(fn);
}
