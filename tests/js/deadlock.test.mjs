/** Who waits for what, when nothing can happen any more. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Store } from '../../pkg/dist/node.js';
import { asyncs, instance } from './support/guests.mjs';

/** The lines of the message that calls are rejected with. */
async function deadlock(...calls) {
  const errors = await Promise.all(calls.map((call) => call.catch((error) => error)));
  for (const { code } of errors) assert.equal(code, 'deadlock');
  const [first, ...lines] = errors[0].message.split('\n  ');
  assert.equal(first, 'deadlock: nothing is ready and nothing is pending from the host');
  return lines;
}

const store = () => new Store({ deadlock: 'error' });

describe('a deadlock names', () => {
  test('what only the waiting task could write', async () => {
    const { failures } = await asyncs({}, { store: store() });
    const [line, ...more] = await deadlock(failures.deadlock());
    assert.match(
      line,
      /^tidegate:asyncs\/failures@0\.1\.0#deadlock of root waits on waitable set \d+: (reading from a stream \(handle \d+\) whose other end root has(, )?)+$/,
    );
    assert.deepEqual(more, []);
  });

  test('calls that backpressure keeps out', async () => {
    const { calls } = await asyncs({}, { store: store() });
    calls.backpressure(true);
    const lines = await deadlock(calls.add(1, 2), calls.nothing());
    const why = 'waits to be entered: its component wants no more calls (backpressure)';
    assert.deepEqual(lines, [
      `tidegate:asyncs/calls@0.1.0#add of root ${why}`,
      `tidegate:asyncs/calls@0.1.0#nothing of root ${why}`,
    ]);
  });

  test('calls of other components', async () => {
    const made = await instance('tangle', {}, { store: store() });
    const lines = await deadlock(made.exports.wait());
    assert.deepEqual(lines, [
      'wait of root waits on waitable set 1: a call of stay (handle 2)',
      'stay of root/inner waits on waitable set 1: nothing is in it',
    ]);
  });

  test('as many as fit', async () => {
    const { failures } = await asyncs({}, { store: store() });
    const calls = Array.from({ length: 40 }, () => failures.deadlock());
    const lines = await deadlock(...calls);
    assert.equal(lines.length, 17);
    assert.equal(lines[16], 'and 24 more');
  });
});
