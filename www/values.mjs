/**
 * Values as text, in the notation that WIT's own tools use for them: `{x: 1, y: some("a")}`. Streams, futures and resources are
 * named by the numbers that the page gave them.
 */

import { camel } from './names.mjs';

const LONGEST = 20_000;

/**
 * @param {object} type as `describe` has it
 * @param {unknown} value as `wire.mjs` has it, or as the package has it
 * @returns {string}
 */
export function valueText(type, value) {
  const writer = new Writer();
  writer.value(type, value);
  return writer.text;
}

class Writer {
  text = '';

  value(type, value) {
    if (this.text.length > LONGEST) {
      if (!this.text.endsWith('…')) this.text += '…';
      return;
    }
    switch (type.kind) {
      case 'string':
        return this.#add(JSON.stringify(value));
      case 'char':
        return this.#add(`'${value === "'" ? "\\'" : JSON.stringify(value).slice(1, -1)}'`);
      case 'list':
        return this.#many('[', value, ']', (item) => this.value(type.element, item));
      case 'map':
        return this.#many('{', [...value], '}', ([key, item]) => {
          this.value(type.key, key);
          this.#add(': ');
          this.value(type.value, item);
        });
      case 'record':
        return this.#many('{', type.fields, '}', (field) => {
          this.#add(`${field.name}: `);
          this.value(field.type, value[camel(field.name)]);
        });
      case 'tuple':
        return this.#many('(', type.types, ')', (one, i) => this.value(one, value[i]));
      case 'flags':
        return this.#add(`{${type.labels.filter((label) => value[camel(label)]).join(', ')}}`);
      case 'variant':
        return this.#case(value, type.cases.find(({ name }) => name === value.tag)?.type);
      case 'result':
        return this.#case(value, type[value.tag]);
      case 'option':
        return this.#option(type.element, value);
      case 'error-context':
        return this.#add(JSON.stringify(value.message));
      case 'own':
      case 'borrow':
        return this.#add(type.resource.name + numbered(value?.handle));
      case 'stream':
      case 'future':
        return this.#add(type.kind + numbered(value?.end));
      default:
        return this.#add(Object.is(value, -0) ? '-0' : String(value));
    }
  }

  #option(element, value) {
    const tagged = element.kind === 'option';
    const some = tagged ? value.tag === 'some' : value !== undefined;
    if (!some) return this.#add('none');
    this.#case({ tag: 'some', val: tagged ? value.val : value }, element);
  }

  #case({ tag, val }, type) {
    this.#add(tag);
    if (!type) return;
    this.#add('(');
    this.value(type, val);
    this.#add(')');
  }

  #many(open, items, close, write) {
    this.#add(open);
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.#add(', ');
      if (this.text.length > LONGEST) {
        this.#add(`… ${items.length - i} more`);
        break;
      }
      write(items[i], i);
    }
    this.#add(close);
  }

  #add(text) {
    this.text += text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  }
}

function numbered(number) {
  return number === undefined ? '' : ` #${number}`;
}
