/** What a trap tells besides its code: where in the binary, in which functions, and which calls led there. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ComponentTrap } from '../../pkg/dist/node.js';
import { asyncs, bytes, indexOf, instance } from './support/guests.mjs';
import { internal } from './support/internal.mjs';
import { deferred } from './support/time.mjs';

const PIT = { component: 'root/inner/d', function: 'tidegate:depths/pit@1.0.0#step' };

/** An instance of `depths` whose host descends again. */
async function depths(host = {}) {
  const made = await instance('depths', {
    ask: (n) => made.exports.descend(n, 0),
    later: () => {},
    ...host,
  });
  return made;
}

/** The trap that `run` ends with. */
function trapOf(run) {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ComponentTrap, `${error}`);
    return error;
  }
  return assert.fail('it should have trapped');
}

describe('where a component trapped', () => {
  test('is a path of instances, and the core functions', async () => {
    const { exports } = await depths();
    const trap = trapOf(() => exports.descend(0, 0));
    assert.equal(trap.code, 'core-trap');
    assert.equal(trap.component, PIT.component);
    assert.deepEqual(trap.functions.slice(0, 2), ['stumble', 'step']);
    const lines = trap.message.split('\n');
    assert.match(lines[0], /^the component trapped: .*zero \(in /);
    assert.match(lines[1], /^ {2}core functions: stumble < step/);
    assert.equal(lines[2], '  component: root/inner/d');
  });

  test('is known of an access outside of memory too', async () => {
    const { exports } = await depths();
    const { functions } = trapOf(() => exports.descend(0, 1));
    assert.deepEqual(functions.slice(0, 3), ['fall', 'stumble', 'step']);
  });

  test("is known of the Canonical ABI's own traps", async () => {
    const { exports } = await depths();
    const { code, component, functions, message } = trapOf(() => exports.misuse());
    assert.equal(code, 'unknown-handle');
    assert.equal(component, 'root');
    assert.deepEqual(functions, ['misuse']);
    // A component that is the whole binary needs no mention.
    assert.doesNotMatch(message, /component: /);
  });

  test("has Rust's names without their hashes", async () => {
    const { failures } = await asyncs();
    const { functions, message } = trapOf(() => failures.trap());
    assert.ok(
      functions.some((name) => /^core::panicking::\w+$/.test(name)),
      `${functions}`,
    );
    assert.equal(functions.at(-1), 'tidegate:asyncs/failures@0.1.0#trap');
    assert.doesNotMatch(message, /17h[0-9a-f]{16}|_RNv/);
  });

  test('is a start function', async () => {
    const trap = await instance('start-trap').catch((error) => error);
    assert.equal(trap.export, undefined);
    assert.deepEqual(trap.tasks, [{ kind: 'start', function: 'start', component: 'root' }]);
  });
});

describe('which calls led to a trap', () => {
  const descend = { kind: 'export', function: 'descend', component: 'root' };
  const ask = { kind: 'import', function: 'ask', component: 'root' };

  test('are calls between components', async () => {
    const { exports } = await depths();
    const trap = trapOf(() => exports.descend(0, 0));
    assert.equal(trap.tasks.length, 2);
    assert.equal(trap.tasks[0].kind, 'call');
    assert.equal(trap.tasks[0].component, PIT.component);
    assert.deepEqual(trap.tasks[1], descend);
    assert.match(trap.message, /called: .* of root\/inner\/d < descend of root$/);
  });

  test('go through the host', async () => {
    const { exports } = await depths();
    const { tasks, message, stack } = trapOf(() => exports.descend(2, 0));
    assert.deepEqual(tasks.slice(1), [descend, ask, descend, ask, descend]);
    assert.match(message, /< descend of root < the host's ask < descend of root < /);
    // Of other engines, it has no message at all.
    const told = new Error('told').stack.includes('told');
    if (told) assert.ok(stack.includes(message), 'the stack begins with the whole message');
  });

  test('go through a host that hides the trap', async () => {
    const made = await depths({
      ask(n) {
        assert.throws(() => made.exports.descend(n, 0), ComponentTrap);
      },
    });
    const { tasks } = trapOf(() => made.exports.descend(1, 0));
    assert.deepEqual(tasks.slice(1), [descend, ask, descend]);
    assert.equal(made.store.trap.tasks, tasks);
  });

  test('begin with the host when that is what failed', async () => {
    const cause = new Error('mine');
    const { exports } = await depths({
      ask() {
        throw cause;
      },
    });
    const trap = trapOf(() => exports.descend(1, 0));
    assert.equal(trap.code, 'host-error');
    assert.equal(trap.cause, cause);
    assert.equal(trap.export, 'descend');
    assert.deepEqual(trap.tasks, [ask, descend]);
    assert.deepEqual(trap.functions.slice(-1), ['descend']);
  });

  test('are kept up to a number, and the message stays short', async () => {
    const { exports } = await depths();
    const { tasks, message } = trapOf(() => exports.descend(100, 0));
    assert.equal(tasks.length, 32);
    assert.match(message, / < \d+ more < /);
    assert.ok(message.length < 600, `${message.length}`);
  });

  test('are those of a task that had given way', async () => {
    const later = deferred();
    const { exports } = await depths({ later: () => later.promise });
    const call = exports.patient(1);
    later.resolve();
    const trap = await call.catch((error) => error);
    assert.equal(trap.code, 'core-trap');
    assert.deepEqual(trap.functions, ['surprise']);
    assert.deepEqual(trap.tasks, [{ kind: 'export', function: 'patient', component: 'root' }]);
  });

  test('are those of the task that trapped, of many', async () => {
    const laters = [deferred(), deferred(), deferred()];
    const { exports } = await depths({ later: (n) => laters[n].promise });
    const calls = [exports.patient(0), exports.dream(1), exports.patient(2)];
    laters[1].resolve();
    for (const call of calls) {
      const { component, functions, tasks } = await call.catch((error) => error);
      assert.equal(component, 'root/sleeper');
      assert.deepEqual(functions, ['startle']);
      assert.deepEqual(tasks, [
        { kind: 'call', function: 'doze', component: 'root/sleeper' },
        { kind: 'export', function: 'dream', component: 'root' },
      ]);
    }
  });

  test('are known of a host call that failed, of many', async () => {
    const laters = [deferred(), deferred()];
    const { exports } = await depths({ later: (n) => laters[n].promise });
    const calls = [exports.patient(0), exports.dream(1)];
    laters[1].reject(new Error('mine'));
    const { tasks, export: name } = await calls[0].catch((error) => error);
    assert.equal(name, 'doze');
    assert.deepEqual(
      tasks.map((task) => Object.values(task).join(' ')),
      ['import later root/sleeper', 'call doze root/sleeper', 'export dream root'],
    );
    await calls[1].catch(() => {});
  });

  test('are those of a task whose host call failed later', async () => {
    const later = deferred();
    const { exports } = await depths({ later: () => later.promise });
    const call = exports.patient(1);
    later.reject(new Error('mine'));
    const { code, tasks } = await call.catch((error) => error);
    assert.equal(code, 'host-error');
    assert.deepEqual(
      tasks.map(({ kind, function: name }) => `${kind} ${name}`),
      ['import later', 'export patient'],
    );
  });
});

describe('stacks of engines', () => {
  /** The core module of `depths` whose name is `pit`: the first core module in the binary. */
  async function pit() {
    const whole = await bytes('depths');
    const start = indexOf(whole, [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    for (let end = start + 8; end <= whole.length; end++) {
      try {
        const module = new WebAssembly.Module(whole.subarray(start, end));
        if (WebAssembly.Module.customSections(module, 'name').length > 0) {
          return { module, component: 'root/inner/d' };
        }
      } catch {
        // Not yet whole.
      }
    }
    return assert.fail('there is no core module');
  }

  const frames = [
    { name: 'stumble', component: 'root/inner/d' },
    { name: 'step', component: 'root/inner/d' },
  ];
  const STACKS = {
    V8: `RuntimeError: divide by zero
    at pit.stumble (wasm://wasm/pit-1234abcd:wasm-function[1]:0x55)
    at pit.step (wasm://wasm/pit-1234abcd:wasm-function[0]:0x44)
    at tidegate.lower 0 (wasm://wasm/tidegate-77aa77aa:wasm-function[3]:0x99)
    at descend (file:///dist/node.js:1:2)
    at pit.fall (wasm://wasm/pit-1234abcd:wasm-function[2]:0x44)`,
    SpiderMonkey: `pit.stumble@http://localhost/web.js line 1 > WebAssembly.compile:wasm-function[1]:0x55
pit.step@http://localhost/web.js line 1 > WebAssembly.compile:wasm-function[0]:0x44
tidegate.lower 0@http://localhost/web.js line 1 > WebAssembly.compile:wasm-function[3]:0x99
descend@http://localhost/web.js:1:2
`,
    JavaScriptCore: `pit.wasm-function[stumble]@[wasm code]
pit.wasm-function[step]@[wasm code]
wasm-stub@[wasm code]
descend@http://localhost/web.js:1:2`,
  };
  for (const [engine, stack] of Object.entries(STACKS)) {
    test(`of ${engine} are read`, async () => {
      const { coreStack } = await internal('frames');
      assert.deepEqual(coreStack(stack, [await pit()]), { frames, inRuntime: false });
    });
  }

  test('of SpiderMonkey are read when names have versions, and URLs too', async () => {
    const { coreStack } = await internal('frames');
    const at =
      '.wasm.my:app/api@1.2.0#run@http://localhost/@fs/web@1.js line 1 > WebAssembly.Module';
    const { frames: read } = coreStack(`app${at}:wasm-function[1]:0x55`, []);
    assert.deepEqual(read, [{ name: 'app.wasm.my:app/api@1.2.0#run', component: undefined }]);
  });

  test('without names show indices', async () => {
    const { coreStack } = await internal('frames');
    const stacks = [
      'x\n    at wasm://wasm/1234abcd:wasm-function[12]:0x55',
      'wasm-function[12]@http://localhost/ line 1 > WebAssembly.Module:wasm-function[12]:0x1',
      '<?>.wasm-function[12]@[wasm code]',
    ];
    for (const stack of stacks) {
      assert.deepEqual(coreStack(stack, []).frames, [
        { name: 'wasm-function[12]', component: undefined },
      ]);
    }
  });

  test("tell the runtime's own functions apart", async () => {
    const { coreStack } = await internal('frames');
    const at = (label) => `x\n    at ${label} (wasm://wasm/tidegate-12:wasm-function[1]:0x1)`;
    assert.equal(coreStack(at('tidegate.runtime'), []).inRuntime, true);
    assert.deepEqual(coreStack(at('tidegate.perform'), []), { frames: [], inRuntime: false });
  });

  test('that are none give nothing', async () => {
    const { coreStack } = await internal('frames');
    for (const stack of [undefined, {}, '', 'Error\n    at f (file:///a.js:1:2)']) {
      assert.deepEqual(coreStack(stack, []), { frames: [], inRuntime: false });
    }
  });

  test('may have any names, and take no time', async () => {
    const { demangled } = await internal('demangle');
    const names = {
      _RNvNtCsebHcaeoSrxy_3std9panicking15panic_with_hook: 'std::panicking::panic_with_hook',
      _RNCNvNtCsebHcaeoSrxy_3std9panicking13panic_handler0B5_:
        'std::panicking::panic_handler::{closure}',
      _RNvMs_NtCsX_4text5toolsNtB4_8Notebook3add: 'text::tools::Notebook::add',
      _ZN4core9panicking5panic17h0123456789abcdefE: 'core::panicking::panic',
      _ZN3abc28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE: 'abc::{closure}',
      divide: 'divide',
      _R: '_R',
      [`_R${'s'.repeat(1e6)}`]: `_R${'s'.repeat(1e6)}`,
      [`_R${'s_'.repeat(400)}`]: `_R${'s_'.repeat(400)}`,
    };
    for (const [name, shown] of Object.entries(names)) assert.equal(demangled(name), shown);
  });
});
