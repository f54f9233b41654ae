/** Time and promises that tests steer themselves. */

import { setImmediate, setTimeout } from 'node:timers/promises';

/** Lets everything happen that needs no time. */
export async function settle() {
  for (let i = 0; i < 5; i++) await setImmediate();
}

/** A promise with its two functions. */
export function deferred() {
  let resolve;
  let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** What a promise is by now: `pending`, `fulfilled` or `rejected`. */
export async function state(promise) {
  const pending = {};
  return Promise.race([promise, pending]).then(
    (value) => (value === pending ? 'pending' : 'fulfilled'),
    () => 'rejected',
  );
}

/** Fails when a promise takes longer; so that a test that hangs says which. */
export async function within(milliseconds, promise) {
  const controller = new AbortController();
  const late = setTimeout(milliseconds, undefined, { signal: controller.signal }).then(() => {
    throw new Error(`it took longer than ${milliseconds} ms`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    controller.abort();
  }
}

/** A host function whose calls the test answers itself: `calls[i].resolve(value)`. */
export function manual() {
  const calls = [];
  const call = (...args) => {
    const { promise, resolve, reject } = deferred();
    const context = args.at(-1);
    calls.push({ args: args.slice(0, -1), context, resolve, reject });
    return promise;
  };
  return { call, calls };
}
