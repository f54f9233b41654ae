/** The engine's garbage collector, without a flag on the command line. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Collects garbage until `done` says that it is enough, or so many times, 20 ms apart: a busy machine is slow to finalize. */
export async function collectUntil(done, times = 250) {
  for (let i = 0; i < times && !done(); i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
