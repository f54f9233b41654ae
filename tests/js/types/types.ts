// Streams and futures of everything, hard names, resources without constructors: the guest `types`.

import type { ByteSource, GuestFuture, StreamSource } from 'tidegate';
import open, {
  type ABThings,
  type ABThings_,
  Door,
  type Ends,
  type ExportedWorld,
  type Exports,
  type Imports,
  'a:b/locks@1.0.0' as locks,
  optionalLast,
  delete as remove,
  type World,
} from './types.component.wasm';

// What the component exports.
const out: ReadableStream<string> = open(['a', 'b']);
open(['c', ['d', 'e']] as const);
open(out);
optionalLast(1);
optionalLast(1, undefined);
const door: ExportedWorld.Door = Door.default();
door.knock() satisfies number;
const key = new locks.Key(1);
key.same() satisfies number;
const removed = await remove(Promise.resolve({ tag: 'err' }));
if (removed.tag === 'ok') removed.val satisfies number;
({}) as Exports satisfies { readonly 'a:b/locks': object };
// @ts-expect-error: it has no constructor.
new Door();
// @ts-expect-error: of strings.
open([1]);
// @ts-expect-error: `need` is needed.
optionalLast();
// @ts-expect-error: two interfaces have this name.
({}) as Exports satisfies { readonly locks: object };

// What it imports.
class Token {
  readonly id = 1;
  static next(): Token {
    return new Token();
  }
}
class OpenFile implements ABThings.File {
  // What the host's own constructor takes is its own affair.
  private constructor(private readonly path: string) {}
  static open(path: string): OpenFile {
    return new OpenFile(path);
  }
  async read(context: string): Promise<string> {
    return this.path + context;
  }
}
const things: ABThings = {
  File: OpenFile,
  delete({ name, body, after }, rights) {
    body satisfies ReadableStream<Uint8Array>;
    after satisfies GuestFuture<string> | undefined;
    return rights.delete ? [{ name, body: 'text', after: 'now' }] : [{ name, body, after }];
  },
  keep: async (promise) => (promise.tag === 'kept' ? promise : { tag: 'pending' }),
};
const ends: Ends = {
  bytes: (v) => v satisfies ByteSource,
  numbers: () => [1, new Float32Array(2), [3, 4]],
  bigs: () => new BigInt64Array(3),
  strings: async function* () {
    yield 'one';
    yield ['two', 'three'];
  },
  lists: () => [new Uint8Array(1)],
  tuples: (v) => v,
  parts: () => [{ name: 'a', body: new Blob([]) }],
  files: (v) => v,
  ticks: () => [undefined, undefined],
  nested: () => [['a', 'b'], new ReadableStream<string>()] satisfies StreamSource<string>[],
  later: async (v) => await v,
  signal: () => undefined,
  outcome: async () => ({ tag: 'ok', val: 1 }),
};
const answer: ABThings_.Answer = 'yes';
const size: World.Size = 5n;
export const imports: Imports = {
  Token,
  mint: () => new Token(),
  wide: (v) => [v, v],
  'a:b/things@1.0.0': things,
  ends,
};
export const wrong: Partial<Ends> = {
  // @ts-expect-error: bigints are not floats.
  numbers: () => new BigInt64Array(1),
  // @ts-expect-error: a list is one element.
  lists: () => new Uint8Array(3),
  // @ts-expect-error: a future is no stream.
  strings: async () => ['a'],
  // @ts-expect-error: no such case.
  outcome: async () => ({ tag: 'maybe' }),
  // @ts-expect-error: `body` is missing.
  parts: () => [{ name: 'a' }],
};
export { answer, door, size };
