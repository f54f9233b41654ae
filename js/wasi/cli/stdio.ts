/** The three standard streams of a component, wherever they come from or go to. */

import type { InputSource, OutputSink, WasiOptions } from '../options.js';
import type { Input, Output, WasiPlatform } from '../platform.js';
import { SharedInput } from './input.js';

export interface Stdio {
  readonly stdin: SharedInput;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** Opens what the options name. The process's own streams are touched when they are first used. */
export function openStdio(platform: WasiPlatform, options: WasiOptions): Stdio {
  const { stdin, stdout, stderr, terminals = {} } = options;
  return {
    stdin: new SharedInput(
      stdin === 'inherit' ? () => platform.stdin() : () => inputFrom(stdin ?? ''),
      terminals.stdin,
    ),
    stdout: outputOf(stdout, () => platform.stdout(), terminals.stdout),
    stderr: outputOf(stderr, () => platform.stderr(), terminals.stderr),
  };
}

/** An input of what a program passed. */
function inputFrom(source: InputSource): Input {
  if (typeof source === 'string') return fixed(new TextEncoder().encode(source));
  if (source instanceof Uint8Array) return fixed(source);
  if (source instanceof Blob) return inputFrom(source.stream());
  if (source instanceof ReadableStream) {
    const reader = source.getReader();
    return {
      isTerminal: false,
      next: () => reader.read().then((r) => (r.done ? undefined : r.value)),
    };
  }
  if (Symbol.asyncIterator in source) {
    const items = source[Symbol.asyncIterator]();
    return {
      isTerminal: false,
      next: () => items.next().then((r) => (r.done ? undefined : r.value)),
    };
  }
  const items = source[Symbol.iterator]();
  return {
    isTerminal: false,
    next() {
      const item = items.next();
      return item.done ? undefined : item.value;
    },
  };
}

function fixed(bytes: Uint8Array): Input {
  let rest: Uint8Array | undefined = bytes.length > 0 ? bytes : undefined;
  return {
    isTerminal: false,
    next() {
      const chunk = rest;
      rest = undefined;
      return chunk;
    },
  };
}

function outputOf(
  sink: 'inherit' | OutputSink | undefined,
  inherited: () => Output,
  terminal: boolean | undefined,
): Output {
  if (sink === 'inherit') {
    let opened: Output | undefined;
    const open = () => {
      opened ??= inherited();
      return opened;
    };
    return {
      write: (chunk) => open().write(chunk),
      flush: () => open().flush?.(),
      get isTerminal() {
        return terminal ?? open().isTerminal;
      },
    };
  }
  const isTerminal = terminal ?? false;
  if (sink === undefined) return { isTerminal, write: () => undefined };
  if (typeof sink === 'function') {
    // An arrow function may return what its author did not mean to.
    return { isTerminal, write: (chunk) => promiseOf(sink(chunk)) };
  }
  return { isTerminal, write: (chunk) => writerOf(sink).write(chunk) };
}

function promiseOf(value: unknown): PromiseLike<unknown> | undefined {
  const thenable = typeof value === 'object' && value !== null && 'then' in value;
  return thenable ? (value as PromiseLike<unknown>) : undefined;
}

/** A stream has one writer, and may be both stdout and stderr, of several components. */
function writerOf(stream: WritableStream<Uint8Array>): WritableStreamDefaultWriter<Uint8Array> {
  let writer = writers.get(stream);
  if (writer === undefined) {
    writer = stream.getWriter();
    writers.set(stream, writer);
  }
  return writer;
}

const writers = new WeakMap<WritableStream<Uint8Array>, WritableStreamDefaultWriter<Uint8Array>>();
