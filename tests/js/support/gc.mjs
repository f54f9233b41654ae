/** The engine's garbage collector, without a flag on the command line. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Collects garbage until `done` says that it is enough, or for a second. */
export async function collectUntil(done) {
  for (let i = 0; i < 50 && !done(); i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
