/** A process with stores that have nothing to do, and one that waits for what never comes: it must end. */

import { asyncs } from './guests.mjs';

const idle = await asyncs();
await idle.calls.yields(1000);
const waiting = await asyncs({ fetch: () => new Promise(() => {}) });
void waiting.calls.fetchEach(['x']);
const failed = await asyncs();
await failed.failures.trapAsync().catch(() => {});
console.log('idle');
