/** Strings in the three encodings. Spec: `load_string_from_range`, `store_string_into_range`. */

import { MAX_STRING_BYTE_LENGTH } from '../../generated/abi.js';
import { show } from '../errors.js';
import { rule } from '../rule.js';
import { trapped } from '../trap.js';
import type { Context } from './context.js';
import { type Conv, Failure } from './conv.js';
import { type Pointers, UTF16_TAG } from './pointers.js';

/** Below this many bytes, ASCII is read and written faster by hand than by the engine's codecs. */
const SHORT = 24;

const utf8 = new TextDecoder('utf-8', { fatal: rule('string-utf8', true), ignoreBOM: true });
const utf16 = new TextDecoder('utf-16le', { fatal: rule('string-utf16', true), ignoreBOM: true });
const encoder = new TextEncoder();
/** Strings of up to a third as many code units are encoded here, to learn their length. */
const scratch = new Uint8Array(6144);

export function string(pointers: Pointers): Conv {
  const { size } = pointers;
  return {
    size: 2 * size,
    align: size,
    count: 2,
    check(_, value) {
      if (typeof value !== 'string') return new Failure(`expected a string, got ${show(value)}`);
      // Three bytes at most for a code unit, whatever the encoding.
      return value.length * 3 > MAX_STRING_BYTE_LENGTH
        ? new Failure('the string is too long', true)
        : undefined;
    },
    load: (cx, at) =>
      liftString(cx, pointers.loadPointer(cx.view, at), pointers.loadLength(cx.view, at + size)),
    store(cx, at, value) {
      const ptr = lowerString(cx, value as string);
      pointers.storePointer(cx.view, at, ptr);
      pointers.storeLength(cx.view, at + size, cx.extent);
    },
    lift: (cx, flat, at) =>
      liftString(cx, pointers.pointer(flat[at]!), pointers.length(flat[at + 1]!)),
    lower(cx, value, flat) {
      const ptr = lowerString(cx, value as string);
      flat.push(pointers.corePointer(ptr), pointers.coreLength(cx.extent));
    },
  };
}

/** Lifts a string; its length has the tag that the encoding may want. */
function liftString(cx: Context, ptr: number, units: number): string {
  switch (cx.encoding) {
    case 'utf8':
      return liftUtf8(cx, ptr, units);
    case 'utf16':
      return liftUtf16(cx, ptr, units);
    case 'latin1+utf16':
      return units >= UTF16_TAG
        ? liftUtf16(cx, ptr, units - UTF16_TAG)
        : liftLatin1(cx, ptr, units);
  }
}

/** Checks the range of a string before it is looked at. */
function range(cx: Context, ptr: number, length: number, align: number): void {
  if (rule('string-length', length > MAX_STRING_BYTE_LENGTH)) {
    throw trapped('too-long', 'a string is too long');
  }
  cx.expect(ptr, length, align);
  cx.spend(length);
}

function liftUtf8(cx: Context, ptr: number, length: number): string {
  range(cx, ptr, length, 1);
  const { bytes } = cx;
  const end = ptr + length;
  if (length <= SHORT) {
    let text = '';
    let i = ptr;
    for (; i < end; i++) {
      const byte = bytes[i]!;
      if (byte > 0x7f) break;
      text += String.fromCharCode(byte);
    }
    if (i === end) return text;
  }
  return decode(utf8, bytes.subarray(ptr, end));
}

function liftUtf16(cx: Context, ptr: number, units: number): string {
  range(cx, ptr, units * 2, 2);
  return decode(utf16, cx.bytes.subarray(ptr, ptr + units * 2));
}

function liftLatin1(cx: Context, ptr: number, length: number): string {
  range(cx, ptr, length, 2);
  let text = '';
  // `TextDecoder('latin1')` is windows-1252. In pieces, since arguments go on the stack.
  for (let at = ptr; at < ptr + length; at += 4096) {
    const piece = cx.bytes.subarray(at, Math.min(at + 4096, ptr + length));
    text += String.fromCharCode.apply(undefined, piece as unknown as number[]);
  }
  return text;
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw trapped('invalid-string', `a string is not valid ${decoder.encoding}`);
  }
}

/** The pointer; the length in code units, tagged as the encoding wants, is left in `cx.extent`. */
function lowerString(cx: Context, text: string): number {
  switch (cx.encoding) {
    case 'utf8':
      return lowerUtf8(cx, text);
    case 'utf16':
      cx.extent = text.length;
      return lowerUtf16(cx, text);
    case 'latin1+utf16':
      if (isLatin1(text)) {
        cx.extent = text.length;
        return lowerBytes(cx, text, 2);
      }
      cx.extent = (text.length | UTF16_TAG) >>> 0;
      return lowerUtf16(cx, text);
  }
}

function lowerUtf8(cx: Context, text: string): number {
  const { length } = text;
  if (length <= SHORT && isAscii(text)) {
    cx.extent = length;
    return lowerBytes(cx, text, 1);
  }
  if (length * 3 <= scratch.length) {
    const { written } = encoder.encodeInto(text, scratch);
    const ptr = cx.alloc(1, written);
    cx.bytes.set(scratch.subarray(0, written), ptr);
    cx.extent = written;
    return ptr;
  }
  return lowerLongUtf8(cx, text);
}

/** As the specification does it: as if it were ASCII, and only then for the worst case. */
function lowerLongUtf8(cx: Context, text: string): number {
  const { length } = text;
  let ptr = cx.alloc(1, length);
  const first = encoder.encodeInto(text, cx.bytes.subarray(ptr, ptr + length));
  let size = first.written;
  if (first.read < length) {
    const worst = size + (length - first.read) * 3;
    ptr = cx.realloc(ptr, length, 1, worst);
    const rest = cx.bytes.subarray(ptr + size, ptr + worst);
    size += encoder.encodeInto(text.slice(first.read), rest).written;
    if (size < worst) ptr = cx.realloc(ptr, worst, 1, size);
  }
  cx.extent = size;
  return ptr;
}

function lowerUtf16(cx: Context, text: string): number {
  const { length } = text;
  const ptr = cx.alloc(2, length * 2);
  const { view } = cx;
  for (let i = 0; i < length; i++) {
    let unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdfff) {
      // A lone surrogate becomes U+FFFD, as TextEncoder has it: a guest's strings are well-formed.
      const pair = unit < 0xdc00 ? text.charCodeAt(i + 1) : 0;
      if (pair >= 0xdc00 && pair <= 0xdfff) {
        view.setUint16(ptr + 2 * i++, unit, true);
        unit = pair;
      } else {
        unit = 0xfffd;
      }
    }
    view.setUint16(ptr + 2 * i, unit, true);
  }
  return ptr;
}

/** Each code unit as one byte. */
function lowerBytes(cx: Context, text: string, align: number): number {
  const { length } = text;
  const ptr = cx.alloc(align, length);
  const { bytes } = cx;
  for (let i = 0; i < length; i++) bytes[ptr + i] = text.charCodeAt(i);
  return ptr;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
