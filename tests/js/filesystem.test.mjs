/** wasi:filesystem, called as a component's host calls it: the same expectations on a folder of this machine and in memory. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { MemoryDirectory, wasi } from '../../pkg/dist/wasi-node.js';

const READ = { read: true };
const WRITE = { write: true };
const BOTH = { read: true, write: true };
const MUTATE = { read: true, mutateDirectory: true };
const FOLLOW = { symlinkFollow: true };
const NO_FOLLOW = { symlinkFollow: false };
const NONE = {};
const CREATE = { create: true };
const DIRECTORY = { directory: true };

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'tidegate-fs-'));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));
let count = 0;

/** Folders with the same contents, `secret` being outside of them. */
const kinds = {
  'a folder of this machine': () => {
    const outer = path.join(scratch, `${++count}`);
    fs.mkdirSync(path.join(outer, 'root', 'sub', 'deep'), { recursive: true });
    fs.writeFileSync(path.join(outer, 'secret'), 'secret');
    fs.writeFileSync(path.join(outer, 'root', 'a.txt'), 'hello');
    fs.writeFileSync(path.join(outer, 'root', 'sub', 'b.txt'), 'below');
    return path.join(outer, 'root');
  },
  'a folder in memory': () =>
    new MemoryDirectory({ 'a.txt': 'hello', sub: { 'b.txt': 'below', deep: {} } }),
};

function rootOf(folder, readOnly = false) {
  const imports = wasi({ preopens: { '/': { folder, readOnly } } });
  const [[descriptor, name]] = imports['wasi:filesystem/preopens@0.3'].getDirectories();
  assert.equal(name, '/');
  return descriptor;
}

/** The error code that a call fails with. */
async function code(call) {
  try {
    await call();
  } catch (error) {
    return error.payload.tag;
  }
  return undefined;
}

async function text(descriptor, offset = 0n) {
  const [stream, status] = descriptor.readViaStream(offset);
  const bytes = await new Response(stream).text();
  assert.deepEqual(await status, { tag: 'ok' });
  return bytes;
}

const bytes = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });

