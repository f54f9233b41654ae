// The driver module against a fake runtime: every kind of action, budgets, callbacks and failures.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.TIDEGATE_BUILD ?? `${root}/build`;
const module = new WebAssembly.Module(readFileSync(`${build}/driver.wasm`));

const Kind = {
  trap: 1,
  copy: 2,
  dtor: 3,
  hostDtor: 4,
  hostPull: 5,
  hostEvent: 6,
  hostAbort: 7,
  callback: 8,
  start: 9,
  hostCancelled: 10,
  suspend: 11,
  resume: 12,
  spawn: 13,
  startCall: 14,
  threadStart: 15,
};

/** An action as the runtime encodes it: `src/abi/src/action.rs`. */
function action(kind, operand) {
  return ~((BigInt(operand >>> 0) << 8n) | BigInt(kind));
}

/**
 * A module that exports a callback `(i32 i32 i32) -> i32` and a destructor `(i32) -> ()`, which call the
 * given functions: a table takes wasm functions only.
 */
function guest(callback, dtor) {
  // biome-ignore format: a module written out
  const bytes = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0,
    1, 12, 2, 96, 3, 127, 127, 127, 1, 127, 96, 1, 127, 0, // types
    2, 13, 2, 1, 103, 1, 99, 0, 0, 1, 103, 1, 100, 0, 1, // imports g.c, g.d
    3, 3, 2, 0, 1, // functions
    7, 9, 2, 1, 99, 0, 2, 1, 100, 0, 3, // exports c, d
    10, 19, 2, 10, 0, 32, 0, 32, 1, 32, 2, 16, 0, 11, 6, 0, 32, 0, 16, 1, 11,
  ]);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { g: { c: callback, d: dtor } })
    .exports;
}

/**
 * A driver with a fake runtime and host, which log their calls. Reports answer with `answers[name]`,
 * a list of steps that runs dry into 0n; `host` overrides host functions.
 */
function setUp({ answers = {}, words = [], host = {}, guests } = {}) {
  const log = [];
  const step = (name) => answers[name]?.shift() ?? 0n;
  const imports = {};
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 4 });
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    if (kind === 'table') {
      imports[from][name] = table;
    } else if (name === 'arg') {
      imports[from][name] = (i) => words[i];
    } else {
      imports[from][name] = (...args) => {
        log.push([name, ...args]);
        return from === 'rt' ? step(name) : host[name]?.(...args);
      };
    }
  }
  const made = guest(guests?.callback ?? (() => 0), guests?.dtor ?? (() => {}));
  table.set(2, made.c);
  table.set(3, made.d);
  const driver = new WebAssembly.Instance(module, imports).exports;
  return { driver, log, words, table };
}

const trapped = { name: 'RuntimeError', message: /unreachable/ };

