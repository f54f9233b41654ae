/**
 * What a trace learns from what the runtime is asked: when tasks enter, how guests call each other, and what becomes of streams and
 * futures, also of those that never come to JavaScript. The runtime does not know of it: its exports are wrapped while somebody
 * listens, and its answers are read. Names and meanings are those of ARCHITECTURE.md, "Runtime exports".
 */

import type { Machine } from './machine.js';
import type { Tracer } from './trace.js';
import { TraceEnds } from './trace-ends.js';

/** A call whose task or subtask the runtime has. */
interface Traced {
  readonly id: number;
  readonly name: string;
}

/** What the runtime answers: a status, or a step. */
export type Answer = number | bigint;
type Function = (...args: number[]) => Answer;
/** Looks at a call of the runtime: before, and what was answered. */
export type Look = (args: readonly number[], answer: Answer) => void;
export type Watch = (name: string, after: Look, before?: (args: readonly number[]) => void) => void;

/** Spec: `Subtask.State.CANCELLED_BEFORE_STARTED`. */
const CANCELLED_BEFORE_STARTED = 3;
/** A subtask's state in what its caller gets; the rest is its handle. */
const STATE_BITS = 4;

export class RuntimeWatch {
  /** Calls of JS, by the runtime's numbers of tasks; those of guests, of subtasks. Numbers are used again. */
  readonly #tasks: (Traced | undefined)[] = [];
  readonly #subtasks: (Traced | undefined)[] = [];
  /** Call sites: the caller's instance, and the function. */
  readonly #sites: (readonly [caller: number, func: number])[] = [];
  /** Calls of guests that have not ended, by ids, with their callers. */
  readonly #open = new Map<number, number>();
  /** Those whose caller has a handle. */
  readonly #handles = new Map<string, Traced>();
  /** Those that wait, on the caller's stack, to enter; and those that begin on a stack of their own. */
  readonly #entering = new Map<number, Traced>();
  readonly #spawning = new Map<number, Traced>();
  readonly #ends: TraceEnds;

  constructor(
    private readonly machine: Machine,
    private readonly tracer: Tracer,
  ) {
    this.#ends = new TraceEnds(machine, tracer);
  }

  exports(runtime: WebAssembly.Exports): WebAssembly.Exports {
    const watched: WebAssembly.Exports = { ...runtime };
    const watch: Watch = (name, after, before) => {
      const call = runtime[name] as Function;
      watched[name] = (...args: number[]) => {
        before?.(args);
        const answer = call(...args);
        after(args, answer);
        return answer;
      };
    };
    this.#watchTasks(watch);
    this.#watchCalls(watch);
    this.#watchCancels(watch);
    this.#ends.watch(watch);
    return watched;
  }

  /** The copy that the last operation on an end has led to. */
  copied(): void {
    this.#ends.copied();
  }

