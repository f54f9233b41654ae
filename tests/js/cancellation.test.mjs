/**
 * Cancellation in every state, both ways, under seeded schedules. Whatever happens: every promise settles, the store is
 * not locked, later calls work.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Store } from '../../pkg/dist/node.js';
import { blocking, JSPI } from './support/blocking.mjs';
import { asyncs } from './support/guests.mjs';
import { deferred, manual, settle, within } from './support/time.mjs';

/** A page has room for a hundred stores or so at a time, and cannot say when garbage is collected. */
const SEEDS = typeof process === 'undefined' ? 40 : 200;

/** Small numbers drawn from a seed, each the same in every run. */
function drawn(seed) {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % below;
  };
}

async function microtasks(count) {
  for (let i = 0; i < count; i++) await undefined;
}

/** What a call came to: its value or why it was rejected; it must come to something. */
function outcome(promise) {
  return within(
    5000,
    promise.then(
      (value) => ({ value }),
      (reason) => ({ reason }),
    ),
  );
}

const never = () => new ReadableStream({}, { highWaterMark: 0 });

/**
 * Scenarios: each starts a call of `guest` with `signal`. `after`, when there is one, runs at the moment of the abort, on
 * either side of it.
 */
const SCENARIOS = {
  'while it waits for a subtask': (guest, signal) => ({
    call: guest.calls.fetchEach(['a', 'b'], { signal }),
  }),
  'while it waits for several': (guest, signal) => ({
    call: guest.calls.fetchAll(['a', 'b', 'c'], { signal }),
  }),
  'while it races': (guest, signal) => ({ call: guest.calls.race('a', 'b', { signal }) }),
  'while it yields': (guest, signal) => ({ call: guest.calls.yields(20, { signal }) }),
  'while it gives up a subtask itself': (guest, signal) => ({
    call: guest.calls.giveUp('a', 4, 'b', { signal }),
  }),
  'while the import resolves in the same turn': (guest, signal, { fetch }) => ({
    call: guest.calls.fetchEach(['a'], { signal }),
    after: () => fetch.calls.at(-1)?.resolve('now'),
  }),
  'while the import rejects in the same turn': (guest, signal, { fetch }) => ({
    call: guest.calls.fetchAll(['a', 'b'], { signal }),
    after: () => fetch.calls.at(-1)?.reject({ payload: 'now' }),
  }),
  'while it is queued by backpressure': (guest, signal) => {
    guest.calls.backpressure(true);
    const call = guest.calls.overlap('a', { signal });
    return { call, after: () => guest.calls.backpressure(false) };
  },
  'while it waits to read a stream': (guest, signal) => ({
    call: guest.streams.consume(never(), 10, { signal }),
  }),
  'while its stream has something for it': (guest, signal) => {
    let give;
    const stream = new ReadableStream({
      start(controller) {
        give = controller;
      },
    });
    const call = guest.streams.consume(stream, 10, { signal });
    return {
      call,
      after() {
        give.enqueue(Uint8Array.of(1, 2, 3));
        give.close();
      },
    };
  },
  'while it waits to write a stream': (guest, signal) => ({
    call: guest.streams.push(100, { signal }),
  }),
  'while it cancels a write itself': (guest, signal) => ({
    call: guest.streams.cancelWrite(10, 3, { signal }),
  }),
  'while it cancels a read itself': (guest, signal) => ({
    call: guest.streams.cancelRead(never(), 3, { signal }),
  }),
  'while it waits for a future': (guest, signal) => {
    const value = deferred();
    return {
      call: guest.futures.receive(value.promise, { signal }),
      after: () => value.resolve('now'),
    };
  },
  'while it waits for a future that never comes': (guest, signal) => ({
    call: guest.futures.receive(new Promise(() => {}), { signal }),
  }),
  'after it has returned, with work in the background': (guest, signal) => ({
    call: guest.calls.background(['a', 'b'], { signal }),
  }),
};

/** A guest whose imports answer when the test says, and a store with a schedule of its own. */
async function seeded(seed) {
  const fetch = manual();
  const guest = await asyncs(
    {
      fetch: fetch.call,
      takeStream: () => new Promise(() => {}),
      keepStream: (stream) => {
        guest.kept = stream;
      },
    },
    { store: new Store({ policy: { seed } }) },
  );
  return { guest, fetch };
}

/** Whatever has happened before: calls work, and the store is not locked. */
async function works({ guest, fetch }) {
  await settle();
  assert.equal(guest.store.trap, undefined);
  assert.equal(await within(5000, guest.calls.add(1, 2)), 3);
  const before = fetch.calls.length;
  const later = guest.calls.fetchEach(['later']);
  await settle();
  assert.equal(fetch.calls.length, before + 1);
  fetch.calls.at(-1).resolve('fine');
  assert.deepEqual(await within(5000, later), [{ tag: 'ok', val: 'fine' }]);
  assert.equal(await within(5000, guest.calls.yields(3)), 3);
  assert.equal(guest.store.trap, undefined);
}

