/** What engines lack that some guests need. */

/** `(i32.add)` in a constant expression, which QuickJS's binary uses and Node 20 has not. */
export const EXTENDED_CONST = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[6, 9, 1, 127, 0, 65, 0, 65, 0, 106, 11],
);