for (const [kind, make] of Object.entries(kinds)) {
  describe(kind, () => {
    test('files are read and written through streams at any offset', async () => {
      const root = rootOf(make());
      const file = await root.openAt(NONE, 'new.txt', CREATE, BOTH);
      assert.deepEqual(await file.writeViaStream(bytes('hello ', 'world'), 0n), { tag: 'ok' });
      assert.equal(await text(file), 'hello world');
      assert.equal(await text(file, 6n), 'world');
      assert.equal(await text(file, 600n), '');
      await file.writeViaStream(bytes('HE'), 0n);
      await file.appendViaStream(bytes('!', '?'));
      assert.equal(await text(file), 'HEllo world!?');
      await file.writeViaStream(bytes('x'), 15n);
      assert.equal(await text(file, 11n), '!?\0\0x');
      await file.setSize(4n);
      assert.equal(await text(file), 'HEll');
      assert.equal((await file.stat()).size, 4n);
    });

    test('a stream goes on when its descriptor is dropped', async () => {
      const root = rootOf(make());
      const file = await root.openAt(NONE, 'a.txt', NONE, READ);
      const [stream, status] = file.readViaStream(0n);
      file[Symbol.dispose]();
      assert.equal(await new Response(stream).text(), 'hello');
      assert.deepEqual(await status, { tag: 'ok' });
    });

    test('a stream that is cancelled tells so, and nothing is read before it is asked for', async () => {
      const file = await rootOf(make()).openAt(NONE, 'a.txt', NONE, READ);
      const [stream, status] = file.readViaStream(0n);
      await stream.cancel();
      assert.deepEqual(await status, { tag: 'ok' });
    });

    test('what a descriptor may not do fails with the code that says so', async () => {
      const root = rootOf(make());
      const [, unreadable] = root.readViaStream(0n);
      assert.deepEqual(await unreadable, { tag: 'err', val: { tag: 'is-directory' } });
      const written = await root.openAt(NONE, 'a.txt', NONE, WRITE);
      const [, status] = written.readViaStream(0n);
      assert.deepEqual(await status, { tag: 'err', val: { tag: 'not-permitted' } });
      const read = await root.openAt(NONE, 'a.txt', NONE, READ);
      const refused = await read.writeViaStream(bytes('x'), 0n);
      assert.equal(refused.val.tag, 'bad-descriptor');
      assert.equal(await code(() => read.setSize(0n)), 'bad-descriptor');
      assert.equal(await code(() => read.statAt(NONE, 'x')), 'not-directory');
      assert.equal(await text(read), 'hello');
    });

    test('a read-only grant gives nothing that could change it', async () => {
      const root = rootOf(make(), true);
      assert.equal(root.getFlags().mutateDirectory, false);
      const operations = {
        write: () => root.openAt(NONE, 'a.txt', NONE, WRITE),
        create: () => root.openAt(NONE, 'n', CREATE, READ),
        truncate: () => root.openAt(NONE, 'a.txt', { truncate: true }, READ),
        mutate: () => root.openAt(NONE, 'sub', NONE, MUTATE),
        mkdir: () => root.createDirectoryAt('n'),
        unlink: () => root.unlinkFileAt('a.txt'),
        rmdir: () => root.removeDirectoryAt('sub'),
        rename: () => root.renameAt('a.txt', root, 'n'),
        link: () => root.linkAt(NONE, 'a.txt', root, 'n'),
        symlink: () => root.symlinkAt('a.txt', 'n'),
        times: () => root.setTimesAt(NONE, 'a.txt', { tag: 'now' }, { tag: 'now' }),
      };
      for (const [name, operation] of Object.entries(operations)) {
        assert.equal(await code(operation), 'read-only', name);
      }
      assert.equal(await text(await root.openAt(NONE, 'a.txt', NONE, READ)), 'hello');
    });

    test('no path leaves the folder', async () => {
      const root = rootOf(make());
      const hostile = [
        '/',
        '/etc/passwd',
        '..',
        '../secret',
        'sub/../../secret',
        './sub/./../..//secret',
        'sub/deep/../../../secret',
      ];
      for (const name of hostile) {
        for (const follow of [FOLLOW, NO_FOLLOW]) {
          assert.equal(await code(() => root.statAt(follow, name)), 'not-permitted', name);
          assert.equal(await code(() => root.openAt(follow, name, NONE, READ)), 'not-permitted');
        }
        assert.equal(await code(() => root.createDirectoryAt(name)), 'not-permitted');
        assert.equal(await code(() => root.unlinkFileAt(name)), 'not-permitted');
        assert.equal(await code(() => root.removeDirectoryAt(name)), 'not-permitted');
        assert.equal(await code(() => root.readlinkAt(name)), 'not-permitted');
        assert.equal(await code(() => root.renameAt('a.txt', root, name)), 'not-permitted');
        assert.equal(await code(() => root.renameAt(name, root, 'x')), 'not-permitted');
        assert.equal(await code(() => root.linkAt(NONE, 'a.txt', root, name)), 'not-permitted');
      }
      // A folder below is a root of its own.
      const sub = await root.openAt(NONE, 'sub', DIRECTORY, MUTATE);
      assert.equal(await code(() => sub.openAt(NONE, '../a.txt', NONE, READ)), 'not-permitted');
      assert.equal(await text(await sub.openAt(NONE, 'deep/../b.txt', NONE, READ)), 'below');
    });

    test('no symbolic link leads out', async () => {
      const root = rootOf(make());
      assert.equal(await code(() => root.symlinkAt('/etc', 'abs')), 'not-permitted');
      await root.symlinkAt('..', 'up');
      await root.symlinkAt('../secret', 'direct');
      await root.symlinkAt('sub/../../secret', 'around');
      await root.symlinkAt('up/secret', 'chained');
      for (const name of ['up/secret', 'direct', 'around', 'chained', 'up/root/a.txt', 'up/']) {
        assert.equal(await code(() => root.statAt(FOLLOW, name)), 'not-permitted', name);
        assert.equal(await code(() => root.openAt(FOLLOW, name, NONE, READ)), 'not-permitted');
        assert.equal(
          await code(() => root.openAt(FOLLOW, name, CREATE, WRITE)),
          name === 'up/' ? 'is-directory' : 'not-permitted',
        );
      }
      assert.equal((await root.statAt(NO_FOLLOW, 'direct')).type.tag, 'symbolic-link');
      assert.equal(await code(() => root.openAt(NO_FOLLOW, 'direct', NONE, READ)), 'loop');
      assert.equal(await root.readlinkAt('direct'), '../secret');
      assert.equal(await code(() => root.createDirectoryAt('up/x')), 'not-permitted');
    });

    test('links inside are followed, loops end', async () => {
      const root = rootOf(make());
      await root.symlinkAt('sub', 'link');
      await root.symlinkAt('link/b.txt', 'far');
      await root.symlinkAt('loop2', 'loop1');
      await root.symlinkAt('loop1', 'loop2');
      assert.equal(await text(await root.openAt(FOLLOW, 'far', NONE, READ)), 'below');
      assert.equal(await text(await root.openAt(NONE, 'link/b.txt', NONE, READ)), 'below');
      assert.equal((await root.statAt(NO_FOLLOW, 'link/')).type.tag, 'directory');
      assert.equal(await code(() => root.openAt(FOLLOW, 'loop1', NONE, READ)), 'loop');
      assert.equal(await code(() => root.statAt(FOLLOW, 'loop1/x')), 'loop');
      await root.symlinkAt('made', 'to-make');
      const made = await root.openAt(FOLLOW, 'to-make', CREATE, WRITE);
      await made.writeViaStream(bytes('made'), 0n);
      assert.equal(await text(await root.openAt(NONE, 'made', NONE, READ)), 'made');
    });

    test('folders are made, listed, renamed and removed', async () => {
      const root = rootOf(make());
      await root.createDirectoryAt('sub/new');
      assert.equal(await code(() => root.createDirectoryAt('sub/new')), 'exist');
      assert.equal(await code(() => root.removeDirectoryAt('sub')), 'not-empty');
      assert.equal(await code(() => root.removeDirectoryAt('a.txt')), 'not-directory');
      assert.equal(await code(() => root.unlinkFileAt('sub')), 'is-directory');
      await root.renameAt('sub/new', root, 'moved');
      const [stream, status] = root.readDirectory();
      const names = [];
      for await (const { name, type } of stream) names.push(`${name} ${type.tag}`);
      assert.deepEqual(await status, { tag: 'ok' });
      assert.deepEqual(names.sort(), ['a.txt regular-file', 'moved directory', 'sub directory']);
      await root.removeDirectoryAt('moved');
      assert.equal(await code(() => root.statAt(NONE, 'moved')), 'no-entry');
    });

    test('hard links, identity and hashes', async () => {
      const root = rootOf(make());
      await root.linkAt(NONE, 'a.txt', root, 'other');
      const [a, b, c] = await Promise.all(
        ['a.txt', 'other', 'sub/b.txt'].map((name) => root.openAt(NONE, name, NONE, BOTH)),
      );
      assert.equal((await a.stat()).linkCount, 2n);
      assert.equal(await a.isSameObject(b), true);
      assert.equal(await a.isSameObject(c), false);
      const before = await a.metadataHash();
      assert.deepEqual(await b.metadataHash(), before);
      assert.deepEqual(await root.metadataHashAt(NONE, 'other'), before);
      await a.writeViaStream(bytes('longer than before'), 0n);
      assert.notDeepEqual(await a.metadataHash(), before);
    });

    test('times are set and told', async () => {
      const root = rootOf(make());
      const at = (seconds) => ({ tag: 'timestamp', val: { seconds, nanoseconds: 500_000_000 } });
      await root.setTimesAt(NONE, 'a.txt', at(1_000_000n), at(2_000_000n));
      let stat = await root.statAt(NONE, 'a.txt');
      assert.deepEqual(stat.dataAccessTimestamp, at(1_000_000n).val);
      assert.deepEqual(stat.dataModificationTimestamp, at(2_000_000n).val);
      const file = await root.openAt(NONE, 'a.txt', NONE, BOTH);
      await file.setTimes({ tag: 'no-change' }, at(-5n));
      stat = await file.stat();
      assert.deepEqual(stat.dataAccessTimestamp, at(1_000_000n).val);
      assert.deepEqual(stat.dataModificationTimestamp, at(-5n).val);
      const before = BigInt(Math.floor(Date.now() / 1000)) - 1n;
      await file.setTimes({ tag: 'now' }, { tag: 'now' });
      assert.ok((await file.stat()).dataModificationTimestamp.seconds >= before);
      const never = { tag: 'timestamp', val: { seconds: 0n, nanoseconds: 2_000_000_000 } };
      assert.equal(await code(() => file.setTimes(never, never)), 'invalid');
    });

    test('names that cannot be', async () => {
      const root = rootOf(make());
      assert.equal(await code(() => root.statAt(NONE, '')), 'no-entry');
      assert.equal(await code(() => root.statAt(NONE, 'a\0b')), 'invalid');
      assert.equal(await code(() => root.statAt(NONE, 'x'.repeat(300))), 'name-too-long');
      assert.equal(await code(() => root.statAt(NONE, 'x/'.repeat(3000))), 'name-too-long');
      assert.equal(await code(() => root.statAt(NONE, 'a.txt/')), 'not-directory');
      assert.equal(await code(() => root.statAt(NONE, 'a.txt/b')), 'not-directory');
      assert.equal(await code(() => root.openAt(NONE, 'sub', NONE, WRITE)), 'is-directory');
      assert.equal(await code(() => root.openAt(NONE, 'a.txt', DIRECTORY, READ)), 'not-directory');
      const exclusive = { create: true, exclusive: true };
      assert.equal(await code(() => root.openAt(NONE, 'a.txt', exclusive, WRITE)), 'exist');
    });
  });
}