describe('perform', () => {
  test('gives a value back as it is', () => {
    const { driver, log } = setUp();
    for (const value of [0n, 1n, 0xffffffffn, (7n << 32n) | 6n, 2n ** 63n - 1n]) {
      assert.equal(driver.perform(value), value);
    }
    assert.deepEqual(log, []);
  });

  test('a trap is reported and then raised', () => {
    const { driver, log } = setUp();
    assert.throws(() => driver.perform(action(Kind.trap, 23)), trapped);
    assert.deepEqual(log, [['trap', 23]]);
  });

  test('a copy is made and reported; the report has the value', () => {
    const { driver, log } = setUp({ answers: { copied: [0x40n] } });
    assert.equal(driver.perform(action(Kind.copy, 5)), 0x40n);
    assert.deepEqual(log, [['copy'], ['copied']]);
  });

  test('a destructor gets the rep', () => {
    const reps = [];
    const { driver, log } = setUp({ words: [-9], guests: { dtor: (rep) => reps.push(rep) } });
    assert.equal(driver.perform(action(Kind.dtor, 3)), 0n);
    assert.deepEqual(reps, [-9]);
    assert.deepEqual(log, [['dtor_done']]);
  });

  test('a destructor of the host gets type and rep', () => {
    const { driver, log } = setUp({ words: [44] });
    driver.perform(action(Kind.hostDtor, 6));
    assert.deepEqual(log, [['host_dtor', 6, 44], ['dtor_done']]);
  });

  test('a pull names the end and how many elements fit', () => {
    const { driver, log } = setUp({ words: [64], answers: { pulled: [0xffffffffn] } });
    assert.equal(driver.perform(action(Kind.hostPull, 3)), 0xffffffffn);
    assert.deepEqual(log, [
      ['pull', 3, 64],
      ['pulled', 3],
    ]);
  });

  test('an event has no report', () => {
    const { driver, log } = setUp({ words: [0x21] });
    assert.equal(driver.perform(action(Kind.hostEvent, 8)), 0n);
    assert.deepEqual(log, [['event', 8, 0x21]]);
  });

  test('an abort reports the subtask that was in the argument words before', () => {
    const words = [12];
    const host = {
      abort() {
        words[0] = 99;
      },
    };
    const { driver, log } = setUp({ words, host });
    driver.perform(action(Kind.hostAbort, 5));
    assert.deepEqual(log, [
      ['abort', 5],
      ['aborted', 12],
    ]);
  });

  test('a callback gets its event; what it returns is reported with the thread', () => {
    const events = [];
    const { driver, log } = setUp({
      words: [17, 1, 2, 3],
      guests: {
        callback(...event) {
          events.push(event);
          return 0x52;
        },
      },
    });
    assert.equal(driver.perform(action(Kind.callback, 2)), 0n);
    assert.deepEqual(events, [[1, 2, 3]]);
    assert.deepEqual(log, [['callback_done', 17, 0x52]]);
  });

  test('a start names call and task, and has no report', () => {
    const { driver, log } = setUp({ words: [31] });
    assert.equal(driver.perform(action(Kind.start, 4)), 0n);
    assert.deepEqual(log, [['start', 4, 31]]);
  });

  test('a cancelled task is told', () => {
    const { driver, log } = setUp();
    driver.perform(action(Kind.hostCancelled, 4));
    assert.deepEqual(log, [['cancelled', 4], ['told']]);
  });

  test('operands have 32 bits', () => {
    const { driver, log } = setUp({ words: [0] });
    driver.perform(action(Kind.start, 0xffffffff));
    driver.perform(action(Kind.start, 0x80000000));
    assert.deepEqual(
      log.map(([, call]) => call),
      [-1, -0x80000000],
    );
  });

  test('a report can be another action', () => {
    const { driver, log } = setUp({
      words: [1],
      answers: {
        pulled: [action(Kind.copy, 0)],
        copied: [action(Kind.hostDtor, 2)],
        dtor_done: [5n],
      },
    });
    assert.equal(driver.perform(action(Kind.hostPull, 9)), 5n);
    assert.deepEqual(
      log.map(([name]) => name),
      ['pull', 'pulled', 'copy', 'copied', 'host_dtor', 'dtor_done'],
    );
  });

  test('a kind that does not exist is unreachable', () => {
    const { driver, log } = setUp();
    for (const kind of [0, 16, 255]) {
      assert.throws(() => driver.perform(action(kind, 1)), trapped);
    }
    assert.deepEqual(log, []);
  });
});

describe('stacks', () => {
  test('a stack is suspended, and what it waited for is asked for until it is there', () => {
    const again = action(Kind.suspend, 5);
    const { driver, log } = setUp({ answers: { resumed: [again, 0x70n] } });
    assert.equal(driver.perform(again), 0x70n);
    // The host is told, then the runtime.
    const once = [
      ['block', 5],
      ['suspend', 5],
      ['resumed', 5],
      ['resumed', 5],
    ];
    assert.deepEqual(log, [...once, ...once]);
  });

  test('a thread is spawned, and what it leaves is the value', () => {
    const { driver, log } = setUp({ answers: { spawned: [0x21n] } });
    assert.equal(driver.perform(action(Kind.spawn, 4)), 0x21n);
    assert.deepEqual(log, [
      ['spawn', 4],
      ['spawned', 4],
    ]);
  });

  test('a new stack does what its thread begins with, and says when it has ended', () => {
    const seen = [];
    const { driver, log, table } = setUp({
      answers: { thread_begin: [action(Kind.threadStart, 1)] },
      words: [77],
      guests: { dtor: (context) => seen.push(context) },
    });
    table.set(1, table.get(3));
    driver.thread_main(1);
    assert.deepEqual(seen, [77]);
    assert.deepEqual(log, [
      ['thread_begin', 1],
      ['thread_done', 1],
      ['finished', 1],
    ]);
  });

  test('a call that waited is started by its start half, which reports by itself', () => {
    const seen = [];
    const { driver, log } = setUp({ words: [8], guests: { dtor: (id) => seen.push(id) } });
    assert.equal(driver.perform(action(Kind.startCall, 3)), 0n);
    assert.deepEqual(seen, [8]);
    assert.deepEqual(log, []);
  });

  test('an import that has to be waited for is waited for', () => {
    const { driver, log } = setUp({ host: { blocked: () => 6 * 2 + 1 } });
    assert.equal(driver.blocked(), 6);
    assert.deepEqual(log, [['blocked'], ['subtask_wait', 6, 1]]);
  });

  test('an import that has failed is not', () => {
    const { driver, log } = setUp({ host: { blocked: () => 0 } });
    assert.throws(() => driver.blocked(), trapped);
    assert.deepEqual(log, [['blocked']]);
  });
});

