/** What the suites of `tests/js` use of `node:fs/promises`, in a page: built guests, by their URLs. */

export async function readFile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return new Uint8Array(await response.arrayBuffer());
}
