/**
 * Loops around one function. Imported once for each side of a comparison (`?ours`, `?limit`): a call site
 * that has seen two functions is slower for both, and would flatter the ratio.
 */

export function addUp(add, n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = add(sum, 1);
  return sum;
}

/** The last one of `n` results. */
export function echo(call, value, n) {
  let last;
  for (let i = 0; i < n; i++) last = call(value);
  return last;
}

export async function addUpAsync(add, n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = await add(sum, 1);
  return sum;
}
