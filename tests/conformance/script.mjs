/**
 * Runs one converted `.wast` script. Knows no platform: the caller gives tidegate and a way to load binaries.
 *
 * Every directive yields one outcome, `{ line, type, ok, why? }`. A script goes on after a failed directive, as
 * later ones are about other components more often than not.
 */

import { hostImports } from './host.mjs';
import { codesFor } from './messages.mjs';
import { camel, matches, toJs } from './values.mjs';

const LIMIT_MS = 10_000;

/** The suites are about gated features too. */
const FEATURES = [
  'async-stackful',
  'async-builtins',
  'threading',
  'error-context',
  'fixed-length-lists',
  'memory64',
  'forward',
  'nested-names',
  'canonical-names',
];

/**
 * @param {object} script the JSON of one script
 * @param {(file: string) => Promise<Uint8Array>} load reads a binary that lies beside it
 * @param {object} tidegate the package
 */
export async function runScript(script, load, tidegate) {
  const runner = new Runner(load, tidegate);
  const outcomes = [];
  for (const command of script.commands) {
    const outcome = { line: command.line, type: command.type, ok: true };
    try {
      await within(runner.run(command));
    } catch (error) {
      outcome.ok = false;
      outcome.why = describe(error);
    }
    outcomes.push(outcome);
  }
  return outcomes;
}

class Runner {
  #load;
  #tidegate;
  #instances = new Map();
  #definitions = new Map();
  #current;

  constructor(load, tidegate) {
    this.#load = load;
    this.#tidegate = tidegate;
  }

  async run(command) {
    switch (command.type) {
      case 'module':
        this.#current = await this.#instantiate(await this.#compile(command));
        if (command.name !== undefined) this.#instances.set(command.name, this.#current);
        return;
      case 'module_definition':
        this.#definitions.set(command.name, await this.#compile(command));
        return;
      case 'module_instance':
        this.#current = await this.#instantiate(this.#definitions.get(command.module));
        if (command.instance !== undefined) this.#instances.set(command.instance, this.#current);
        return;
      case 'action':
        await this.#perform(command.action);
        return;
      case 'assert_return':
        return this.#assertReturn(command);
      case 'assert_trap':
        return this.#assertTrap(command.text, () => this.#perform(command.action));
      case 'assert_uninstantiable':
        return this.#assertTrap(command.text, async () =>
          this.#instantiate(await this.#compile(command)),
        );
      case 'assert_invalid':
      case 'assert_malformed':
        return this.#assertRejected(command, 'ComponentCompileError', () => this.#compile(command));
      case 'assert_unlinkable':
        return this.#assertRejected(command, 'ComponentLinkError', async () =>
          this.#instantiate(await this.#compile(command)),
        );
      default:
        throw new Error(`directive ${command.type} is not known to the runner`);
    }
  }

  async #compile(command) {
    const file = command.binary_filename ?? command.filename;
    return this.#tidegate.Component.compile(await this.#load(file), { features: FEATURES });
  }

  #instantiate(component) {
    const imports = hostImports();
    for (const [name, instance] of this.#instances) imports[name] ??= instance.exports;
    return component.instantiate(imports, {
      store: new this.#tidegate.Store({ deadlock: 'error' }),
    });
  }

  async #perform({ type, module, field, args }) {
    if (type !== 'invoke') throw new Error(`action ${type} is not known to the runner`);
    const instance = module === undefined ? this.#current : this.#instances.get(module);
    const call = instance?.exports[camel(field)];
    if (typeof call !== 'function') throw new Error(`no exported function ${field}`);
    return call(...args.map(toJs));
  }

  async #assertReturn({ action, expected }) {
    let actual;
    try {
      actual = await this.#perform(action);
      if (expected[0]?.type === 'result') actual = { tag: 'ok', val: actual };
    } catch (error) {
      const isResult =
        error instanceof this.#tidegate.ComponentError && expected[0]?.type === 'result';
      if (!isResult) throw error;
      actual = { tag: 'err', val: error.payload };
    }
    const ok = expected.length === 0 ? actual === undefined : matches(expected[0], actual);
    if (!ok) throw new Error(`wanted ${JSON.stringify(expected)}, got ${show(actual)}`);
  }

  async #assertTrap(text, act) {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof this.#tidegate.ComponentTrap)) throw error;
      if (codesFor(text).includes(error.code)) return;
      throw new Error(`wanted "${text}", got ${error.code}: ${error.message}`);
    }
    throw new Error(`wanted a trap "${text}", got none`);
  }

  async #assertRejected(command, kind, act) {
    // Text that a parser of the text format has to refuse never becomes a binary for us.
    if (command.module_type === 'text' && command.binary_filename === undefined) return;
    try {
      await act();
    } catch (error) {
      if (error instanceof this.#tidegate[kind]) return;
      throw error;
    }
    throw new Error(`wanted a rejection (${command.text}), got none`);
  }
}

function within(promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

const describe = (error) => `${error?.name ?? 'Error'}: ${error?.message ?? error}`;

const show = (value) =>
  JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) ?? String(value);
