/** wasi:filesystem, on a fresh folder. `has` says what the platform's folders can do. */

import { code, OK, read, same, stream, yes } from './expect.mjs';

const FOLLOW = { symlinkFollow: true };
const STAY = { symlinkFollow: false };
const BOTH = { read: true, write: true };
const CREATE = { create: true };
const MUTATE = { read: true, mutateDirectory: true };

const at = (seconds) => ({ tag: 'timestamp', val: { seconds, nanoseconds: 500_000_000 } });

async function rootOf({ imports, folder }) {
  const granted = imports({ preopens: { '/': await folder() } })['wasi:filesystem/preopens@0.3'];
  const [[root, name], ...others] = granted.getDirectories();
  same([name, others], ['/', []], 'what is granted');
  return root;
}

async function contents(file, offset = 0n) {
  const [bytes, status] = file.readViaStream(offset);
  const text = await read(bytes);
  same(await status, OK, 'the status of a read');
  return text;
}

export async function files(env) {
  const root = await rootOf(env);
  const file = await root.openAt(FOLLOW, 'a.txt', CREATE, BOTH);
  same(await file.writeViaStream(stream('hello ', 'world'), 0n), OK, 'write');
  same(await file.appendViaStream(stream('!')), OK, 'append');
  same(await contents(file), 'hello world!', 'contents');
  same(await contents(file, 6n), 'world!', 'contents from the middle');
  await file.setSize(5n);
  same(await contents(file), 'hello', 'after set-size');
  await file.advise(0n, 5n, 'sequential');
  await file.sync();
  await file.syncData();
  same(await file.getType(), { tag: 'regular-file' }, 'type');
  same(await root.getType(), { tag: 'directory' }, 'type of a folder');
  const flags = await file.getFlags();
  same([flags.read, flags.write], [true, true], 'flags');
  const { size, type, linkCount } = await file.stat();
  same([size, type.tag, linkCount >= 1n], [5n, 'regular-file', true], 'stat');
  const [first, again] = [await file.metadataHash(), await root.metadataHashAt(STAY, 'a.txt')];
  same(first, again, 'metadata-hash by either way');
  const other = await root.openAt(FOLLOW, 'b.txt', CREATE, BOTH);
  const same1 = await root.openAt(FOLLOW, 'a.txt', {}, BOTH);
  same(await file.isSameObject(same1), true, 'the same object');
  same(await file.isSameObject(other), false, 'another object');
  yes(`${(await other.metadataHash()).lower}` !== `${first.lower}`, 'another hash');
}

export async function folders(env) {
  const root = await rootOf(env);
  await root.createDirectoryAt('sub');
  same(await code(() => root.createDirectoryAt('sub')), 'exist', 'twice');
  const sub = await root.openAt(FOLLOW, 'sub', { directory: true }, MUTATE);
  const file = await sub.openAt(STAY, 'x', CREATE, BOTH);
  await file.writeViaStream(stream('x'), 0n);
  await sub.renameAt('x', root, 'y');
  same((await root.statAt(STAY, 'y')).size, 1n, 'what was moved');
  same(await code(() => root.statAt(STAY, 'sub/x')), 'no-entry', 'where it was');
  const [entries, status] = root.readDirectory();
  const names = [];
  for (const reader = entries.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    names.push(`${value.name} ${value.type.tag}`);
  }
  same(names.sort(), ['sub directory', 'y regular-file'], 'entries');
  same(await status, OK, 'the status of a listing');
  same(await code(() => root.unlinkFileAt('sub')), 'is-directory', 'unlinking a folder');
  same(await code(() => root.removeDirectoryAt('y')), 'not-directory', 'removing a file');
  await root.unlinkFileAt('y');
  await root.removeDirectoryAt('sub');
  same(await code(() => root.statAt(STAY, 'sub')), 'no-entry', 'what was removed');
}