test('a folder that is a link, or is moved while it is open, stays the folder that it is', async () => {
  const folder = kinds['a folder of this machine']();
  const root = rootOf(folder);
  const sub = await root.openAt(NONE, 'sub', DIRECTORY, MUTATE);
  fs.renameSync(path.join(folder, 'sub'), path.join(folder, 'elsewhere'));
  fs.symlinkSync(os.tmpdir(), path.join(folder, 'sub'));
  if (process.platform === 'linux') {
    assert.equal(await text(await sub.openAt(NONE, 'b.txt', NONE, READ)), 'below');
  }
  assert.equal(await code(() => root.openAt(FOLLOW, 'sub/x', NONE, READ)), 'not-permitted');
  assert.equal(await code(() => root.readlinkAt('sub')), 'not-permitted');
});

/**
 * Works on a folder in which somebody replaces `sub` by a link to `outside` and back, without a pause. `turn` is repeated until it has
 * happened often and has seen more than one thing; the result is what it has seen.
 */
async function whileReplaced(turn) {
  const folder = kinds['a folder of this machine']();
  const outside = path.join(folder, '..', `outside-${path.basename(folder)}`);
  fs.mkdirSync(outside);
  fs.writeFileSync(path.join(outside, 'b.txt'), 'secret');
  const before = fs.statSync(path.join(outside, 'b.txt'), { bigint: true });
  const swap = `
    const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
    const { workerData: { sub, kept, outside, stop } } = require('node:worker_threads');
    while (Atomics.load(stop, 0) === 0) {
      renameSync(sub, kept);
      symlinkSync(outside, sub);
      unlinkSync(sub);
      renameSync(kept, sub);
    }`;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const sub = path.join(folder, 'sub');
  const workerData = { sub, kept: path.join(folder, 'kept'), outside, stop };
  const worker = new Worker(swap, { eval: true, workerData });
  const seen = new Set();
  const root = rootOf(folder);
  try {
    for (let i = 0; i < 3000 || seen.size < 2; i++) seen.add(await turn(root, i));
  } finally {
    Atomics.store(stop, 0, 1);
    await once(worker, 'exit');
  }
  const after = fs.statSync(path.join(outside, 'b.txt'), { bigint: true });
  assert.deepEqual(fs.readdirSync(outside), ['b.txt'], 'nothing was made or moved there');
  assert.equal(fs.readFileSync(path.join(outside, 'b.txt'), 'utf8'), 'secret');
  assert.deepEqual([after.mtimeNs, after.nlink], [before.mtimeNs, before.nlink]);
  return seen;
}

