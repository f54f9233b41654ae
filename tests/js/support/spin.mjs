/** Guests that yield for ever, and everything else that must go on meanwhile. */

import { setTimeout } from 'node:timers/promises';
import { asyncs, bytes } from './guests.mjs';

const spinning = await asyncs({ add: async (a, b) => a + b });
const other = await asyncs();
const turns = [spinning.calls.spin(), other.calls.spin()];

for (let i = 0; i < 10; i++) await setTimeout(1);
console.log('timers');
for (let i = 0; i < 10; i++) await bytes('nested');
console.log('files');
await spinning.calls.add(1, 2);
await spinning.calls.addRemotely(1, 2);
await spinning.calls.yields(100);
console.log('the same store');
await other.calls.yields(100);
spinning.calls.stop();
other.calls.stop();
for (const count of await Promise.all(turns)) {
  if (count < 10n) throw new Error(`only ${count} turns`);
}
console.log('another store');