export async function links(env) {
  const root = await rootOf(env);
  const file = await root.openAt(FOLLOW, 'a.txt', CREATE, BOTH);
  if (!env.has.links) {
    same(await code(() => root.symlinkAt('a.txt', 'link')), 'unsupported', 'symlink-at');
    same(await code(() => root.linkAt(STAY, 'a.txt', root, 'b')), 'unsupported', 'link-at');
    same(await code(() => root.symlinkAt('a.txt', 'a.txt')), 'exist', 'symlink-at, twice');
    same(await code(() => root.linkAt(STAY, 'none', root, 'b')), 'no-entry', 'a link to nothing');
    same(await code(() => root.linkAt(STAY, 'a.txt', root, 'a.txt')), 'exist', 'link-at, twice');
    same(await code(() => root.readlinkAt('a.txt')), 'invalid', 'readlink-at of a file');
    return;
  }
  await root.symlinkAt('a.txt', 'link');
  same(await root.readlinkAt('link'), 'a.txt', 'readlink-at');
  same(await code(() => root.readlinkAt('a.txt')), 'invalid', 'readlink-at of a file');
  same((await root.statAt(STAY, 'link')).type.tag, 'symbolic-link', 'a link itself');
  same((await root.statAt(FOLLOW, 'link')).type.tag, 'regular-file', 'what it leads to');
  await root.linkAt(STAY, 'a.txt', root, 'hard');
  const hard = await root.openAt(STAY, 'hard', {}, BOTH);
  same(await hard.isSameObject(file), true, 'one file by two names');
  same((await file.stat()).linkCount, 2n, 'two links');
}

export async function times(env) {
  const root = await rootOf(env);
  const file = await root.openAt(FOLLOW, 'a.txt', CREATE, BOTH);
  const set = () => file.setTimes(at(1_000n), at(2_000n));
  const KEEP = { tag: 'no-change' };
  const setAt = () => root.setTimesAt(STAY, 'a.txt', at(3_000n), KEEP);
  const beside = (path) => code(() => root.setTimesAt(STAY, path, at(1n), at(1n)));
  same(await beside('none'), 'no-entry', 'set-times-at of nothing');
  same(await beside('a.txt/x'), 'not-directory', 'set-times-at in a file');
  same(await beside('../x'), 'not-permitted', 'set-times-at outside');
  await file.setTimes(KEEP, KEEP);
  await root.setTimesAt(STAY, 'a.txt', KEEP, KEEP);
  const instant = ({ seconds, nanoseconds }) => Number(seconds) * 1000 + nanoseconds / 1e6;
  for (const touch of [
    () => file.setTimes(KEEP, { tag: 'now' }),
    () => root.setTimesAt(STAY, 'a.txt', KEEP, { tag: 'now' }),
  ]) {
    const before = instant((await file.stat()).dataModificationTimestamp);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await touch();
    yes(instant((await file.stat()).dataModificationTimestamp) > before, 'it is newer');
  }
  if (!env.has.times) {
    same(await code(set), 'unsupported', 'set-times');
    same(await code(setAt), 'unsupported', 'set-times-at');
    return;
  }
  const seconds = async () => {
    const { dataAccessTimestamp, dataModificationTimestamp } = await file.stat();
    return [dataAccessTimestamp?.seconds, dataModificationTimestamp?.seconds];
  };
  await set();
  same(await seconds(), [1_000n, 2_000n], 'times');
  await setAt();
  same(await seconds(), [3_000n, 2_000n], 'one of them');
}

/** Nothing leads out of a folder. */
export async function hostile(env) {
  const root = await rootOf(env);
  await root.createDirectoryAt('sub');
  const open = (path) => code(() => root.openAt(FOLLOW, path, {}, { read: true }));
  for (const path of [
    '..',
    '../x',
    '/etc/passwd',
    '/',
    'sub/../../x',
    'sub/../..',
    '//x',
    './../x',
  ]) {
    same(await open(path), 'not-permitted', path);
  }
  same(await open('sub/..'), undefined, 'down and up again');
  same(await open('a\0b'), 'invalid', 'a zero');
  same(await open(''), 'no-entry', 'an empty path');
  if (!env.has.links) return;
  for (const [i, target] of ['..', '../..', '/etc', '../x', '/'].entries()) {
    const name = `link${i}`;
    const made = await code(() => root.symlinkAt(target, name));
    if (made === undefined) same(await open(`${name}/passwd`), 'not-permitted', `by ${target}`);
    else same(made, 'not-permitted', `a link to ${target}`);
  }
  await root.symlinkAt('loop', 'loop');
  same(await open('loop'), 'loop', 'a link to itself');
}
