/**
 * Rules of the Canonical ABI by the names that `docs/rules.md` gives them, at the places that enforce them.
 *
 * `rule('id', violated)` is `violated`, and that is what the published bundle has in its place. In the build of
 * `npm run mutate` one rule can be switched off; it is false then. Its Rust counterpart is `src/abi/src/rule.rs`.
 */

/** Where that build finds the id of the rule that is off. */
const OFF = Symbol.for('tidegate.rule-off');

/** Whether `violated`, unless the rule is switched off. */
export function rule(id: string, violated: boolean): boolean {
  return violated && (globalThis as { [OFF]?: unknown })[OFF] !== id;
}
