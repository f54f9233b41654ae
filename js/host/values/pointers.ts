/**
 * Pointers and lengths in memories with 32-bit and with 64-bit addresses. In JS both are plain numbers: a value of 64 bits
 * that no memory can have becomes one that no memory has. Spec: `ptr_type`, `utf16_tag`.
 */

import type { Core } from './conv.js';

/** Marks a length of `latin1+utf16` that counts UTF-16 code units. It stands for bit 63 where lengths have 64 bits. */
export const UTF16_TAG = 0x8000_0000;

export interface Pointers {
  /** Bytes of a pointer, and its alignment. */
  readonly size: number;
  loadPointer(view: DataView, at: number): number;
  loadLength(view: DataView, at: number): number;
  storePointer(view: DataView, at: number, ptr: number): void;
  storeLength(view: DataView, at: number, length: number): void;
  pointer(core: Core): number;
  length(core: Core): number;
  corePointer(ptr: number): Core;
  coreLength(length: number): Core;
}

/** Numbers of 32 bits, as they are. */
export const pointers32: Pointers = {
  size: 4,
  loadPointer: (view, at) => view.getUint32(at, true),
  loadLength: (view, at) => view.getUint32(at, true),
  storePointer: (view, at, ptr) => view.setUint32(at, ptr, true),
  storeLength: (view, at, length) => view.setUint32(at, length, true),
  pointer: (core) => (core as number) >>> 0,
  length: (core) => (core as number) >>> 0,
  corePointer: (ptr) => ptr,
  coreLength: (length) => length,
};

/** Farther than any memory reaches, and exact in its lowest bits. */
const BEYOND = 2 ** 52;
/** Longer than anything may be, with a tag or without. */
const TOO_LONG = 2 ** 52;
const TAG_64 = 1n << 63n;

export const pointers64: Pointers = {
  size: 8,
  loadPointer: (view, at) => toPointer(view.getBigUint64(at, true)),
  loadLength: (view, at) => toLength(view.getBigUint64(at, true)),
  storePointer: (view, at, ptr) => view.setBigUint64(at, BigInt(ptr), true),
  storeLength: (view, at, length) => view.setBigUint64(at, fromLength(length), true),
  pointer: (core) => toPointer(BigInt.asUintN(64, core as bigint)),
  length: (core) => toLength(BigInt.asUintN(64, core as bigint)),
  corePointer: (ptr) => BigInt(ptr),
  coreLength: fromLength,
};

function toPointer(raw: bigint): number {
  // The alignment stays what it is, so that a trap has the right reason.
  return raw < BEYOND ? Number(raw) : BEYOND + Number(raw & 7n);
}

function toLength(raw: bigint): number {
  if (raw < UTF16_TAG) return Number(raw);
  const tagged = raw - TAG_64;
  return tagged >= 0n && tagged < UTF16_TAG ? Number(tagged) + UTF16_TAG : TOO_LONG;
}

function fromLength(length: number): bigint {
  return length < UTF16_TAG ? BigInt(length) : BigInt(length - UTF16_TAG) + TAG_64;
}
