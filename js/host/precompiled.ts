/**
 * Components compiled ahead of time: the component's own bytes, and behind them a custom section with what the compiler made
 * of them, so that the file is still the component for everybody else. Enters: such a file, trusted as code is. Leaves: its
 * artifact, as if it had been compiled here. `precompile.ts` writes them.
 *
 * The section holds a u32, the length of the header in bytes; the header in JSON; then the blobs that it refers to.
 */

import { FEATURES, type Feature, SHIM_ABI, VERSION } from '../generated/abi.js';
import type { Artifact } from './artifact.js';
import { multiMemory } from './engine.js';
import { ComponentCompileError, show } from './errors.js';
import { checkFeatures } from './features.js';
import { Reader } from './reader.js';

/** How precompiled components are loaded. */
export interface LoadOptions {
  /** Gated features that the component may use: see `CompileOptions`. */
  readonly features?: readonly Feature[];
}

/** What the section begins with. */
export interface Header {
  readonly version: string;
  readonly shimAbi: number;
  readonly features: readonly Feature[];
  /** The component in front of the section: see `keyOf`. */
  readonly key: string;
  /** Lengths of the blobs, in order. */
  readonly blobs: readonly number[];
  /** The artifact for every engine. */
  readonly artifact: Packed;
  /** The artifact for engines that allow a module several memories, where it is another one. */
  readonly multiMemory?: Packed;
}

/** An artifact with `{ blob: number }` in place of bytes. */
export type Packed = object;

/** The custom section's name. */
export const SECTION = 'tidegate:precompiled';

/** @throws ComponentCompileError when there is no such section, or when it is not for these bytes, this tidegate or these features. */
export async function readPrecompiled(
  bytes: Uint8Array<ArrayBuffer>,
  { features = [] }: LoadOptions,
): Promise<Artifact> {
  checkFeatures('features', features, FEATURES);
  const { start, contents } = findSection(bytes);
  const { header, blobs } = readSection(contents);
  const { version, shimAbi } = header;
  if (version !== VERSION || shimAbi !== SHIM_ABI) {
    throw stale(
      `it was made by tidegate ${version} (shim ABI ${shimAbi}), and this is ${VERSION} (shim ABI ${SHIM_ABI})`,
    );
  }
  if (!sameKey(header.key, await keyOf(bytes.subarray(0, start)))) {
    throw stale('the component in it has changed since');
  }
  const feature = header.features.find((feature) => !features.includes(feature));
  if (feature !== undefined) {
    throw new ComponentCompileError(
      `the component was precompiled with the gated feature ${feature}: pass { features: [${show(feature)}] }`,
      { code: 'gated', feature },
    );
  }
  return unpacked((multiMemory() && header.multiMemory) || header.artifact, blobs);
}

/** Whether there is such a section, whatever is in it. */
export function isPrecompiled(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    findSection(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * What tells a component from others: its length, and its SHA-256 in hexadecimal digits where the platform computes one; pages
 * without a secure context do not.
 */
export async function keyOf(component: Uint8Array<ArrayBuffer>): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return `${component.length}`;
  const digest = new Uint8Array(await subtle.digest('SHA-256', component));
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'));
  return `${component.length} ${digits.join('')}`;
}

/** As much of two keys as both have is the same. */
function sameKey(a: string, b: string): boolean {
  const [length, digest] = a.split(' ');
  const [otherLength, otherDigest] = b.split(' ');
  return (
    length === otherLength &&
    (digest === otherDigest || digest === undefined || otherDigest === undefined)
  );
}

/** The last section of the component, with the offset at which it begins. */
function findSection(bytes: Uint8Array<ArrayBuffer>): {
  readonly start: number;
  readonly contents: Uint8Array<ArrayBuffer>;
} {
  let last: { readonly start: number; readonly id: number; readonly body: Uint8Array } | undefined;
  try {
    const reader = new Reader(bytes, PREAMBLE.length);
    while (!reader.done) last = { start: reader.at, id: reader.byte(), body: reader.bytes() };
    if (last?.id === CUSTOM && PREAMBLE.every((byte, i) => byte === bytes[i])) {
      const section = new Reader(last.body);
      if (section.text() === SECTION) {
        return { start: last.start, contents: new Uint8Array(last.body.slice(section.at)) };
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new ComponentCompileError(
    'this is no precompiled component: `tidegate precompile` makes one; Component.compile takes components as they are',
    { code: 'not-precompiled' },
  );
}

function readSection(contents: Uint8Array<ArrayBuffer>): {
  readonly header: Header;
  readonly blobs: readonly Uint8Array<ArrayBuffer>[];
} {
  try {
    const length = new DataView(contents.buffer).getUint32(0, true);
    let at = 4 + length;
    const header = JSON.parse(new TextDecoder().decode(contents.subarray(4, at))) as Header;
    const blobs = header.blobs.map((size) => {
      at += size;
      return contents.subarray(at - size, at);
    });
    if (at !== contents.length) throw new RangeError(`it has ${contents.length} bytes, not ${at}`);
    return { header, blobs };
  } catch (cause) {
    throw new ComponentCompileError('what was precompiled is damaged: precompile it again', {
      code: 'stale',
      cause,
    });
  }
}

function unpacked(packed: Packed, blobs: readonly Uint8Array<ArrayBuffer>[]): Artifact {
  const unpack = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(unpack);
    if ('blob' in value && typeof value.blob === 'number') return blobs[value.blob];
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, unpack(item)]));
  };
  return unpack(packed) as Artifact;
}

function stale(why: string): ComponentCompileError {
  return new ComponentCompileError(`the component has to be precompiled again: ${why}`, {
    code: 'stale',
  });
}

/** Magic number, version and layer of a component. Spec: `Binary.md`. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
/** A custom section's id. */
const CUSTOM = 0;
