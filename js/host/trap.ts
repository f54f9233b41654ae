/**
 * What came out of a wasm call, as a `ComponentTrap`. Only for what no one has recorded: a trap of
 * the Canonical ABI or a failing host import has its own record, made before the wasm trapped.
 */

import { FAULT, TRAP_CODES } from '../generated/abi.js';
import { ComponentTrap, TidegateFault, type TrapCode } from './errors.js';

/** The trap of the Canonical ABI with this number, or a fault of our own. */
export function abiTrap(number: number): ComponentTrap | TidegateFault {
  if (number === FAULT)
    return new TidegateFault('the runtime was given a number that it does not know');
  const code: TrapCode | undefined = TRAP_CODES[number];
  if (code === undefined) throw new TidegateFault(`there is no trap code ${number}`);
  return new ComponentTrap(code, `the component trapped: ${MESSAGES[code] ?? code}`);
}

/** A trap of the Canonical ABI that the host finds while it converts values. */
export function trapped(code: TrapCode, message: string): ComponentTrap {
  return new ComponentTrap(code, `the component trapped: ${message}`);
}

/** What an engine threw out of a guest. */
export function classify(error: unknown): ComponentTrap | TidegateFault {
  if (error instanceof ComponentTrap || error instanceof TidegateFault) return error;
  if (isStackOverflow(error)) {
    return new ComponentTrap('stack-overflow', 'the component trapped: stack overflow', {
      cause: error,
    });
  }
  if (error instanceof RangeError && /memory|allocation/i.test(error.message)) {
    return new ComponentTrap('limit-exceeded', `the component trapped: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof WebAssembly.RuntimeError) {
    return new ComponentTrap('core-trap', `the component trapped: ${error.message}`, {
      cause: error,
    });
  }
  if (isWasmException(error)) {
    return new ComponentTrap('uncaught-exception', `the component trapped: ${UNCAUGHT}`, {
      cause: error,
    });
  }
  return new TidegateFault(`unexpected error while a component ran`, {
    cause: error,
  });
}

/** V8 and JavaScriptCore throw a RangeError, SpiderMonkey its own InternalError. */
function isStackOverflow(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    (error instanceof RangeError && /call stack/i.test(error.message)) ||
    (error.name === 'InternalError' && /recursion/.test(error.message))
  );
}

function isWasmException(error: unknown): boolean {
  return typeof WebAssembly.Exception === 'function' && error instanceof WebAssembly.Exception;
}

const UNCAUGHT = 'uncaught exception';

const MESSAGES: Partial<Record<TrapCode, string>> = {
  'cannot-leave': 'an import was called while the instance may not leave',
  'unknown-handle': 'unknown handle',
  'wrong-handle-type': 'a handle is of the wrong type',
  'table-full': 'a handle table is full, by limits.maxHandles',
  'handle-lent': 'a handle was given away or dropped while it is lent',
  'not-owned': 'a borrowed handle was given where an owned one is wanted',
  'borrows-remain': 'a task returned while it still holds borrowed handles',
  'already-returned': 'a task returned twice',
  'wrong-task-return': 'task.return does not fit its task',
  'not-returned': 'a task exited without having returned',
  'not-cancelled': 'task.cancel without a cancellation',
  'invalid-callback-code': 'a callback returned an invalid code',
  'waitable-set-in-use': 'a waitable set was dropped while it is in use',
  'subtask-unresolved': 'a subtask was dropped before it was resolved',
  'invalid-cancel': 'a subtask was cancelled that cannot be',
  'end-busy': 'an end of a stream or future is busy or done',
  'future-unwritten': 'the writable end of a future was dropped before a value was written',
  'buffer-too-long': 'a copy is too long',
  'same-instance-copy': 'both ends of a copy are in one instance',
  'backpressure-range': 'the backpressure counter left its range',
  'sync-waiter': 'a waitable cannot join a set while it is waited on',
  'unaligned-pointer': 'a pointer is not aligned',
  'out-of-bounds': 'a range lies outside of memory',
  'cannot-block': 'an operation would have to block where it cannot',
  'uncaught-exception': UNCAUGHT,
  'limit-exceeded': 'more threads at a time than limits.maxTasks',
  'thread-not-suspended': 'a thread was to go on that is not suspended',
};
