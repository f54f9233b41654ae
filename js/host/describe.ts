/**
 * What a component wants and gives, in words and as data: the part of the host for `Component`'s `imports`, `exports` and `describe()`,
 * for errors of linking, and for what else is told of types.
 */

export { misfit, moduleText } from './core-modules.js';
export { jspiNeeds, jspiWarning } from './jspi-needs.js';
export { describe, externWit } from './wit.js';
export { describeWorld } from './world.js';
