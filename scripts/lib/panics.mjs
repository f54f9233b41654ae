/**
 * Takes out of a wasm module of Rust's what only panics use. A panic is a fault of ours, and nobody hears what it says where there is
 * no standard error; but texts and places of a thousand of them are a tenth of the file, and name folders of whoever built it.
 *
 * The functions that begin a panic become `unreachable`, which is how a panic ends: so wasm-opt drops what only they use. Places are data
 * that nothing reads then, and become zeros.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { Stop } from './run.mjs';
import { CODE, CUSTOM, DATA, IMPORT, leb, number, section, sections, string } from './wasm.mjs';

/** Functions that do not return, by names as wasm-bindgen demangles them. */
const PANICS = [
  /^core(\[\w+\])?::panicking::/,
  /^core(\[\w+\])?::(option|result)::(unwrap|expect)_failed/,
  /^core(\[\w+\])?::cell::panic_already/,
  /^core(\[\w+\])?::slice::index::slice_index_fail/,
  /^core(\[\w+\])?::str::slice_error_fail/,
  /^alloc(\[\w+\])?::(alloc::handle_alloc_error|raw_vec::(handle_error|capacity_overflow))/,
  /::(remove|swap_remove|insert|split_off|split_at)::assert_failed/,
  /::rust_begin_unwind$/,
];

/** A function without locals. */
const UNREACHABLE = Buffer.from([3, 0, 0, 11]);

/** @param {string} file a module with a name section, written over */
export function withoutPanics(file) {
  rewrite(file, CODE, silenced);
  withoutPlaces(file);
}

/** Only the places, of a module whose panics say nothing. */
export function withoutPlaces(file) {
  rewrite(file, DATA, placeless);
}

function rewrite(file, id, change) {
  const bytes = readFileSync(file);
  const all = sections(bytes);
  const parts = all.map((one) =>
    one.id === id ? section(id, change(bytes, one, all)) : bytes.subarray(one.start, one.end),
  );
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 8), ...parts]));
}

/** Places among the defined functions of those that begin a panic. */
function panicsOf(bytes, all) {
  const imported = importedFunctions(bytes, all);
  const found = new Set();
  for (const [index, name] of namesOf(bytes, all)) {
    if (index >= imported && PANICS.some((pattern) => pattern.test(name))) {
      found.add(index - imported);
    }
  }
  // Rust has one function that every panic with a message goes through: without it the names have changed.
  if (found.size < 10)
    throw new Stop(
      'the functions that begin a panic have other names by now',
      'see scripts/lib/panics.mjs',
    );
  return found;
}

function silenced(bytes, { at }, all) {
  const panics = panicsOf(bytes, all);
  const reader = { bytes, at };
  const count = number(reader);
  const bodies = [Buffer.from(leb(count))];
  for (let index = 0; index < count; index++) {
    const start = reader.at;
    const length = number(reader);
    reader.at += length;
    bodies.push(panics.has(index) ? UNREACHABLE : bytes.subarray(start, reader.at));
  }
  return Buffer.concat(bodies);
}

/** The data section with zeros for places: for each `Location`, which is address and length of a path, line and column, and for the paths. */
function placeless(bytes, { at, end }) {
  const content = Buffer.from(bytes.subarray(at, end));
  const segments = segmentsOf(content);
  const places = [];
  for (const { start, length, address } of segments) {
    // They are aligned.
    for (let i = -address & 3; i + LOCATION <= length; i += 4) {
      const path = pathAt(content, segments, start + i);
      if (path !== undefined) places.push({ start: start + i, end: start + i + LOCATION }, path);
    }
  }
  for (const place of places) content.fill(0, place.start, place.end);
  return content;
}

/** Bytes of `core::panic::Location`, in 32 bits. */
const LOCATION = 16;

/** Where the path of a `Location` at `at` is; undefined when there is no `Location`. */
function pathAt(content, segments, at) {
  const [address, length, line, column] = [0, 4, 8, 12].map((i) => content.readUInt32LE(at + i));
  if (length < 4 || length > 300 || line === 0 || line > 1e5 || column === 0 || column > 1e3)
    return undefined;
  const segment = segments.find(
    (one) => address >= one.address && address + length <= one.address + one.length,
  );
  if (segment === undefined) return undefined;
  const start = segment.start + address - segment.address;
  const end = start + length;
  return /^[\w./+-]+\.rs$/.test(content.toString('latin1', start, end))
    ? { start, end }
    : undefined;
}

/** Where the bytes of each active segment are in the section, and where in memory they go. */
function segmentsOf(content) {
  const reader = { bytes: content, at: 0 };
  return Array.from({ length: number(reader) }, () => {
    // Flags 0, `i32.const`, the address, `end`: what Rust's linker writes.
    if (number(reader) !== 0 || content[reader.at++] !== 0x41)
      throw new Stop('a data segment of another kind');
    const address = number(reader);
    reader.at++;
    const length = number(reader);
    const start = reader.at;
    reader.at += length;
    return { start, length, address };
  });
}

function importedFunctions(bytes, all) {
  const imports = all.find(({ id }) => id === IMPORT);
  if (imports === undefined) return 0;
  const reader = { bytes, at: imports.at };
  let functions = 0;
  for (let left = number(reader); left > 0; left--) {
    string(reader);
    string(reader);
    if (bytes[reader.at++] !== 0) throw new Stop('an import that is no function');
    number(reader);
    functions++;
  }
  return functions;
}

/** Functions' indices and names. */
function* namesOf(bytes, all) {
  for (const { id, at, end } of all) {
    const reader = { bytes, at };
    if (id !== CUSTOM || string(reader) !== 'name') continue;
    while (reader.at < end) {
      const part = bytes[reader.at++];
      const after = number(reader) + reader.at;
      // Subsection 1: functions.
      for (let left = part === 1 ? number(reader) : 0; left > 0; left--) {
        yield [number(reader), string(reader)];
      }
      reader.at = after;
    }
  }
}
