/** Calls with a deadline: what computes without pause is ended together with its worker. */

/**
 * The same connection, whose calls have `ms` to be answered. When one has not been, `end` ends the worker: nothing else stops
 * WebAssembly that runs. All calls of it fail then.
 */
export function withDeadline({ load, call, close }, ms, end) {
  const within = async (answer) => {
    const timer = setTimeout(() => {
      end();
      close(new DOMException(`the component gave no answer in ${ms} ms`, 'TimeoutError'));
    }, ms);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    load: (bytes) => within(load(bytes)),
    call: (name, ...args) => within(call(name, ...args)),
    close,
  };
}
