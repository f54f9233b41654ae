/**
 * The gated features that scripts may use, as `Component.compile` names them: those that a script asks for with
 * `;; features: …`, or all but nested names, which make names valid that other scripts expect to be refused.
 */
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
