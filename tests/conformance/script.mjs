/**
 * Runs one converted `.wast` script. Knows no platform: the caller gives tidegate and a way to load binaries.
 *
 * Every directive yields one outcome. A script goes on after a failed directive, as later ones are about other components
 * more often than not; those that are about what has failed have failed because of it, and say so.
 *
 * @typedef {object} Outcome
 * @property {number} line
 * @property {string} type of the directive
 * @property {boolean} ok
 * @property {string} [why] it failed
 * @property {number} [because] line of the directive whose failure made this one impossible
 */

import { assertRefused, assertTrap, assertUnlinkable, show } from './assertions.mjs';
import { callCore, coreMatches, instantiateCore, isCore } from './core.mjs';
import { featuresOf } from './features.mjs';
import { hostImports } from './host.mjs';
import { underSeeds } from './seeds.mjs';
import { camel, matches, toJs } from './values.mjs';

/** No directive takes this long; one that hangs has failed. */
export const DIRECTIVE_MS = 10_000;

/** How a script is run once more, by the names of its header `;; also: …`. */
const WAYS = {
  /** Shim modules as they are for engines that allow a module one memory only. */
  'one-memory': { multiMemory: false },
  /** Compiled ahead of time. */
  precompiled: { ahead: true },
};

/** So that a leak of tasks or handles shows: no script has as many at a time. */
const LIMITS = { maxTasks: 256, maxHandles: 4096 };

/**
 * @param {object} script the JSON of one script, as `tidegate-xtask wast` writes it
 * @param {object} world
 * @param {(file: string) => Promise<Uint8Array>} world.load reads a binary that lies beside it
 * @param {object} world.tidegate the package
 * @param {(line: number) => void} [world.beat] told before each directive
 * @param {readonly string[]} [seeds] of the order in which tasks run: once for each; without, once, first in first out
 * @returns {Promise<Outcome[]>}
 */
export async function runScript(script, { load, tidegate, beat = () => {} }, seeds) {
  const features = featuresOf(script);
  const outcomes = [];
  for (const way of [{}, ...(script.also ?? []).map((name) => WAYS[name])]) {
    const compile = compiler(load, tidegate, { ...features, ...way });
    const once = (policy) => new Runner(compile, tidegate, beat, policy).all(script.commands);
    outcomes.push(
      ...(await (seeds === undefined ? once('fifo') : underSeeds(seeds, (seed) => once({ seed })))),
    );
  }
  return outcomes;
}

/** Compiles a binary of the script, each once. */
function compiler(load, tidegate, { ahead = false, ...options }) {
  const compiled = new Map();
  const compile = async (file) => {
    const bytes = await load(file);
    if (isCore(bytes)) return WebAssembly.compile(bytes);
    if (!ahead) return tidegate.Component.compile(bytes, options);
    return tidegate.Component.load(await tidegate.precompile(bytes, options), options);
  };
  return (file) => {
    if (!compiled.has(file)) compiled.set(file, compile(file));
    return compiled.get(file);
  };
}

/** A directive that cannot be tried, since what it is about has failed before. */
class Blocked extends Error {
  constructor(line) {
    super(`the directive on line ${line} has failed`);
    this.line = line;
  }
}

class Runner {
  #compiler;
  #tidegate;
  #beat;
  #policy;
  /** Instances by their names in the script; here and in the next two, a `Blocked` stands for one that could not be made. */
  #instances = new Map();
  #definitions = new Map();
  #current = new Error('there is no instance yet');
  /** What later components import by name. */
  #registered = new Map();
  #threads = new Map();

  constructor(compiler, tidegate, beat, policy) {
    this.#compiler = compiler;
    this.#tidegate = tidegate;
    this.#beat = beat;
    this.#policy = policy;
  }

  async all(commands) {
    const outcomes = [];
    for (const command of commands) {
      const { line, type } = command;
      const outcome = { line, type, ok: true };
      outcomes.push(outcome);
      this.#beat(line);
      try {
        const done = this.#run(command);
        // Nothing waits for what is over at once: so no turn of a store comes between it and the next directive.
        const inner = done instanceof Promise ? await within(done) : done;
        outcomes.push(...(inner ?? []));
      } catch (error) {
        outcome.ok = false;
        outcome.why = describe(error);
        const blocked = error instanceof Blocked ? error : new Blocked(line);
        if (error instanceof Blocked) outcome.because = error.line;
        this.#fail(command, blocked);
      }
    }
    return outcomes;
  }

