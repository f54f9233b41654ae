/**
 * The customary messages of `assert_trap` against tidegate's codes. A message that is not here fails its directive, so that the
 * table grows with the suites and never hides a wrong reason. Core traps share a code and are told apart by the engine's own
 * message, of which the third column knows V8's and SpiderMonkey's.
 */
const TABLE = [
  [/cannot leave component instance/, ['cannot-leave']],
  [/cannot enter component instance/, ['store-locked']],
  [/unknown handle index/, ['unknown-handle']],
  [/handle index \d+ used with the wrong type/, ['wrong-handle-type']],
  [/cannot (remove|lift) owned resource while borrowed/, ['handle-lent']],
  [/borrow handles still remain/, ['borrows-remain']],
  [/unsupported callback code/, ['invalid-callback-code']],
  [/failed to produce a result/, ['not-returned']],
  [/invalid `task.return` signature/, ['wrong-task-return']],
  [/`task.return` or `task.cancel` called more than once/, ['already-returned']],
  [/`task.cancel` called by task which has not been cancelled/, ['not-cancelled']],
  [/`subtask.cancel` called after terminal status/, ['invalid-cancel']],
  [/cannot drop waitable set with waiters/, ['waitable-set-in-use']],
  [/cannot drop a subtask which has not yet resolved/, ['subtask-unresolved']],
  [/cannot drop future write end without first writing/, ['future-unwritten']],
  [/cannot read from and write to intra-component/, ['same-instance-copy']],
  [/cannot have concurrent operations active on a/, ['end-busy']],
  [/cannot (drop|remove) busy/, ['end-busy']],
  [/cannot (read|write|lift).* (after|while|or readable end dropped)/, ['end-busy']],
  [/stream read\/write count too large/, ['buffer-too-long']],
  // Of an end or a subtask that is in a set, or of one that is put into a set while somebody waits for it.
  [
    /waitable cannot be used synchronously while added/,
    ['end-busy', 'invalid-cancel', 'sync-waiter'],
  ],
  [/cannot block a synchronous task/, ['cannot-block']],
  // Of all tasks, or of a synchronous function that waits for what cannot go on.
  [/deadlock detected|^cannot make further progress/, ['deadlock', 'cannot-block']],
  [/cannot resume thread which is not suspended/, ['thread-not-suspended']],
  [/backpressure counter/, ['backpressure-range']],
  [/unaligned pointer|not aligned/, ['unaligned-pointer']],
  // Some runners have one message for a string that is longer than the memory and for one that is longer than strings may be.
  [/string content out-of-bounds/, ['out-of-bounds', 'too-long']],
  [/list content out-of-bounds|out of bounds of memory|beyond end of memory/, ['out-of-bounds']],
  [/invalid debug message pointer|^out of bounds$/, ['out-of-bounds']],
  [/fuel allocated for hostcalls has been exhausted/, ['limit-exceeded']],
  [/discriminant/, ['invalid-discriminant']],
  [/invalid `?char`? bit pattern/, ['invalid-char']],
  [/utf-8|utf-16|surrogate/i, ['invalid-string']],
  [/exception/i, ['uncaught-exception']],
  [/call stack exhausted/, ['stack-overflow']],
  [/unreachable/, ['core-trap'], /unreachable/],
  [/integer divide by zero/, ['core-trap'], /divide by zero/],
  [/out of bounds memory access/, ['core-trap'], /out of bounds/],
];

/** Our own scripts may name the code itself. */
const CODE = /^(deadlock|[a-z]+(-[a-z]+)+)$/;

/**
 * Whether a trap is the one that a message stands for.
 *
 * @param {string} text the message of the script
 * @param {{ code: string, message: string }} trap
 */
export function isTrap(text, { code, message }) {
  if (CODE.test(text)) return code === text;
  const [, codes = [], engine] = TABLE.find(([pattern]) => pattern.test(text)) ?? [];
  return codes.includes(code) && (engine?.test(message) ?? true);
}
