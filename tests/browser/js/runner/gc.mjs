/** A page cannot collect its garbage; tests that want it to are not run here. */
export async function collectUntil() {
  throw new Error('there is no way to collect garbage');
}
