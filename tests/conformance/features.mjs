/** Every gated feature, as `Component.compile` names them: scripts may use all of them. */
export const FEATURES = [
  'async-stackful',
  'async-builtins',
  'threading',
  'error-context',
  'fixed-length-lists',
  'memory64',
  'forward',
  'nested-names',
  'canonical-names',
];