  #watchTasks(watch: Watch): void {
    watch('task_new', (_, task) => {
      const { top } = this.tracer;
      this.#tasks[Number(task)] = top && { id: top.id, name: top.name };
    });
    watch('task_enter', ([task], entered) => {
      if (entered === 1) this.#started(this.#tasks[task!]);
    });
    for (const name of ['thread_new', 'thread_new64']) {
      watch(name, (_, made) => {
        const { current } = this.tracer;
        if (current !== undefined && made >= 0n) {
          this.tracer.works(Number(BigInt(made) >> 32n), current);
        }
      });
    }
  }

  /** Calls between guests. */
  #watchCalls(watch: Watch): void {
    const { machine } = this;
    watch('guest_site_new', ([caller, , , , , , , func], site) => {
      this.#sites[Number(site)] = [caller!, func!];
    });
    let called: Traced | undefined;
    watch(
      'guest_call',
      (_, entered) => {
        const call = called!;
        const [how, subtask] = halves(entered);
        this.#subtasks[entered < 0n ? machine.word(0) : subtask] = call;
        if (entered < 0n) this.#entering.set(operand(entered), call);
        else if (how === 0) this.#started(call);
      },
      ([site]) => {
        called = this.#begun(site!);
      },
    );
    watch('resumed', ([thread], answer) => {
      const call = this.#entering.get(thread!);
      if (call === undefined || answer < 0n) return;
      this.#entering.delete(thread!);
      if (halves(answer)[0] === 0) this.#started(call);
    });
    watch('guest_started', ([subtask]) => this.#started(this.#subtasks[subtask!]));
    watch('guest_returned', ([subtask]) => this.#ended(this.#subtasks[subtask!], undefined));
    watch('task_return', (_, answer) => {
      if (answer > 0n) this.#ended(this.#subtasks[halves(answer)[1]], undefined);
    });
    const goesOn: Look = ([subtask], packed) => this.#goesOn(this.#subtasks[subtask!], packed);
    watch('guest_wait', goesOn);
    watch('guest_leave', goesOn);
    watch('guest_spawn', ([subtask], action) => {
      const call = this.#subtasks[subtask!];
      if (call !== undefined) this.#spawning.set(operand(action), call);
    });
    watch('spawned', ([thread], packed) => {
      this.#goesOn(this.#spawning.get(thread!), packed);
      this.#spawning.delete(thread!);
    });
  }

  #watchCancels(watch: Watch): void {
    watch(
      'task_request_cancellation',
      () => {},
      ([task]) => this.#cancelled(this.#tasks[task!]),
    );
    watch(
      'subtask_cancel',
      ([inst, , h], state) => {
        const call = this.#handles.get(`${inst} ${h}`);
        if (Number(state) === CANCELLED_BEFORE_STARTED) this.#ended(call, 'cancelled');
      },
      ([inst, , h]) => this.#cancelled(this.#handles.get(`${inst} ${h}`)),
    );
    watch('task_cancel', (_, answer) => {
      const id = this.tracer.current;
      const call = this.#subtasks.find((one) => one?.id === id);
      if (answer >= 0) this.#ended(call, 'cancelled');
    });
    watch('subtask_drop', ([inst, h]) => this.#handles.delete(`${inst} ${h}`));
  }

  #begun(site: number): Traced {
    const [caller, func] = this.#sites[site]!;
    const name = this.machine.blame.called(func)?.where ?? `function ${func}`;
    const call = { id: this.tracer.next(), name };
    this.#open.set(call.id, caller);
    this.tracer.tell({ kind: 'call', ...call, state: 'begin', ...this.tracer.parent });
    return call;
  }

  /** The current thread is that of a call that has entered. */
  #started(call: Traced | undefined): void {
    if (call === undefined) return;
    this.tracer.works(this.machine.trail.thread, call.id);
    this.tracer.tell({ kind: 'call', ...call, state: 'start' });
  }

  /** The caller goes on with what it gets; a handle, when the call has not returned. */
  #goesOn(call: Traced | undefined, packed: Answer): void {
    const caller = call && this.#open.get(call.id);
    if (call === undefined || caller === undefined || packed < 0) return;
    const handle = Number(packed) >>> STATE_BITS;
    if (handle === 0) return;
    this.#handles.set(`${caller} ${handle}`, call);
    this.tracer.tell({ kind: 'call', ...call, state: 'wait' });
  }

  #cancelled(call: Traced | undefined): void {
    if (call !== undefined) this.tracer.tell({ kind: 'call', ...call, state: 'cancel' });
  }

  #ended(call: Traced | undefined, error: string | undefined): void {
    if (call === undefined || !this.#open.delete(call.id)) return;
    if (error === undefined) this.tracer.tell({ kind: 'call', ...call, state: 'end' });
    else this.tracer.tell({ kind: 'call', ...call, state: 'fail', error });
  }
}

/** The two numbers of a value. */
function halves(value: Answer): [number, number] {
  const bits = BigInt(value);
  return [Number(bits & 0xffff_ffffn), Number(bits >> 32n)];
}

/** Which thread, end or call an action is about. */
function operand(action: Answer): number {
  return Number(BigInt.asUintN(32, BigInt(action)));
}
