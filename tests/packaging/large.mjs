/**
 * A component of more than a megabyte that takes its time to compile, as much of it as the compiler looks at: a core module
 * with tens of thousands of exported functions.
 */

/** Spec: `Binary.md` of the Component Model, the section of core modules; the core specification's for what is in it. */
export function largeComponent(functions = 40_000) {
  const bodies = [];
  const exports = [];
  for (let i = 0; i < functions; i++) {
    exports.push(...text(`an-exported-function-with-a-name-${i}`), 0x00, ...leb(i));
    bodies.push(0x02, 0x00, 0x0b);
  }
  const count = leb(functions);
  const module = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x01, 0x60, 0x00, 0x00]),
    ...section(3, [...count, ...Array(functions).fill(0)]),
    ...section(7, count.concat(exports)),
    ...section(10, count.concat(bodies)),
  ];
  const preamble = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
  return Uint8Array.from(preamble.concat(section(1, module)));
}

function leb(number) {
  let rest = number;
  const bytes = [];
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

function text(value) {
  return [...leb(value.length), ...new TextEncoder().encode(value)];
}

function section(id, content) {
  return [id, ...leb(content.length)].concat(content);
}
