/** What the suites of `tests/js` use of `node:assert/strict`, in a page. */

import { dequal } from 'dequal';

class AssertionError extends Error {
  name = 'AssertionError';
}

export default {
  ok(value, message = `${value} is not truthy`) {
    if (!value) fail(message);
  },
  equal(actual, expected, message) {
    if (!Object.is(actual, expected)) fail(message ?? `${show(actual)} is not ${show(expected)}`);
  },
  notEqual(actual, other, message) {
    if (Object.is(actual, other)) fail(message ?? `it is ${show(other)}`);
  },
  deepEqual(actual, expected, message) {
    if (!same(actual, expected)) fail(message ?? `${show(actual)} is not ${show(expected)}`);
  },
  match(text, pattern, message) {
    if (!pattern.test(text)) fail(message ?? `${show(text)} does not match ${pattern}`);
  },
  doesNotMatch(text, pattern, message) {
    if (pattern.test(text)) fail(message ?? `${show(text)} matches ${pattern}`);
  },
  fail,
  throws(body, expected, message) {
    let thrown;
    try {
      body();
    } catch (error) {
      thrown = { error };
    }
    check(thrown, expected, message);
  },
  async rejects(given, expected, message) {
    let thrown;
    try {
      await (typeof given === 'function' ? given() : given);
    } catch (error) {
      thrown = { error };
    }
    check(thrown, expected, message);
  },
};

/** `dequal` takes no NaN in a typed array for equal to another. */
function same(actual, expected) {
  return dequal(plain(actual), plain(expected));
}

function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  return ArrayBuffer.isView(value) ? [value.constructor.name, ...value] : value;
}

function fail(message) {
  throw new AssertionError(message);
}

/** `expected`: a class, a function that says whether it is right, a pattern, or properties; a text is the message. */
function check(thrown, expected, message) {
  if (thrown === undefined) fail(message ?? (typeof expected === 'string' ? expected : 'no error'));
  const { error } = thrown;
  if (expected === undefined || typeof expected === 'string') return;
  const wrong = (what) => fail(`${error?.name}: ${error?.message}: ${what}`);
  if (expected instanceof RegExp) {
    if (!expected.test(String(error))) wrong(`does not match ${expected}`);
  } else if (typeof expected === 'function') {
    const isClass = expected === Error || expected.prototype instanceof Error;
    if (isClass ? !(error instanceof expected) : expected(error) !== true) wrong('is another');
  } else {
    for (const [key, value] of Object.entries(expected)) {
      const found = error?.[key];
      const right =
        value instanceof RegExp && typeof found === 'string'
          ? value.test(found)
          : dequal(found, value);
      if (!right) wrong(`${key} is ${show(found)}, not ${show(value)}`);
    }
    // Errors have properties that are not enumerable.
    if (expected instanceof Error && error !== expected && error?.message !== expected.message) {
      wrong(`is not ${expected}`);
    }
  }
}

function show(value) {
  const plain = (_, one) => (typeof one === 'bigint' ? `${one}n` : one);
  try {
    return (JSON.stringify(value, plain) ?? String(value)).slice(0, 2000);
  } catch {
    return String(value);
  }
}
