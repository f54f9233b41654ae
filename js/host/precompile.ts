/** Compiles components ahead of time, for `Component.load`. `precompiled.ts` says what the result looks like. */

import { SHIM_ABI, VERSION } from '../generated/abi.js';
import type { Artifact } from './artifact.js';
import { type CompileOptions, checkOptions, compileFor } from './compile.js';
import { compileModules } from './compiled.js';
import { type Header, keyOf, type Packed, SECTION } from './precompiled.js';

/** Takes `bytes` over: nobody else may use them. */
export async function precompileBytes(
  bytes: Uint8Array<ArrayBuffer>,
  options: Omit<CompileOptions, 'multiMemory'>,
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions(options);
  const { artifact, bytes: component } = await compileFor(bytes, options, false);
  // The engine validates the bodies of functions: now, and not when somebody loads the result.
  await compileModules(component, artifact);
  const blobs = new Blobs();
  const everywhere = blobs.pack(artifact);
  // A worker takes what it compiles.
  const copy = component.slice();
  const several = blobs.pack((await compileFor(copy, options, true)).artifact);
  const header: Header = {
    version: VERSION,
    shimAbi: SHIM_ABI,
    features: artifact.features,
    key: await keyOf(component),
    blobs: blobs.all.map(({ length }) => length),
    artifact: everywhere,
    ...(!sameShims(everywhere, several) && { multiMemory: several }),
  };
  return withSection(component, header, blobs.all);
}

/** Bytes that artifacts refer to; equal ones are there once. */
class Blobs {
  readonly all: Uint8Array[] = [];
  readonly #numbers = new Map<string, number>();

  pack(artifact: Artifact): Packed {
    const text = JSON.stringify(artifact, (_, value: unknown) =>
      value instanceof Uint8Array ? { blob: this.#number(value) } : value,
    );
    return JSON.parse(text) as Packed;
  }

  #number(bytes: Uint8Array): number {
    const key = bytes.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(bytes) - 1;
  }
}

function sameShims(a: Packed, b: Packed): boolean {
  const text = (artifact: Packed) => JSON.stringify({ ...artifact, multiMemory: false });
  return text(a) === text(b);
}

/** The component with one more section, in which the header and the blobs are. */
function withSection(
  component: Uint8Array<ArrayBuffer>,
  header: Header,
  blobs: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const [name, text] = [encoder.encode(SECTION), encoder.encode(JSON.stringify(header))];
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length, true);
  const body = [leb128(name.length), name, length, text, ...blobs];
  const size = body.reduce((sum, { length }) => sum + length, 0);
  const pieces = [component, Uint8Array.of(0), leb128(size), ...body];
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A u32 in LEB128. */
function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}