const racy = { skip: process.platform !== 'linux' && 'elsewhere folders are paths' };

test(
  'nobody who replaces a folder by a link at the same time leads a component out',
  racy,
  async () => {
    const seen = await whileReplaced(async (root) => {
      let got;
      const failed = await code(async () => {
        const file = await root.openAt(FOLLOW, 'sub/b.txt', NONE, READ);
        got = await text(file);
        file[Symbol.dispose]();
      });
      return failed ?? got;
    });
    // Else it is an error: what one step finds may have changed by the next.
    assert.ok(!seen.has('secret'), 'nothing from outside');
    assert.ok(seen.has('below'));
  },
);

test('nor makes it change anything there', racy, async () => {
  const time = { tag: 'timestamp', val: { seconds: 1n, nanoseconds: 0 } };
  const changes = [
    (root) => root.setTimesAt(FOLLOW, 'sub/b.txt', time, time),
    async (root, i) => {
      const made = await root.openAt(FOLLOW, `sub/new-${i}`, { create: true }, BOTH);
      made[Symbol.dispose]();
    },
    async (root) => {
      const file = await root.openAt(FOLLOW, 'sub/b.txt', { truncate: true }, BOTH);
      file[Symbol.dispose]();
    },
    (root, i) => root.createDirectoryAt(`sub/folder-${i}`),
    (root, i) => root.symlinkAt('b.txt', `sub/link-${i}`),
    (root, i) => root.linkAt(NONE, 'sub/b.txt', root, `sub/hard-${i}`),
    (root, i) => root.renameAt('sub/b.txt', root, `sub/moved-${i}`),
    (root) => root.unlinkFileAt('sub/b.txt'),
    async (root) => {
      const file = await root.openAt(FOLLOW, 'sub/b.txt', { create: true }, BOTH);
      file[Symbol.dispose]();
    },
  ];
  const seen = await whileReplaced((root, i) => code(() => changes[i % changes.length](root, i)));
  assert.ok(seen.has(undefined), 'some of it has worked');
});

