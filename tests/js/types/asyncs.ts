// Async functions, byte streams and futures of both sides, against the declarations of the guest `asyncs`.

import type { GuestFuture } from 'tidegate';
import { calls, futures, type Imports, streams } from './asyncs.component.wasm';

const { signal } = new AbortController();
const sum: number = await calls.add(1, 2, { signal });
const done: Promise<void> = calls.nothing();
// @ts-expect-error: a promise, not a number.
const early: number = calls.add(1, 2);
// @ts-expect-error: no such option.
calls.add(1, 2, { abort: signal });
// @ts-expect-error: `stop` is not async.
calls.stop({ signal });

const [first] = await calls.fetchAll(['a']);
const text: string | undefined = first?.tag === 'ok' ? first.val : first?.val;

await futures.receive('now');
await futures.receive(Promise.resolve('later'));
await futures.receiveResult({ tag: 'ok', val: 1 });
const passed: GuestFuture<string> = futures.pass(futures.pass('again'));
using lazy = passed;
const value: string = await lazy;
// @ts-expect-error: of strings.
futures.receive(Promise.resolve(5));

for (const source of [
  'text',
  new Uint8Array(3),
  new ArrayBuffer(3),
  [1, 2, 3],
  ['a', new Uint8Array(1)],
  new Blob([]),
  new Response('body'),
  new ReadableStream<Uint8Array>(),
  streams.pass('text'),
  (async function* () {
    yield 'chunk';
    yield new Uint8Array(2);
  })(),
] as const) {
  await streams.consume(source, 10);
}
const reader = streams.pass('text').getReader({ mode: 'byob' });
const [bytes, outcome] = await streams.withOutcome(new Blob(['text']));
for await (const chunk of bytes) chunk satisfies Uint8Array;
const end = await outcome;
if (end.tag === 'ok') end.val satisfies bigint;
// @ts-expect-error: numbers are no chunks of bytes.
streams.ignore(new ReadableStream<number>());
// @ts-expect-error: a promise of a stream is no stream.
streams.ignore(Promise.resolve('text'));

export const host: Imports['tidegate:asyncs/host@0.1.0'] = {
  async fetch(name, { signal: cancelled }) {
    cancelled.throwIfAborted();
    return name;
  },
  add: (a, b) => a + b,
  send: async (one) => ({ ...one, deadline: undefined }),
  wait: (context) =>
    new Promise((resolve) => context.signal.addEventListener('abort', () => resolve())),
  makeFuture: async () => 'value',
  takeFuture: async (future) => (await future) + 1,
  makeStream: () => new Blob(['a']).stream(),
  async takeStream(stream) {
    let total = 0n;
    for await (const { byteLength } of stream) total += BigInt(byteLength);
    return total;
  },
  keepStream: (stream) => void stream.cancel(),
  log: console.log,
};
export const wrong: Partial<typeof host> = {
  // @ts-expect-error: a number is wanted.
  add: async () => 'text',
  // @ts-expect-error: not async.
  log: async () => 5 satisfies string,
  // @ts-expect-error: a bigint is wanted.
  takeStream: async () => 5,
};
export { done, early, reader, sum, text, value };
