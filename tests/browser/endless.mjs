/** A command that loops for ever, as bytes: nothing that it calls could stop it. */

const section = (id, ...content) => [id, content.length, ...content];
const text = (value) => [value.length, ...new TextEncoder().encode(value)];

/** `(module (func (export "f") (loop br 0)))` */
const MODULE = [
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...section(1, 1, 0x60, 0, 0),
  ...section(3, 1, 0),
  ...section(7, 1, ...text('f'), 0, 0),
  ...section(10, 1, 7, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b),
];

/** Lifts it to `run`, a function without parameters and results. Spec: `Binary.md`. */
export const ENDLESS = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00],
  ...section(1, ...MODULE),
  ...section(2, 1, 0x00, 0, 0),
  ...section(6, 1, 0x00, 0x00, 0x01, 0, ...text('f')),
  ...section(7, 1, 0x40, 0, 0x01, 0x00),
  ...section(8, 1, 0x00, 0x00, 0, 0, 0),
  ...section(5, 1, 0x01, 1, 0x00, ...text('run'), 0x01, 0),
  ...section(11, 1, 0x00, ...text('wasi:cli/run@0.3.0'), 0x05, 0, 0x00),
]);
