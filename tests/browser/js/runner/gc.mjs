/** The browser's collector, which Chromium lends to pages when it is started so; tests that need it are not run elsewhere. */

export async function collectUntil(done, times = 250) {
  for (let i = 0; i < times && !done(); i++) {
    // Asynchronously, so that nothing is taken for alive because the stack looks like it.
    await globalThis.gc({ type: 'major', execution: 'async' });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