describe('failures', () => {
  const functions = {
    copy: Kind.copy,
    host_dtor: Kind.hostDtor,
    pull: Kind.hostPull,
    event: Kind.hostEvent,
    abort: Kind.hostAbort,
    start: Kind.start,
    cancelled: Kind.hostCancelled,
    block: Kind.suspend,
    resume: Kind.resume,
    spawn: Kind.spawn,
  };
  for (const [name, kind] of Object.entries(functions)) {
    test(`when ${name} has failed, nothing is reported`, () => {
      const { driver, log } = setUp({ words: [0], host: { [name]: () => 1 } });
      assert.throws(() => driver.perform(action(kind, 1)), trapped);
      assert.deepEqual(
        log.map(([called]) => called),
        [name],
      );
    });
  }

  test('a callback that traps passes through', () => {
    const cause = new Error('the guest');
    const { driver, log } = setUp({
      words: [1, 0, 0, 0],
      guests: {
        callback() {
          throw cause;
        },
      },
    });
    assert.throws(() => driver.perform(action(Kind.callback, 2)), cause);
    assert.deepEqual(log, []);
  });

  test('a slot with a function of another type traps', () => {
    const { driver } = setUp({ words: [1, 0, 0, 0] });
    for (const slot of [0, 3, 99]) {
      assert.throws(() => driver.perform(action(Kind.callback, slot)), WebAssembly.RuntimeError);
    }
  });
});

describe('run', () => {
  const start = action(Kind.start, 1);

  test('stops when nothing is ready', () => {
    const { driver, log } = setUp({ words: [0], answers: { next: [start, start] } });
    assert.equal(driver.run(10), 0);
    assert.equal(log.filter(([name]) => name === 'start').length, 2);
    assert.equal(log.filter(([name]) => name === 'next').length, 3);
  });

  test('stops when the budget is used up', () => {
    const { driver, log } = setUp({ words: [0], answers: { next: [start, start, start] } });
    assert.equal(driver.run(2), 1);
    assert.equal(log.filter(([name]) => name === 'start').length, 2);
    assert.equal(driver.run(0), 1);
    assert.equal(driver.run(2), 0);
    assert.equal(log.filter(([name]) => name === 'start').length, 3);
  });

  test('stops before a suspended stack goes on', () => {
    const resume = action(Kind.resume, 3);
    const { driver, log } = setUp({ answers: { next: [resume, start] } });
    assert.equal(driver.run(10), 2);
    assert.deepEqual(log, [['next'], ['resume', 3]]);
  });

  test('a trap ends it', () => {
    const { driver, log } = setUp({ answers: { next: [action(Kind.trap, 7)] } });
    assert.throws(() => driver.run(5), trapped);
    assert.deepEqual(log, [['next'], ['trap', 7]]);
  });
});

describe("the host's calls", () => {
  test('pass their parameters and narrow the value', () => {
    const { driver, log } = setUp({
      answers: { host_read: [0xffffffffn], host_write: [0x41n], host_cancel: [2n] },
    });
    assert.equal(driver.host_read(3, 64), -1);
    assert.equal(driver.host_write(4, 65), 0x41);
    assert.equal(driver.host_cancel(5), 2);
    assert.equal(driver.host_drop(6), 0);
    assert.equal(driver.host_resource_drop(7), 0);
    assert.deepEqual(log, [
      ['host_read', 3, 64],
      ['host_write', 4, 65],
      ['host_cancel', 5],
      ['host_drop', 6],
      ['host_resource_drop', 7],
    ]);
  });

  test('perform the actions that they cause', () => {
    const { driver, log } = setUp({
      words: [11],
      answers: {
        host_write: [action(Kind.copy, 1)],
        copied: [0x30n],
        host_resource_drop: [action(Kind.dtor, 3)],
      },
    });
    assert.equal(driver.host_write(1, 3), 0x30);
    assert.equal(driver.host_resource_drop(2), 0);
    assert.deepEqual(
      log.map(([name]) => name),
      ['host_write', 'copy', 'copied', 'host_resource_drop', 'dtor_done'],
    );
  });

  test('may be made while an action is performed', () => {
    const host = {
      pull(end) {
        assert.equal(driver.host_write(end, 8), 0x80);
        return 0;
      },
    };
    const { driver, log } = setUp({
      words: [8],
      host,
      answers: { host_write: [action(Kind.copy, 1)], copied: [0x80n], pulled: [0x80n] },
    });
    assert.equal(driver.perform(action(Kind.hostPull, 2)), 0x80n);
    assert.deepEqual(
      log.map(([name]) => name),
      ['pull', 'host_write', 'copy', 'copied', 'pulled'],
    );
  });
});
