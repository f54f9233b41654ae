/** Fields for values without parts: numbers, text, choices. Each is `{ element, read }`, as `fields.mjs` says. */

import { freshId, make } from './dom.mjs';
import { camel } from './names.mjs';

/** What was typed is no value of its type; `control` is where. */
export class FieldError extends Error {
  constructor(message, control) {
    super(message);
    this.control = control;
  }
}

/** A label with the type in it, and its control below. */
export function labelled(label, type, control) {
  control.id ||= freshId();
  const name = make(
    'label',
    { for: control.id },
    label,
    ' ',
    make('span', { className: 'type' }, type),
  );
  return make('div', { className: 'field' }, name, control);
}

const PLAIN = { spellcheck: false, autocapitalize: 'off', autocomplete: 'off' };

export function bool(label, type) {
  const control = make('input', { type: 'checkbox', id: freshId() });
  const element = make(
    'label',
    { className: 'check', for: control.id },
    control,
    label,
    ' ',
    make('span', { className: 'type' }, type),
  );
  return { element, read: () => control.checked };
}

export function integer(label, type, kind) {
  const control = make('input', { ...PLAIN, value: '0', inputMode: 'numeric' });
  return {
    element: labelled(label, type, control),
    read: () => parse(control, label, (text) => whole(text, kind)),
  };
}

export function float(label, type) {
  const control = make('input', { ...PLAIN, value: '0', inputMode: 'decimal' });
  return { element: labelled(label, type, control), read: () => parse(control, label, real) };
}

export function char(label, type) {
  const control = make('input', { ...PLAIN, value: 'a', className: 'short' });
  return { element: labelled(label, type, control), read: () => control.value };
}

export function string(label, type) {
  const control = make('textarea', { ...PLAIN, rows: 1 });
  return { element: labelled(label, type, control), read: () => control.value };
}

export function choice(label, type, names) {
  const control = make('select', {}, ...names.map((name) => make('option', { value: name }, name)));
  return { element: labelled(label, type, control), control, read: () => control.value };
}

export function flags(label, type, labels) {
  const boxes = labels.map((name) => bool(name, ''));
  const element = make(
    'fieldset',
    {},
    make('legend', {}, label, ' ', make('span', { className: 'type' }, type)),
    make('div', { className: 'checks' }, ...boxes.map((box) => box.element)),
  );
  return {
    element,
    read: () => Object.fromEntries(labels.map((name, i) => [camel(name), boxes[i].read()])),
  };
}

/** A list of numbers, as one writes them down. */
export function numbers(label, type, kind) {
  const control = make('textarea', { ...PLAIN, rows: 1, placeholder: '1, 2, 3' });
  const one = kind.startsWith('f') ? real : (text) => whole(text, kind);
  const all = (text) =>
    text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(one);
  return { element: labelled(label, type, control), read: () => parse(control, label, all) };
}

/** Whatever there is no form for, as JSON; `convert` makes the value of it. */
export function json(label, type, convert) {
  const control = make('textarea', { ...PLAIN, rows: 3, value: 'null' });
  const read = (text) => {
    try {
      return convert(JSON.parse(text));
    } catch (error) {
      throw new Error(`as JSON: ${error.message}`);
    }
  };
  return {
    element: labelled(label, `${type}, as JSON`, control),
    read: () => parse(control, label, read),
  };
}

function parse(control, label, read) {
  try {
    return read(control.value);
  } catch (error) {
    throw new FieldError(`${label}: ${error.message}`, control);
  }
}

/** Whether it is in range is for the package to say. */
export function whole(text, kind) {
  const trimmed = text.trim();
  if (!/^[+-]?\d+$|^0x[\da-f]+$/i.test(trimmed)) throw new Error(`not an integer: ${text}`);
  return kind.endsWith('64') ? BigInt(trimmed.replace(/^\+/, '')) : Number(trimmed);
}

function real(text) {
  const trimmed = text.trim();
  const special = { nan: Number.NaN, inf: Infinity, '+inf': Infinity, '-inf': -Infinity };
  const value = special[trimmed.toLowerCase()] ?? Number(trimmed);
  if (trimmed === '' || (Number.isNaN(value) && !/^nan$/i.test(trimmed))) {
    throw new Error(`not a number: ${text}`);
  }
  return value;
}
