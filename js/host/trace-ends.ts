/** Streams and futures of a trace: who holds which end, by the runtime's numbers. Enters: what the runtime is asked about them. */

import type { Machine } from './machine.js';
import type { Tracer, Untimed } from './trace.js';
import type { Watch } from './trace-runtime.js';

type Side = 'readable' | 'writable';

/** A stream or future, until both its ends are gone. */
class Pipe {
  /** Ends that the host holds. */
  readonly held = new Set<Side>();
  readonly gone = new Set<Side>();
  /** Nobody but who made it has had it. */
  fresh = true;

  constructor(
    readonly id: number,
    readonly kind: 'stream' | 'future',
  ) {}

  get direction(): 'in' | 'out' | 'within' {
    if (this.held.has('writable')) return 'in';
    return this.held.has('readable') ? 'out' : 'within';
  }
}

/** What of an event is not of the pipe. */
type What = Pick<Untimed & { kind: 'stream' }, 'state' | 'count' | 'side' | 'parent'>;

export class TraceEnds {
  /** By the numbers of ends that the host holds. */
  readonly #held: { readonly pipe: Pipe; readonly side: Side }[] = [];
  /** By instance and handle. */
  readonly #owned = new Map<string, Pipe>();
  #copying: Pipe | undefined;

  constructor(
    private readonly machine: Machine,
    private readonly tracer: Tracer,
  ) {}

  copied(): void {
    const count = this.machine.word(this.machine.word(0) === 0 ? 3 : 4);
    if (this.#copying !== undefined) this.#tell(this.#copying, { state: 'copy', count });
  }

  watch(watch: Watch): void {
    for (const kind of ['stream', 'future'] as const) this.#watchGuests(watch, kind);
    this.#watchMoves(watch);
    this.#watchHost(watch);
  }

  #watchGuests(watch: Watch, kind: 'stream' | 'future'): void {
    const owned = (inst: number, h: number) => this.#owned.get(`${inst} ${h}`);
    watch(`${kind}_new`, ([inst], both) => {
      if (both < 0n) return;
      const pipe = this.#made(kind);
      const [readable, writable] = [BigInt.asUintN(32, BigInt(both)), BigInt(both) >> 32n];
      for (const h of [readable, writable]) this.#owned.set(`${inst} ${h}`, pipe);
      this.#begin(pipe);
    });
    for (const operation of ['read', 'write']) {
      watch(
        `${kind}_${operation}`,
        () => {},
        ([inst, , , , , h]) => {
          this.#copying = owned(inst!, h!);
        },
      );
    }
    const drop = (inst: number, h: number, side: Side) => {
      const pipe = owned(inst, h);
      this.#owned.delete(`${inst} ${h}`);
      this.#drop(pipe, side);
    };
    for (const side of ['readable', 'writable'] as const) {
      watch(`${kind}_drop_${side}`, ([inst, , h], done) => {
        if (done >= 0n) drop(inst!, h!, side);
      });
    }
    watch(`${kind}_forward`, ([inst, , readable, writable], done) => {
      if (done < 0n) return;
      drop(inst!, readable!, 'readable');
      drop(inst!, writable!, 'writable');
    });
  }

  /** A readable end goes from one to another. */
  #watchMoves(watch: Watch): void {
    watch('transfer_end', ([from, , h, to], given) => {
      if (given < 0n) return;
      const pipe = this.#take(from!, h!);
      if (pipe === undefined) return;
      this.#owned.set(`${to} ${given}`, pipe);
      this.#pass(pipe);
    });
    watch('lift_end', ([inst, , h], status) => {
      const pipe = status === 0 ? this.#take(inst!, h!) : undefined;
      if (pipe === undefined) return;
      this.#hold(this.machine.word(0), pipe, 'readable');
      this.#pass(pipe);
    });
    watch('lower_end', ([inst, , end], status) => {
      const pipe = this.#held[end!]?.pipe;
      if (pipe === undefined || status !== 0) return;
      delete this.#held[end!];
      pipe.held.delete('readable');
      this.#owned.set(`${inst} ${this.machine.word(0)}`, pipe);
      if (!pipe.fresh) this.#pass(pipe);
      pipe.fresh = false;
    });
  }

  #watchHost(watch: Watch): void {
    watch('ends_new', ([, isFuture], status) => {
      if (status !== 0) return;
      const pipe = this.#made(isFuture === 1 ? 'future' : 'stream');
      this.#hold(this.machine.word(0), pipe, 'readable');
      this.#hold(this.machine.word(1), pipe, 'writable');
      this.#begin(pipe);
    });
    for (const name of ['host_read', 'host_write']) {
      watch(
        name,
        () => {},
        ([end]) => {
          this.#copying = this.#held[end!]?.pipe;
        },
      );
    }
    watch('host_drop', ([end]) => {
      const held = this.#held[end!];
      delete this.#held[end!];
      if (held === undefined) return;
      this.#drop(held.pipe, held.side);
    });
  }

  #made(kind: 'stream' | 'future'): Pipe {
    return new Pipe(this.tracer.next(), kind);
  }

  #begin(pipe: Pipe): void {
    this.#tell(pipe, { state: 'begin', ...this.tracer.parent });
  }

  #hold(end: number, pipe: Pipe, side: Side): void {
    pipe.held.add(side);
    this.#held[end] = { pipe, side };
  }

  #take(inst: number, h: number): Pipe | undefined {
    const pipe = this.#owned.get(`${inst} ${h}`);
    this.#owned.delete(`${inst} ${h}`);
    return pipe;
  }

  #pass(pipe: Pipe): void {
    pipe.fresh = false;
    this.#tell(pipe, { state: 'pass' });
  }

  #drop(pipe: Pipe | undefined, side: Side): void {
    if (pipe === undefined) return;
    pipe.gone.add(side);
    this.#tell(pipe, { state: 'drop', side });
    if (pipe.gone.size === 2) this.#tell(pipe, { state: 'end' });
  }

  #tell({ id, kind, direction }: Pipe, what: What): void {
    this.tracer.tell({ id, kind, direction, ...what });
  }
}
