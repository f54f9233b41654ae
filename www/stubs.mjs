/**
 * Stand-ins for imports that nobody provides: they say that they were called, and return the plainest value of their type. An
 * async one takes `delay` ms for it.
 */

import { camel, funcName, pascal } from './names.mjs';
import { valueText } from './values.mjs';
import { wait } from './wire.mjs';

/**
 * @param {object} world as `describe` gives it
 * @param {readonly { name: string }[]} missing as a `ComponentLinkError` has it
 * @param {Record<string, object>} given the imports that there are
 * @param {{ delay: number, called(name: string, args: string, result: string): void }} options
 * @returns {Record<string, object>} all imports
 */
export function withStubs(world, missing, given, options) {
  return new Stubs(missing, options).imports(world, given);
}

class Stubs {
  #missing;
  #options;
  /** Classes by their resources. */
  #classes = new Map();

  constructor(missing, options) {
    this.#missing = new Set(missing.map(({ name }) => name));
    this.#options = options;
  }

  imports(world, given) {
    const all = { ...given };
    const own = this.#members(world.imports, '');
    for (const item of world.imports) {
      if (item.kind !== 'interface') continue;
      const members = this.#members(item.items, `${item.name}#`);
      if (Object.keys(members).length > 0) all[item.name] = { ...given[item.name], ...members };
    }
    return { ...all, ...own };
  }

  #members(items, prefix) {
    const members = {};
    const missing = items.filter(({ name }) => this.#missing.has(prefix + name));
    for (const { kind, name, resource } of missing) {
      if (kind !== 'resource') continue;
      members[pascal(name)] = stubClass();
      this.#classes.set(resource, members[pascal(name)]);
    }
    for (const item of missing) {
      if (item.kind === 'func') this.#attach(members, item, prefix + item.name);
    }
    return members;
  }

  #attach(members, func, full) {
    const { kind, resource, name } = funcName(func.name);
    const Class = members[pascal(resource ?? '')];
    if (kind === 'plain') members[camel(name)] = this.#function(func, full);
    else if (Class && kind === 'static') Class[camel(name)] = this.#function(func, full);
    else if (Class && kind === 'method')
      Class.prototype[camel(name)] = this.#function(func, full, 1);
    else if (Class) Class.construct = this.#function({ ...func, result: undefined }, full);
  }

  /** `skip`: parameters that JS has as `this`. */
  #function(func, full, skip = 0) {
    const { called, delay } = this.#options;
    const answer = (args) => {
      const params = func.params.slice(skip);
      const texts = params.map(({ name, type }, i) => `${name}: ${valueText(type, args[i])}`);
      // Whoever writes to them learns that nobody reads.
      for (const arg of args) letGo(arg);
      const result = func.result?.kind === 'result' ? func.result.ok : func.result;
      called(full, texts.join(', '), func.result ? 'the default value' : 'nothing');
      return result && this.#value(result);
    };
    // After the parameters comes what the package gives to async functions.
    const count = func.params.length - skip;
    if (!func.async || delay === 0) return (...args) => answer(args.slice(0, count));
    return async (...args) => {
      await wait(delay);
      return answer(args.slice(0, count));
    };
  }

  #value(type) {
    switch (type.kind) {
      case 'bool':
        return false;
      case 's64':
      case 'u64':
        return 0n;
      case 'char':
        return ' ';
      case 'string':
        return '';
      case 'error-context':
        return new Error();
      case 'list':
        return [];
      case 'map':
        return new Map();
      case 'record':
        return Object.fromEntries(type.fields.map((f) => [camel(f.name), this.#value(f.type)]));
      case 'tuple':
        return type.types.map((one) => this.#value(one));
      case 'variant':
        return this.#case(type.cases[0].name, type.cases[0].type);
      case 'result':
        return this.#case('ok', type.ok);
      case 'enum':
        return type.labels[0];
      case 'flags':
        return {};
      case 'option':
        return type.element.kind === 'option' ? { tag: 'none' } : undefined;
      case 'stream':
        return [];
      case 'future':
        return Promise.resolve(type.element && this.#value(type.element));
      case 'own':
        return this.make(type.resource);
      default:
        return 0;
    }
  }

  #case(tag, type) {
    return type ? { tag, val: this.#value(type) } : { tag };
  }

  make(resource) {
    const Class = this.#classes.get(resource);
    if (!Class) throw new Error(`a stub cannot make a ${resource.name}`);
    return Object.create(Class.prototype);
  }
}

/** Its constructor calls what is found at `construct`, later. */
function stubClass() {
  return class Stub {
    constructor(...args) {
      Stub.construct?.(...args);
    }
  };
}

function letGo(value) {
  if (value instanceof ReadableStream && !value.locked) value.cancel().catch(() => {});
  else value?.[Symbol.dispose]?.();
}
