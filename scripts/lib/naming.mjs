/**
 * Gives the functions of a wasm module that has no names one name in an engine's stack, so that the host can tell from it in
 * whose code an error struck (`js/host/frames.ts`).
 */

import { readFileSync, writeFileSync } from 'node:fs';

/** Appends a name section: the module is called `module`, each function `func`. It must import no function. */
export function nameAll(file, module, func) {
  const bytes = readFileSync(file);
  const names = [];
  for (let index = 0; index < functionCount(bytes); index++)
    names.push(...leb(index), ...text(func));
  const section = [
    ...text('name'),
    ...part(0, text(module)),
    ...part(1, [...leb(functionCount(bytes)), ...names]),
  ];
  writeFileSync(file, Buffer.concat([bytes, Buffer.from(part(0, section))]));
}

/** How many functions the module defines, which is what the function section begins with. */
function functionCount(bytes) {
  const reader = { bytes, at: 8 };
  while (reader.at < bytes.length) {
    const id = bytes[reader.at++];
    const length = number(reader);
    if (id === 3) return number(reader);
    reader.at += length;
  }
  return 0;
}

function number(reader) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = reader.bytes[reader.at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
}

function leb(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

const text = (string) => [...leb(Buffer.byteLength(string)), ...Buffer.from(string)];
const part = (id, content) => [id, ...leb(content.length), ...content];