describe(`an abort, for ${SEEDS} seeds`, () => {
  for (const [name, begin] of Object.entries(SCENARIOS)) {
    test(name, async () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const draw = drawn(seed);
        const host = await seeded(seed);
        const controller = new AbortController();
        const { call, after } = begin(host.guest, controller.signal, host);
        const result = outcome(call);
        // Company, so that the schedule has a choice.
        const others = [host.guest.calls.yields(draw(6)), host.guest.calls.fetchEach(['other'])];
        if (draw(4) === 0) await settle();
        else await microtasks(draw(12));
        const early = draw(2) === 0;
        if (early) after?.();
        if (draw(3) === 0) await microtasks(draw(3));
        const reason = new Error(`seed ${seed}`);
        controller.abort(reason);
        if (draw(2) === 0) controller.abort(new Error('again'));
        if (!early) after?.();
        const { reason: seen } = await result;
        assert.ok(seen === undefined || seen === reason, `seed ${seed}: ${seen}`);
        await settle();
        // Late answers of the host change nothing.
        for (const late of host.fetch.calls)
          draw(2) === 0 ? late.resolve('late') : late.resolve('');
        await outcome(Promise.all(others));
        await works(host);
      }
    });
  }

  test('of many calls at once', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const draw = drawn(seed);
      const host = await seeded(seed);
      const names = Object.keys(SCENARIOS).filter((name) => !name.includes('backpressure'));
      const calls = Array.from({ length: 12 }, () => {
        const controller = new AbortController();
        const begin = SCENARIOS[names[draw(names.length)]];
        const { call, after } = begin(host.guest, controller.signal, host);
        return { result: outcome(call), after, controller };
      });
      for (const { after, controller } of calls) {
        await microtasks(draw(5));
        if (draw(2) === 0) after?.();
        controller.abort();
      }
      for (const { result } of calls) {
        const { reason } = await result;
        const known = reason === undefined || /^(AbortError|ComponentError)$/.test(reason.name);
        assert.ok(known, `seed ${seed}: ${reason}`);
      }
      await settle();
      for (const late of host.fetch.calls) late.resolve('late');
      await works(host);
    }
  });

  test('by a host function that the call itself has called', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const draw = drawn(seed);
      const controller = new AbortController();
      const reason = new Error('from inside');
      const at = draw(3);
      let count = 0;
      const signals = [];
      const guest = await asyncs(
        {
          async fetch(name, { signal }) {
            if (count === at) controller.abort(reason);
            count++;
            signals.push(signal);
            if (draw(2) === 0) return name;
            return new Promise(() => {});
          },
        },
        { store: new Store({ policy: { seed } }) },
      );
      const { reason: seen } = await outcome(
        guest.calls.fetchAll(['a', 'b', 'c', 'd'], { signal: controller.signal }),
      );
      assert.equal(seen, reason);
      await settle();
      assert.equal(guest.store.trap, undefined);
      assert.equal(await within(5000, guest.calls.add(1, 2)), 3);
    }
  });
});

/** Calls that wait on their stacks: nothing is told to those, and what they wait for goes on. */
const BLOCKING = {
  'in waitable-set.wait': (guest, signal) => guest.wait({ signal }),
  'in waitable-set.wait, twice': (guest, signal) => guest.twice({ signal }),
  'in waitable-set.wait, then in a callback': (guest, signal) => guest.waitCallback({ signal }),
  'in a call': (guest, signal) => guest.call({ signal }),
  'in thread.yield': (guest, signal) => guest.yields(10, { signal }),
  'in stream.read': (guest, signal, later) =>
    guest.read(new ReadableStream({ start: later }), { signal }),
  'in future.read': (guest, signal, later) => guest.future(new Promise(later), { signal }),
};

if (JSPI) {
  describe(`an abort while it waits on its stack, for ${SEEDS} seeds`, () => {
    for (const [name, begin] of Object.entries(BLOCKING)) {
      test(name, async () => {
        for (let seed = 1; seed <= SEEDS; seed++) {
          const draw = drawn(seed);
          const soon = manual();
          const store = new Store({ policy: { seed } });
          const guest = await blocking({ soon: soon.call }, { store });
          const controller = new AbortController();
          let given;
          const later = (one) => {
            given = one;
          };
          const result = outcome(begin(guest, controller.signal, later));
          const other = guest.yields(draw(6));
          if (draw(4) === 0) await settle();
          else await microtasks(draw(12));
          const answer = () => {
            for (const call of soon.calls) call.resolve(1);
            if (typeof given === 'function') given(1);
            else if (given !== undefined && draw(2) === 0) given.enqueue(Uint8Array.of(1));
          };
          if (draw(2) === 0) answer();
          await microtasks(draw(3));
          const reason = new Error(`seed ${seed}`);
          controller.abort(reason);
          const { reason: seen } = await result;
          assert.ok(seen === undefined || seen === reason, `seed ${seed}: ${seen}`);
          for (let i = 0; i < 3; i++) {
            answer();
            await settle();
          }
          given?.close?.();
          await within(5000, other);
          assert.equal(await within(5000, guest.neverBlocks(1)), 2, `seed ${seed}`);
          assert.equal(store.trap, undefined, `seed ${seed}`);
        }
      });
    }
  });
}

