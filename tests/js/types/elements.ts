// Streams and futures of every kind of element, against the declarations of the guest `elements`.

import type { GuestFuture } from 'tidegate';
import {
  byteStreams,
  counters,
  type Imports,
  longs,
  nested,
  nothings,
  objects,
  options,
  records,
  results,
  streamFutures,
  strings,
  textFutures,
  variants,
  words,
} from './elements.component.wasm';

const person = { name: 'a', age: 3, tags: ['x'] };
for (const source of [
  [person],
  [[person, person]],
  new ReadableStream<typeof person>(),
  records.pass([person]),
  (async function* () {
    yield person;
    yield [person];
  })(),
] as const) {
  await records.consume(source, 10);
}
for await (const one of await records.produce([person], 1)) one.tags satisfies string[];
// @ts-expect-error: its tags are missing.
await records.consume([{ name: 'a', age: 3 }], 10);
// @ts-expect-error: of strings.
await strings.consume([5], 10);

(await words.consume([1, Uint32Array.of(2)], 10)) satisfies Uint32Array;
(await longs.consume([1n, BigInt64Array.of(2n)], 10)) satisfies BigInt64Array;
// @ts-expect-error: bigints are wanted.
await longs.consume([1], 10);
for await (const shape of variants.pass([{ tag: 'dot' }, { tag: 'circle', val: 1 }])) {
  if (shape.tag === 'path') shape.val satisfies Uint32Array;
}
const [first] = await options.first(['a', undefined], 1);
first satisfies string | undefined;
const [outcome] = await results.first([{ tag: 'ok', val: 1 }], 1);
if (outcome?.tag === 'err') outcome.val satisfies string;
const [counter] = await counters.first([new objects.Counter(1)], 1);
counter?.value() satisfies number | undefined;

(await nothings.consume([undefined], 1)) satisfies number;
const [nothing] = await nothings.later();
nothing satisfies GuestFuture<undefined>;

const [inner] = await byteStreams.first([new Blob(['a']), 'text'], 1);
inner?.getReader({ mode: 'byob' });
const [text] = await textFutures.first([Promise.resolve('a'), 'b'], 1);
(await text) satisfies string | undefined;
const [later] = await streamFutures.later(Promise.resolve(new Blob(['a'])));
for await (const chunk of await await later) chunk satisfies Uint8Array;

const bundle = nested.passRecord({ name: 'n', items: ['a'], value: 5 });
for await (const item of bundle.items) item satisfies string;
(await bundle.value) satisfies number;
// @ts-expect-error: a number is wanted in the end.
nested.passRecord({ name: 'n', items: [], value: Promise.resolve('x') });

export const host: Imports['tidegate:elements/host@0.1.0'] = {
  Thing: class {
    [Symbol.dispose]() {}
  },
  log: (line) => void line.trim(),
};
