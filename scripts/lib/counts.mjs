/**
 * How many tests passed, failed and were skipped, read from what a test runner printed.
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** @returns {Counts} */
export const none = () => ({ passed: 0, failed: 0, skipped: 0 });

/** Adds `more` to `sum`. */
export function add(sum, more) {
  for (const key of Object.keys(sum)) sum[key] += more[key];
}

/** Of `cargo test`, and of wasm-bindgen's runner, which prints the same line for each binary. */
export function ofCargo(text) {
  const counts = none();
  const line = /test result: \S+\. (\d+) passed; (\d+) failed; (\d+) ignored/g;
  for (const [, passed, failed, skipped] of text.matchAll(line)) {
    add(counts, { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) });
  }
  return counts;
}

/** Of `node --test` with its `spec` reporter. */
export function ofNode(text) {
  const counts = none();
  const meaning = {
    pass: 'passed',
    fail: 'failed',
    cancelled: 'failed',
    skipped: 'skipped',
    todo: 'skipped',
  };
  for (const [, word, count] of text.matchAll(/^ℹ (\w+) (\d+)$/gm)) {
    if (word in meaning) counts[meaning[word]] += Number(count);
  }
  return counts;
}

/** Of `tests/conformance/run.mjs`: a script is a test. */
export function ofScripts(text) {
  const [, passed = 0, failed = 0, skipped = 0] =
    /^scripts: (\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(text) ?? [];
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

/** A check that says yes or no. */
export function ofCheck(_text, succeeded) {
  return { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1, skipped: 0 };
}

/** `N passed, N failed`, and the skipped when there are any. */
export function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
