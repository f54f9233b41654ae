/** As much of WebAssembly's binary format as the build has to read and write. */

/** Ids of sections. Spec: "Modules", in the binary format. */
export const CUSTOM = 0;
export const IMPORT = 2;
export const FUNCTION = 3;
export const CODE = 10;
export const DATA = 11;

/** A module's sections in order: where each begins, where its content is, what comes after. */
export function sections(bytes) {
  const all = [];
  const reader = { bytes, at: 8 };
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = bytes[reader.at++];
    const length = number(reader);
    all.push({ id, start, at: reader.at, end: reader.at + length });
    reader.at += length;
  }
  return all;
}

/** An unsigned number in LEB128. */
export function number(reader) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = reader.bytes[reader.at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
}

/** A name. */
export function string(reader) {
  const length = number(reader);
  reader.at += length;
  return reader.bytes.toString('utf8', reader.at - length, reader.at);
}

export function leb(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

export const text = (value) => [...leb(Buffer.byteLength(value)), ...Buffer.from(value)];

/** A section, or a part of one. */
export function section(id, content) {
  return Buffer.concat([Buffer.from([id, ...leb(content.length)]), Buffer.from(content)]);
}