test('descriptors are given back: none is open when all are dropped', {
  skip: process.platform !== 'linux',
}, async () => {
  const open = () => fs.readdirSync('/proc/self/fd').length;
  const folder = kinds['a folder of this machine']();
  const before = open();
  for (let i = 0; i < 20; i++) {
    const root = rootOf(folder);
    const file = await root.openAt(NONE, 'sub/deep/../b.txt', NONE, READ);
    await code(() => root.openAt(NONE, 'sub/deep/none/x', NONE, READ));
    assert.equal(await text(file), 'below');
    const [stream, status] = root.readDirectory();
    for await (const _ of stream);
    await status;
    file[Symbol.dispose]();
    root[Symbol.dispose]();
  }
  assert.equal(open(), before);
});

test('a folder that is not there is an error of the program', () => {
  assert.throws(() => wasi({ preopens: { '/': path.join(scratch, 'nowhere') } }), /ENOENT/);
  assert.throws(() => wasi({ preopens: { '/': {} } }), TypeError);
});

test('entries of a folder in memory are counted over its whole tree, and links are no longer than paths', async () => {
  const root = rootOf(new MemoryDirectory({ 'a.txt': 'hello' }, { maxEntries: 3 }));
  await root.createDirectoryAt('folder');
  await root.createDirectoryAt('folder/inner');
  await root.symlinkAt('a.txt', 'folder/link');
  assert.equal(await code(() => root.createDirectoryAt('folder/inner/more')), 'insufficient-space');
  assert.equal(await code(() => root.symlinkAt('a.txt', 'link')), 'insufficient-space');
  assert.equal(await code(() => root.openAt(NONE, 'b', CREATE, WRITE)), 'insufficient-space');
  await root.renameAt('folder/link', root, 'a.txt');
  await root.createDirectoryAt('folder/again');
  assert.equal(await code(() => root.createDirectoryAt('more')), 'insufficient-space');
  await root.removeDirectoryAt('folder/again');
  assert.equal(await code(() => root.symlinkAt('x'.repeat(5000), 'link')), 'name-too-long');
  await root.symlinkAt('x'.repeat(200), 'link');
  const other = rootOf(new MemoryDirectory());
  assert.equal(await code(() => root.renameAt('link', other, 'link')), 'cross-device');
  assert.equal(await code(() => root.linkAt(NONE, 'a.txt', other, 'b')), 'cross-device');
});

test('a folder in memory is bounded, and the program can look into it', async () => {
  const memory = new MemoryDirectory({ 'a.txt': 'hello' }, { maxBytes: 100 });
  const root = rootOf(memory);
  const file = await root.openAt(NONE, 'big', CREATE, WRITE);
  const status = await file.writeViaStream(bytes('x'.repeat(200)), 0n);
  assert.equal(status.val.tag, 'insufficient-space');
  assert.equal(await code(() => file.setSize(1_000_000n)), 'insufficient-space');
  await file.writeViaStream(bytes('y'.repeat(50)), 0n);
  assert.equal(new TextDecoder().decode(memory.read('big')), 'y'.repeat(50));
  await root.unlinkFileAt('big');
  assert.deepEqual(memory.list(), ['a.txt']);
  memory.write('deep/er/file', 'text');
  assert.equal(await text(await root.openAt(NONE, 'deep/er/file', NONE, READ)), 'text');
});
