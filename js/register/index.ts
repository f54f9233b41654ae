/**
 * `node --import tidegate/register app.mjs`: components can be imported like modules.
 *
 * ```js
 * import { greet } from './greet.component.wasm';
 * ```
 *
 * Named exports are the component's: functions of its world, and its interfaces by their full names and by short ones
 * (`run` for `wasi:cli/run@0.3.0`); the default export has all of them. WASI is there and grants nothing: no arguments, no environment, no
 * output. Everything else that a component imports, and more of WASI, comes from the default export of the module that the
 * nearest package.json names: `"tidegate": { "imports": "./host.js" }`.
 */

import * as nodeModule from 'node:module';
import { load } from './hooks.js';

// Node 20 has hooks on a thread of their own only, newer ones want them on this one.
if (typeof nodeModule.registerHooks === 'function') nodeModule.registerHooks({ load });
else nodeModule.register('./register-hooks.js', import.meta.url);
