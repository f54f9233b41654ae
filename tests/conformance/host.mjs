/**
 * What the public suites expect of whoever runs them, as their own runners give it: two world-level functions and
 * an instance `host` with functions, a nested instance and resources whose drops are counted.
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
      Resource1,
      Resource2,
      Resource1Again: Resource1,
    },
  };
}
