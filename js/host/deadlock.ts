/** Who waits for what, when nothing can happen any more. */

import type { Machine } from './machine.js';

/** A diagnostic that names the waiting calls. */
export function deadlockMessage(machine: Machine): string {
  const lines: string[] = [];
  for (let i = 0; i < 16; i++) {
    if (machine.expect(machine.runtime.waiting(i)) === 0) break;
    const [inst, call, kind, handle] = [0, 1, 2, 3].map((word) => machine.word(word));
    const name = machine.calls.get(call!)?.where ?? 'a task that has returned';
    lines.push(`\n  ${name} (instance ${inst}) ${reason(kind!, handle!)}`);
  }
  return `deadlock: nothing is ready and nothing is pending from the host${lines.join('')}`;
}

function reason(kind: number, handle: number): string {
  switch (kind) {
    case 0:
      return 'waits to be entered';
    case 1:
      return 'has yielded';
    case 2:
      return `waits on waitable set ${handle}`;
    default:
      return 'waits';
  }
}
