/**
 * Times several ways of doing the same work in one process: ours, the limit written by hand, another tool's.
 *
 * A work is a function that does `n` operations and may return a promise. The rounds of all of them
 * alternate, so that what else the machine does hits each; the best round of each counts.
 */

/** How long a round is to take, in ms, and how many rounds there are. */
const THOROUGH = { round: 60, rounds: 9 };
const QUICK = { round: 5, rounds: 3 };

/** Nanoseconds per operation of each work. */
export async function compare(works, { quick = false } = {}) {
  const { round, rounds } = quick ? QUICK : THOROUGH;
  const counts = [];
  for (const work of works) counts.push(await calibrate(work, round));
  const best = works.map(() => Infinity);
  for (let i = 0; i < rounds; i++) {
    for (const [which, work] of works.entries()) {
      const n = counts[which];
      best[which] = Math.min(best[which], ((await elapsed(work, n)) * 1e6) / n);
    }
  }
  return best;
}

/** How many operations make a round of about `round` ms. Warms the engine up by the way. */
async function calibrate(work, round) {
  for (let n = 1; ; n *= 2) {
    const ms = await elapsed(work, n);
    if (ms >= round) return n;
    if (n >= 2 ** 30) throw new Error('the work takes no time: the engine has removed it');
  }
}

async function elapsed(work, n) {
  const start = performance.now();
  await work(n);
  return performance.now() - start;
}
