/** What the engine can do that shim modules may rely on, found by asking it. */

/** A module with two memories. */
const TWO_MEMORIES = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 5, 2, 0, 0, 0, 0);

let severalMemories: boolean | undefined;

/** Whether a module may have several memories. */
export function multiMemory(): boolean {
  severalMemories ??= WebAssembly.validate(TWO_MEMORIES);
  return severalMemories;
}
