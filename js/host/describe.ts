/** How a component describes itself: the part of the host for `Component`'s `imports`, `exports` and `describe()`. */

export { describe } from './wit.js';
export { describeWorld } from './world.js';
