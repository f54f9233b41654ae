/** Which features a script may use, as `Component.compile` names them. */

/** Those that are on unless a script says otherwise: all but those that make valid what other scripts expect to be refused. */
export const FEATURES = [
  'async-stackful',
  'async-builtins',
  'threading',
  'error-context',
  'fixed-length-lists',
  'memory64',
  'forward',
  'canonical-names',
];

/** What scripts may use unless a header says otherwise. */
const SHIPPED = ['async', 'map', 'implements'];

/** Features by their customary headers, `;;! component_model_gc = true`, where the names differ. */
const HEADERS = { more_async_builtins: 'async-builtins' };

/**
 * The script's own list, `;; features: …`, or the usual ones, with what its customary headers turn on and off.
 *
 * @param {{ features?: string[], config: Record<string, string> }} script
 * @returns {{ features: string[], without: string[] }} options of `Component.compile`
 */
export function featuresOf({ features, config = {} }) {
  if (features !== undefined) return { features, without: [] };
  const on = new Set(FEATURES);
  const without = [];
  for (const [header, value] of Object.entries(config)) {
    const [, key] = /^component_model_(\w+)$/.exec(header) ?? [];
    if (key === undefined) continue;
    const name = HEADERS[key] ?? key.replaceAll('_', '-');
    if (SHIPPED.includes(name)) {
      if (value === 'false') without.push(name);
    } else if (value === 'true') on.add(name);
    else on.delete(name);
  }
  return { features: [...on], without };
}
