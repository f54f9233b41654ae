/**
 * One script under many orders: what must hold has to hold whichever ready task runs next.
 *
 * @typedef {import('./script.mjs').Outcome} Outcome
 */

/** The golden ratio in 64 bits: multiples of it differ in all of their bits. */
const STEP = 0x9e3779b97f4a7c15n;

/** The first `count` seeds, the same each time, as text: a page takes no `bigint`. */
export function seedsUpTo(count) {
  return Array.from({ length: count }, (_, i) => String(BigInt.asUintN(64, STEP * BigInt(i + 1))));
}

/**
 * Runs something once for each seed. A directive has passed when it has under all of them; one that has not tells the first
 * seed under which it failed.
 *
 * @param {readonly string[]} seeds
 * @param {(seed: bigint) => Promise<Outcome[]>} run
 * @returns {Promise<Outcome[]>}
 */
export async function underSeeds(seeds, run) {
  const all = new Map();
  for (const seed of seeds) {
    for (const outcome of await run(BigInt(seed))) {
      const key = `${outcome.line} ${outcome.type}`;
      const merged = all.get(key) ?? { outcome, failures: 0 };
      if (!outcome.ok) {
        if (merged.failures === 0) merged.outcome = { ...outcome, seed };
        merged.failures += 1;
      }
      all.set(key, merged);
    }
  }
  return [...all.values()].map(({ outcome: { seed, ...outcome }, failures }) => {
    if (failures === 0) return outcome;
    const why = `--seed ${seed}: ${outcome.why} (${failures} of ${seeds.length} seeds)`;
    return { ...outcome, why };
  });
}
