/**
 * What the public suites expect of whoever runs them, as their own runners give it. Each instance gets its own.
 *
 * - of the world: `host-return-two: func() -> u32`, `host-echo-u32: async func(u32) -> u32`
 * - `host`: functions that return a constant, or answer later, or never; `nested`, an instance inside of it;
 *   `simple-module`, a core module; `resource1`, whose drops are counted and which knows its number, also by the name
 *   `resource1-again`; `resource2`
 * - `wasmtime`: `gc`, and `set-max-table-capacity`, which has nothing to do: every store of the runner has low limits
 */
export function hostImports() {
  const state = { drops: 0, last: 0 };
  const never = () => new Promise(() => {});

  class Resource1 {
    #rep;
    constructor(rep) {
      this.#rep = rep;
    }
    static assert(resource, rep) {
      if (resource.#rep !== rep) throw new Error(`wanted rep ${rep}, have ${resource.#rep}`);
    }
    static lastDrop() {
      return state.last;
    }
    static drops() {
      return state.drops;
    }
    simple(rep) {
      Resource1.assert(this, rep);
    }
    takeBorrow() {}
    takeOwn() {}
    neverReturn() {
      return never();
    }
    [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
      state.drops += 1;
      state.last = this.#rep;
    }
  }
  class Resource2 {}

  return {
    hostReturnTwo: () => 2,
    hostEchoU32: async (value) => value,
    host: {
      returnThree: () => 3,
      returnHi: () => 'hi',
      returnTwoSlowly: async () => 2,
      echoSlowly: async (value) => value,
      neverReturn: never,
      nested: { returnFour: () => 4 },
      simpleModule: new WebAssembly.Module(SIMPLE),
      Resource1,
      Resource2,
      Resource1Again: Resource1,
    },
    wasmtime: { setMaxTableCapacity() {}, gc: () => globalThis.gc?.() },
  };
}

/** `(module (global (export "g") i32 i32.const 100) (func (export "f") (result i32) i32.const 101))` */
const SIMPLE = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7f],
  ...[3, 2, 1, 0],
  ...[6, 7, 1, 0x7f, 0, 0x41, 0xe4, 0, 0x0b],
  ...[7, 9, 2, 1, 0x67, 3, 0, 1, 0x66, 0, 0],
  ...[10, 7, 1, 5, 0, 0x41, 0xe5, 0, 0x0b],
]);