  /** What the directive would have made is not there. */
  #fail(command, blocked) {
    switch (command.type) {
      case 'unparsed':
        // A definition or an instance, whose name is not known.
        if (command.form !== 'component' && command.form !== 'module') return;
        this.#current = blocked;
        this.#definitions.set(undefined, blocked);
        return;
      case 'module':
        this.#made(command.name, blocked);
        return;
      case 'module_definition':
        this.#definitions.set(command.name, blocked);
        return;
      case 'module_instance':
        this.#made(command.instance, blocked);
    }
  }

  #made(name, instance) {
    this.#current = instance;
    if (name === undefined) return;
    this.#instances.set(name, instance);
    this.#registered.set(name, instance);
  }

  /** Outcomes of the directives inside of the directive, if it has some; a promise unless a plain call is all that there is to do. */
  #run(command) {
    switch (command.type) {
      case 'action':
        return this.#perform(command.action, () => {});
      case 'assert_return':
        return this.#perform(command.action, (result) => check(result, command.expected));
      default:
        return this.#runLater(command);
    }
  }

  async #runLater(command) {
    switch (command.type) {
      case 'module':
        this.#made(command.name, await this.#instantiate(await this.#compile(command)));
        return;
      case 'module_definition':
        this.#definitions.set(command.name, await this.#compile(command));
        return;
      case 'module_instance':
        this.#made(command.instance, await this.#instantiate(this.#definition(command.module)));
        return;
      case 'register':
        this.#registered.set(command.as, this.#instance(command.name));
        return;
      case 'assert_trap':
      case 'assert_exhaustion':
      case 'assert_suspension':
        return assertTrap(this.#tidegate, command.text, () => this.#perform(command.action));
      case 'assert_exception':
        return assertTrap(this.#tidegate, 'uncaught exception', () =>
          this.#perform(command.action),
        );
      case 'assert_uninstantiable': {
        const component = await this.#compile(command);
        return assertTrap(this.#tidegate, command.text, () => this.#instantiate(component));
      }
      case 'assert_invalid':
      case 'assert_malformed':
      case 'assert_invalid_custom':
      case 'assert_malformed_custom':
        // A text that the parser of the text format refuses never becomes a binary for us.
        if (command.module_type === 'text' && command.binary_filename === undefined) return;
        return assertRefused(this.#tidegate, command.text, () => this.#compile(command));
      case 'assert_unlinkable': {
        const component = await this.#compile(command);
        const act = () => this.#instantiate(component);
        return assertUnlinkable(this.#tidegate, command.text, act);
      }
      case 'thread':
        return this.#startThread(command);
      case 'wait':
        return this.#threads.get(command.thread);
      case 'unparsed':
        throw new Error(command.text);
      default:
        throw new Error(`directive ${command.type} is not known to the runner`);
    }
  }

  async #compile({ module_type: kind, filename, binary_filename: binary }) {
    if (kind === 'text' && binary === undefined) throw new Error('its text does not parse');
    return this.#compiler(binary ?? filename);
  }

  async #instantiate(component) {
    if (component instanceof WebAssembly.Module)
      return instantiateCore(component, this.#registered);
    const imports = hostImports();
    for (const [name, instance] of this.#registered) {
      if (instance.exports !== undefined) imports[name] = instance.exports;
    }
    const options = { deadlock: 'error', limits: LIMITS, policy: this.#policy };
    const store = new this.#tidegate.Store(options);
    const { exports } = await component.instantiate(imports, { store });
    return { exports, items: component.describe().exports, store };
  }

  #definition(name) {
    return there(
      this.#definitions.get(name) ?? this.#definitions.get(undefined),
      'component',
      name,
    );
  }

  #instance(name) {
    return there(name === undefined ? this.#current : this.#instances.get(name), 'instance', name);
  }

  /** Calls a function or reads a global; what `then` makes of its result and what the component says of it. */
  #perform({ type, module, field, args }, then = (result) => result) {
    const { exports, items, store, core } = this.#instance(module);
    if (type === 'get') return then({ value: exports[field].value, core: true });
    if (core) {
      return then({ value: callCore(exports[field], args, this.#tidegate.ComponentTrap), core });
    }
    const func = items.find(({ kind, name }) => kind === 'func' && name === field);
    const call = exports[camel(field)];
    if (func === undefined || typeof call !== 'function') throw new Error(`no function ${field}`);
    if (func.params.length !== args.length) throw new Error(`${field} has other parameters`);
    const values = func.params.map((param, i) => toJs(param.type, args[i]));
    const { async, result } = func;
    const called = this.#call(result, () => (call.promise ?? call)(...values));
    if (!(called instanceof Promise)) return then(called);
    return called.then(async (result) => {
      // A task of an async function goes on after it has returned: what it does at once belongs to the call.
      if (async) await turn();
      if (async && store.trap !== undefined) throw store.trap;
      return then(result);
    });
  }

  /** The result in the form that nested results have, too; a promise of it where the call gives one. */
  #call(type, call) {
    const wrap = (val) => ({ type, value: type?.kind === 'result' ? { tag: 'ok', val } : val });
    const unwrap = (error) => {
      if (!(error instanceof this.#tidegate.ComponentError)) throw error;
      return { type, value: { tag: 'err', val: error.payload } };
    };
    try {
      const value = call();
      return value instanceof Promise ? value.then(wrap, unwrap) : wrap(value);
    } catch (error) {
      return unwrap(error);
    }
  }

  /** Runs the directives of a thread beside those that follow it. */
  #startThread({ name, shared_module: shared, commands }) {
    const other = new Runner(this.#compiler, this.#tidegate, this.#beat, this.#policy);
    if (shared !== undefined) other.#instances.set(shared, this.#instance(shared));
    this.#threads.set(name, other.all(commands));
  }
}

function check({ type, value, core }, expected) {
  const ok = core
    ? coreMatches(expected, value)
    : expected.length === (type === undefined ? 0 : 1) &&
      expected.every((constant) => matches(type, constant, value));
  if (!ok) throw new Error(`wanted ${JSON.stringify(expected)}, got ${show(value)}`);
}

function there(found, what, name) {
  if (found instanceof Error) throw found;
  if (found === undefined) throw new Error(`no ${what} ${name ?? ''}`);
  return found;
}

/** Until microtasks and what the host has queued by now have run. */
function turn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function within(promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    const late = () => reject(new Error(`no end within ${DIRECTIVE_MS} ms`));
    timer = setTimeout(late, DIRECTIVE_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

const describe = (error) => `${error?.name ?? 'Error'}: ${error?.message ?? error}`;
