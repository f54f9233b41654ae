/**
 * The customary messages of `assert_trap` against tidegate's codes. A message that is not here fails its directive, so that the
 * table grows with the suites and never hides a wrong reason.
 */
const TABLE = [
  [/cannot leave component instance/, ['cannot-leave']],
  [/unknown handle index/, ['unknown-handle']],
  [
    /handle index \d+ used with the wrong type|not a (stream|future|subtask|waitable)/,
    ['wrong-handle-type'],
  ],
  [/cannot (remove|lift) owned resource while borrowed/, ['handle-lent']],
  [/borrow handles still remain/, ['borrows-remain']],
  [/unsupported callback code/, ['invalid-callback-code']],
  [
    /cannot drop waitable set with waiters|waitable set.*(in use|elements)/,
    ['waitable-set-in-use'],
  ],
  [/cannot drop a subtask which has not yet resolved/, ['subtask-unresolved']],
  [/cannot drop future write end without first writing/, ['future-unwritten']],
  [/cannot read from and write to intra-component/, ['same-instance-copy']],
  [/cannot (read|write|lift|drop|remove).*(stream|future)/, ['end-busy']],
  [/unaligned pointer|not aligned/, ['unaligned-pointer']],
  [/out.of.bounds|beyond end of memory/, ['out-of-bounds', 'core-trap']],
  [/invalid variant discriminant|unexpected discriminant/, ['invalid-discriminant']],
  [/invalid `?char`? bit pattern/, ['invalid-char']],
  [/utf-8|utf-16|surrogate/i, ['invalid-string']],
  [
    /waitable cannot be used synchronously while added/,
    ['sync-waiter', 'end-busy', 'invalid-cancel'],
  ],
  [/cannot block a synchronous task/, ['cannot-block']],
  [/deadlock detected/, ['deadlock']],
  [/unreachable/, ['core-trap']],
  [/backpressure/, ['backpressure-range']],
  [/cannot enter component instance/, ['store-locked']],
  [/integer divide by zero|call stack exhausted/, ['core-trap', 'stack-overflow']],
];

/** The codes that satisfy a message; empty when the table does not know it. */
export function codesFor(message) {
  return TABLE.find(([pattern]) => pattern.test(message))?.[1] ?? [];
}
