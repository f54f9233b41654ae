/** The three standard streams of a component, wherever they come from or go to. */

import type { InputSource, OutputSink, WasiOptions } from '../options.js';
import type { Input, Output, WasiPlatform } from '../platform.js';

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

/** A stdin that several readers of a component share, each chunk going to one of them. */
export class SharedInput implements Input {
  readonly #open: () => Input;
  readonly #terminal: boolean | undefined;
  #input: Input | undefined;
  /** What a reader has left. */
  #rest: Uint8Array | undefined;

  constructor(open: () => Input, terminal: boolean | undefined) {
    this.#open = open;
    this.#terminal = terminal;
  }

  get isTerminal(): boolean {
    return this.#terminal ?? this.#opened().isTerminal;
  }

  next(): Uint8Array | undefined | PromiseLike<Uint8Array | undefined> {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest ?? this.#opened().next();
  }

  /** Gives back what was read and not used: the next reader gets it. */
  unread(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#rest = chunk;
  }

  #opened(): Input {
    this.#input ??= this.#open();
    return this.#input;
  }
}

/**
 * Chunks until the end or an error, which `finish` is told of; stopping early, also before the first chunk, is an end.
 * (A generator would not do: it does not run at all when it is stopped before it began.)
 */
export function readChunks(
  input: Input,
  finish: (error?: unknown) => void,
): AsyncIterableIterator<Uint8Array, undefined> {
  const done = { done: true, value: undefined } as const;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const value = await input.next();
        if (value !== undefined) return { done: false, value };
        finish();
      } catch (error) {
        finish(error ?? new Error('reading failed'));
      }
      return done;
    },
    async return() {
      finish();
      return done;
    },
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
      get isTerminal() {
        return terminal ?? open().isTerminal;
      },
    };
  }
  const isTerminal = terminal ?? false;
  if (sink === undefined) return { isTerminal, write: () => {} };
  if (typeof sink === 'function') return { isTerminal, write: sink };
  let writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  return {
    isTerminal,
    write(chunk) {
      writer ??= sink.getWriter();
      return writer.write(chunk);
    },
  };
}
