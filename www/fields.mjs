/**
 * Fields of forms, made from types. A field is `{ element, read }`: what is shown, and what gives the value that was typed, as
 * `wire.mjs` wants it, or throws a `FieldError`. What is not chosen is not built: types can be large.
 */

import { freshId, make } from './dom.mjs';
import { fromJson } from './json.mjs';
import { camel } from './names.mjs';
import * as scalars from './scalars.mjs';
import { typeText } from './wit.mjs';

/** Deeper than this, or with more fields, a value is typed as JSON. */
const DEEPEST = 7;
const MOST = 300;

const NUMBERS = /^([su](8|16|32|64)|f32|f64)$/;

/** The fields of one form. */
export class Fields {
  #left = MOST;

  /**
   * @param {Map<object, string>} names of types, as `wit.mjs` has them
   * @param {import('./resources.mjs').Resources} resources
   */
  constructor(names, resources) {
    this.names = names;
    this.resources = resources;
  }

  field(type, label, depth = 0) {
    const text = typeText(type, this.names);
    const { kind } = type;
    if (this.#left-- <= 0 || depth > DEEPEST) {
      return scalars.json(label, text, (value) => fromJson(type, value));
    }
    const inner = (one, name) => this.field(one, name, depth + 1);
    switch (kind) {
      case 'bool':
        return scalars.bool(label, text);
      case 'char':
        return scalars.char(label, text);
      case 'string':
        return scalars.string(label, text);
      case 'error-context':
        return error(scalars.string(label, text));
      case 'f32':
      case 'f64':
        return scalars.float(label, text);
      case 'enum':
        return scalars.choice(label, text, type.labels);
      case 'flags':
        return scalars.flags(label, text, type.labels);
      case 'record':
        return record(label, text, type.fields, inner);
      case 'tuple':
        return tuple(label, text, type.types, inner);
      case 'list':
        return NUMBERS.test(type.element.kind)
          ? scalars.numbers(label, text, type.element.kind)
          : list(label, text, (name) => inner(type.element, name));
      case 'map':
        return list(label, text, (name) =>
          tuple(name, 'entry', [type.key, type.value], (one, i) =>
            inner(one, i === '0' ? 'key' : 'value'),
          ),
        );
      case 'option':
        return option(label, text, type.element, inner);
      case 'variant':
        return cases(label, text, type.cases, inner);
      case 'result': {
        const both = ['ok', 'err'].map((name) => ({ name, type: type[name] }));
        return cases(label, text, both, inner);
      }
      case 'own':
      case 'borrow':
        return this.resources.field(type, label, text);
      case 'stream':
        return type.element?.kind === 'u8'
          ? byteStream(label, text)
          : stream(label, text, type.element, inner);
      case 'future':
        return future(label, text, type.element, inner);
      default:
        return scalars.integer(label, text, kind);
    }
  }
}

function group(label, text, ...children) {
  const legend = make('legend', {}, label, ' ', make('span', { className: 'type' }, text));
  return make('fieldset', {}, legend, ...children);
}

function record(label, text, fields, inner) {
  const parts = fields.map(({ name, type }) => inner(type, name));
  return {
    element: group(label, text, ...parts.map((part) => part.element)),
    read: () => Object.fromEntries(fields.map(({ name }, i) => [camel(name), parts[i].read()])),
  };
}

function tuple(label, text, types, inner) {
  const parts = types.map((type, i) => inner(type, `${i}`));
  return {
    element: group(label, text, ...parts.map((part) => part.element)),
    read: () => parts.map((part) => part.read()),
  };
}

function list(label, text, item) {
  const items = [];
  const rows = make('div', { className: 'items' });
  const add = make('button', { type: 'button', className: 'small' }, `Add to ${label}`);
  const number = () => {
    items.forEach(({ remove }, i) => {
      remove.setAttribute('aria-label', `Remove ${label} ${i}`);
    });
  };
  add.addEventListener('click', () => {
    const field = item(`${label}[${items.length}]`);
    const remove = make('button', { type: 'button', className: 'small' }, 'Remove');
    const row = make('div', { className: 'item' }, field.element, remove);
    const entry = { field, remove };
    remove.addEventListener('click', () => {
      items.splice(items.indexOf(entry), 1);
      row.remove();
      number();
      (items.at(-1)?.remove ?? add).focus();
    });
    items.push(entry);
    rows.append(row);
    number();
    row.querySelector('input, textarea, select')?.focus();
  });
  return {
    element: group(label, text, rows, add),
    read: () => items.map(({ field }) => field.read()),
  };
}

function option(label, text, element, inner) {
  const slot = make('div', {});
  const nested = element.kind === 'option';
  const some = make('input', { type: 'checkbox', id: freshId() });
  const check = make('label', { className: 'check', for: some.id }, some, 'some');
  let field;
  some.addEventListener('change', () => {
    slot.hidden = !some.checked;
    if (!some.checked || field) return;
    field = inner(element, 'value');
    slot.append(field.element);
  });
  const read = () => {
    const value = some.checked ? field.read() : undefined;
    if (!nested) return value;
    return some.checked ? { tag: 'some', val: value } : { tag: 'none' };
  };
  return { element: group(label, text, check, slot), read };
}

function cases(label, text, list, inner) {
  const names = list.map(({ name }) => name);
  const tag = scalars.choice('case', '', names);
  const slot = make('div', {});
  let field;
  const show = () => {
    const { type, name } = list[tag.control.selectedIndex];
    field = type && inner(type, name);
    slot.replaceChildren(...(field ? [field.element] : []));
  };
  tag.control.addEventListener('change', show);
  show();
  return {
    element: group(label, text, tag.element, slot),
    read: () => (field ? { tag: tag.read(), val: field.read() } : { tag: tag.read() }),
  };
}

function pace(label, slow) {
  const options = [
    ['0', 'all at once'],
    ['100', `${slow} every 0.1 s`],
    ['1000', `${slow} every second`],
  ].map(([value, text]) => make('option', { value }, text));
  const control = make('select', {}, ...options);
  return { element: scalars.labelled(label, '', control), read: () => Number(control.value) };
}

function byteStream(label, text) {
  const words = scalars.string('text', '');
  const file = make('input', { type: 'file' });
  const arrives = pace('arrives', 'a line');
  return {
    element: group(
      label,
      text,
      words.element,
      scalars.labelled('or a file', '', file),
      arrives.element,
    ),
    read: () => ({ blob: file.files[0] ?? new Blob([words.read()]), pace: arrives.read() }),
  };
}

function stream(label, text, element, inner) {
  const items = element
    ? list('elements', '', (name) => inner(element, name))
    : scalars.integer('how many elements', '', 'u32');
  const arrives = pace('arrives', 'one');
  return {
    element: group(label, text, items.element, arrives.element),
    read: () => {
      const value = items.read();
      return { items: element ? value : Array(Math.min(value, 1e6)).fill(), pace: arrives.read() };
    },
  };
}

function future(label, text, element, inner) {
  const value = element && inner(element, 'value');
  const options = [
    ['0', 'at once'],
    ['1000', 'after a second'],
  ].map(([time, name]) => make('option', { value: time }, name));
  const control = make('select', {}, ...options);
  const arrives = scalars.labelled('arrives', '', control);
  return {
    element: group(label, text, ...(value ? [value.element] : []), arrives),
    read: () => ({ value: value?.read(), pace: Number(control.value) }),
  };
}

/** A field for an error, from that for its message. */
function error({ element, read }) {
  return { element, read: () => new Error(read()) };
}
