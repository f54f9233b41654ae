/** `npm run lint`: formatting, lints and types of Rust and TypeScript; changes nothing. */

import { main } from './lib/run.mjs';
import { runSuites } from './lib/suites.mjs';

await main(() => runSuites(['rustfmt', 'clippy', 'biome', 'tsc']));