describe('the reason', () => {
  test('is the one of the signal, an AbortError unless it has another', async () => {
    const { calls } = await asyncs({ fetch: () => new Promise(() => {}) });
    for (const [reason, expected] of [
      [undefined, { name: 'AbortError' }],
      [new TypeError('mine'), { name: 'TypeError', message: 'mine' }],
    ]) {
      const controller = new AbortController();
      const call = calls.fetchEach(['x'], { signal: controller.signal });
      controller.abort(reason);
      await assert.rejects(within(1000, call), expected);
    }
    const timed = calls.fetchEach(['x'], { signal: AbortSignal.timeout(5) });
    await assert.rejects(within(1000, timed), { name: 'TimeoutError' });
    const text = new AbortController();
    const call = calls.fetchEach(['x'], { signal: text.signal });
    text.abort('just text');
    assert.equal((await outcome(call)).reason, 'just text');
  });

  test('one signal of many calls', async () => {
    const fetch = manual();
    const { calls, store } = await asyncs({ fetch: fetch.call });
    const controller = new AbortController();
    const { signal } = controller;
    const results = Array.from({ length: 50 }, () => outcome(calls.fetchEach(['x'], { signal })));
    await settle();
    controller.abort();
    for (const { reason } of await Promise.all(results)) assert.equal(reason.name, 'AbortError');
    await settle();
    assert.ok(fetch.calls.every(({ context }) => context.signal.aborted));
    assert.equal(store.trap, undefined);
    assert.equal(await calls.add(1, 2), 3);
  });

  test('what is no signal is refused', async () => {
    const { calls, store } = await asyncs();
    await assert.rejects(calls.add(1, 2, { signal: 5 }), TypeError);
    assert.equal(await calls.add(1, 2, {}), 3);
    assert.equal(await calls.add(1, 2, undefined), 3);
    assert.equal(await calls.add(1, 2, null), 3);
    assert.equal(store.trap, undefined);
  });

  test('a listener is not left behind', async () => {
    const { getEventListeners } = await import('node:events');
    const fetch = manual();
    const { calls } = await asyncs({ fetch: fetch.call });
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = calls.fetchEach(['x'], { signal });
    await calls.yields(5, { signal });
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await settle();
    fetch.calls[0].resolve('');
    await waiting;
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});

describe('towards the host', () => {
  test('the signal of an import is aborted, whenever the guest gives it up', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const draw = drawn(seed);
      const host = await seeded(seed);
      const { guest, fetch } = host;
      const result = guest.calls.giveUp('given up', draw(8), 'kept');
      await microtasks(draw(15));
      const [first] = fetch.calls;
      const { signal } = first?.context ?? {};
      const answered = draw(2) === 0 && first !== undefined && !signal.aborted;
      if (answered) first.resolve('in time');
      await settle();
      if (fetch.calls.length === 2) {
        assert.equal(fetch.calls[0].context.signal.aborted, true, `seed ${seed}`);
        fetch.calls[0].reject(new Error('nobody cares'));
        fetch.calls[1].resolve('kept');
      } else {
        assert.ok(answered);
        assert.equal(signal.aborted, false);
      }
      const expected = fetch.calls.length === 2 ? 'kept' : 'in time';
      assert.equal(await within(5000, result), expected, `seed ${seed}`);
      await works(host);
    }
  });

  test('a signal that is asked for late is aborted then', async () => {
    const contexts = [];
    const { calls } = await asyncs({
      fetch: (name, context) => {
        contexts.push(context);
        return name === 'next' ? 'next' : new Promise(() => {});
      },
    });
    assert.equal(await calls.giveUp('x', 1, 'next'), 'next');
    assert.equal(contexts[0].signal.aborted, true);
    assert.equal(contexts[1].signal.aborted, false);
  });

  test('a listener of the signal may call the guest, or answer the call', async () => {
    for (const react of [
      (resolve) => resolve('too late'),
      (_, reject) => reject(new Error('aborted')),
      (_, _reject, calls) => void calls.add(1, 2),
    ]) {
      const guest = await asyncs({
        fetch: (name, { signal }) =>
          name === 'next'
            ? 'next'
            : new Promise((resolve, reject) => {
                signal.addEventListener('abort', () => react(resolve, reject, guest.calls));
              }),
      });
      assert.equal(await within(5000, guest.calls.giveUp('x', 1, 'next')), 'next');
      await settle();
      assert.equal(guest.store.trap, undefined);
      assert.equal(await guest.calls.add(1, 2), 3);
    }
  });
});
