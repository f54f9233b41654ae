/** Numbers that the runtime has not given out are a fault of the host, and never look like a trap of a guest. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { internal } from './support/internal.mjs';

const module = new WebAssembly.Module(
  readFileSync(new URL('../../pkg/dist/runtime.wasm', import.meta.url)),
);

/** As `src/abi/src/code.rs` has it. */
const FAULT = 255;
/** A trap action with that code: `src/abi/src/action.rs`. */
const FAULT_STEP = ~((BigInt(FAULT) << 8n) | 1n);

const UNKNOWN = 77;
const statuses = {
  task_new: [UNKNOWN, 1, 0, 0, 1, 0],
  task_enter: [UNKNOWN],
  task_leave: [UNKNOWN, 0],
  call_begin: [UNKNOWN],
  call_end: [UNKNOWN],
  call_pending: [UNKNOWN, 1],
  call_waits: [UNKNOWN, 1],
  call_resolve: [UNKNOWN],
  lift_own: [1, UNKNOWN, 1],
  lift_borrow: [1, 1, 1, UNKNOWN],
  lower_own: [1, 1, UNKNOWN],
  lower_borrow: [1, UNKNOWN, 1],
  lower_end: [1, 1, UNKNOWN],
};

describe('an unknown number', () => {
  /** A runtime with one instance, one element type and one resource type of that instance. */
  function runtime() {
    const { exports } = new WebAssembly.Instance(module, {});
    exports.configure(100, 100, 0, 0, 0);
    assert.equal(exports.instance_new(), 1);
    assert.equal(exports.type_new(1, 1), 1);
    assert.equal(exports.resource_type_new(1, 0), 1);
    return exports;
  }

  for (const [name, args] of Object.entries(statuses)) {
    test(`of ${name} is a fault`, () => {
      assert.equal(runtime()[name](...args), -FAULT);
    });
  }

  for (const name of ['host_read', 'host_write', 'host_cancel']) {
    test(`of ${name} is a fault`, () => {
      assert.equal(runtime()[name](UNKNOWN, 1), FAULT_STEP);
    });
  }

  test("of a guest's handle is its trap", () => {
    const { lift_own, resource_drop } = runtime();
    const UNKNOWN_HANDLE = 2;
    assert.equal(lift_own(1, 1, UNKNOWN), -UNKNOWN_HANDLE);
    assert.equal(resource_drop(1, 1, UNKNOWN), ~((BigInt(UNKNOWN_HANDLE) << 8n) | 1n));
  });

  test('becomes a TidegateFault', async () => {
    const { abiTrap } = await internal('trap');
    const fault = abiTrap(FAULT);
    assert.equal(fault.name, 'TidegateFault');
    assert.equal(abiTrap(2).code, 'unknown-handle');
  });
});
