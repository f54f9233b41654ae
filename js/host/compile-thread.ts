/**
 * The compiler in a worker: our side. One worker serves all who compile at the same time, and ends with the last of them.
 *
 * The worker gets the compiler's module and answers `ready`; only then are bytes transferred, because what a worker that never
 * starts was given is lost. One that cannot be started is not tried again: its absence is no error.
 */

import type { Feature, ShippedFeature } from '../generated/abi.js';
import type { Artifact } from './artifact.js';
import { TidegateFault } from './errors.js';
import { platform, wasmModule } from './platform.js';

/** What the worker is told: the compiler's module at first, then this. */
export interface Order extends Settings {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What the compiler is told beside the bytes. */
export interface Settings {
  readonly features: Feature[];
  readonly without: ShippedFeature[];
  /** Of `bounds`. */
  readonly bounds: Float64Array;
  /** Shim modules may have several memories. */
  readonly multiMemory: boolean;
}

/** What the worker answers: `ready` at first, then this, with the bytes given back. */
export type Answer = Order & ({ readonly artifact: Artifact } | { readonly error: unknown });

/** Compiles in a worker; undefined, with `bytes` untouched, when there is none. */
export async function compileAside(
  bytes: Uint8Array<ArrayBuffer>,
  settings: Settings,
): Promise<Answer | undefined> {
  if (unavailable) return undefined;
  const module = await wasmModule('compiler');
  current ??= CompileThread.start(module);
  if (current !== undefined) return current.compile(bytes, settings);
  unavailable = true;
  return undefined;
}

let current: CompileThread | undefined;
let unavailable = false;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

class CompileThread {
  /** False when the worker cannot be started. */
  readonly #ready: Promise<boolean>;
  readonly #waiting = new Map<number, Waiting>();
  #users = 0;
  #last = 0;

  /** Undefined where there are no workers, or not for us. */
  static start(module: WebAssembly.Module): CompileThread | undefined {
    try {
      const worker = platform().compileWorker?.();
      return worker && new CompileThread(worker, module);
    } catch {
      return undefined;
    }
  }

  private constructor(
    private readonly worker: Worker,
    module: WebAssembly.Module,
  ) {
    this.#ready = new Promise((resolve) => {
      worker.onmessage = () => {
        worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#answered(data);
        worker.onerror = (event) => this.#died(event);
        resolve(true);
      };
      worker.onerror = (event) => {
        // It is on nobody's account: the compiler runs in place.
        event.preventDefault();
        unavailable = true;
        resolve(false);
      };
    });
    worker.postMessage(module);
  }

  async compile(bytes: Uint8Array<ArrayBuffer>, settings: Settings): Promise<Answer | undefined> {
    this.#users++;
    try {
      if (!(await this.#ready)) return undefined;
      return await new Promise<Answer>((resolve, reject) => {
        const id = ++this.#last;
        this.#waiting.set(id, { resolve, reject });
        this.worker.postMessage({ ...settings, id, bytes } satisfies Order, [bytes.buffer]);
      });
    } finally {
      if (--this.#users === 0) this.#end();
    }
  }

  #answered(answer: Answer): void {
    this.#waiting.get(answer.id)?.resolve(answer);
    this.#waiting.delete(answer.id);
  }

  /** Not by an error of the compiler, which would be an answer: out of memory, perhaps. */
  #died(event: ErrorEvent): void {
    event.preventDefault();
    const fault = new TidegateFault(`the worker that compiles has died: ${event.message}`);
    for (const { reject } of this.#waiting.values()) reject(fault);
    this.#waiting.clear();
    this.#end();
  }

  #end(): void {
    this.worker.terminate();
    if (current === this) current = undefined;
  }
}
