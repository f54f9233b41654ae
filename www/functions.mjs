/** Forms for the exported functions of a component, by interface. Each is built when it is opened. */

import { make } from './dom.mjs';
import { Fields } from './fields.mjs';
import { funcName, shown } from './names.mjs';
import { FieldError } from './scalars.mjs';
import { valueText } from './values.mjs';
import { funcText, namesOf } from './wit.mjs';

/** Most functions that are listed; hostile components have more. */
const MOST = 2000;

/**
 * @typedef {object} Call
 * @property {object} func as `describe` has it
 * @property {string[]} path names of its interface, if any, and of itself
 * @property {unknown[]} args as `wire.mjs` wants them
 * @property {string} title like `echo-u8(5)`
 * @property {Map<object, string>} names of types
 */

/**
 * @param {object} world
 * @param {import('./resources.mjs').Resources} resources
 * @param {(call: Call) => void} call
 * @returns {{ element: DocumentFragment, count: number }}
 */
export function functionForms(world, resources, call) {
  const element = document.createDocumentFragment();
  let count = 0;
  const section = (title, items, path) => {
    const names = namesOf(items);
    const own = items.filter(({ kind, name }) => kind === 'func' && !isRun(path, name));
    const forms = own
      .slice(0, Math.max(MOST - count, 0))
      .map((func) => functionForm(func, [...path, func.name], names, { resources, call }));
    count += own.length;
    if (forms.length === 0) return;
    element.append(make('section', { className: 'interface' }, make('h3', {}, title), ...forms));
  };
  section('Functions of the world', world.exports, []);
  for (const { kind, name, items } of world.exports) {
    if (kind === 'interface') section(name, items, [name]);
  }
  return { element, count };
}

/** Hides functions that are not asked for, and interfaces without others. */
export function filterForms(list, text) {
  const wanted = text.trim().toLowerCase();
  for (const section of list.querySelectorAll('.interface')) {
    let some = false;
    for (const form of section.querySelectorAll('.function')) {
      form.hidden = !form.dataset.name.includes(wanted);
      some ||= !form.hidden;
    }
    section.hidden = !some;
  }
}

/** What the form for commands runs. */
function isRun([from], name) {
  return name === 'run' && /^wasi:cli\/run@0\.3/.test(from ?? '');
}

function functionForm(func, path, names, context) {
  const name = shown(func.name);
  const { kind } = funcName(func.name);
  const signature = funcText(func, names, kind === 'method' ? 1 : 0);
  const summary = make(
    'summary',
    { className: 'line' },
    make('code', { className: 'name' }, name),
    make('code', { className: 'type' }, signature),
  );
  const details = make('details', { className: 'function line' }, summary);
  details.dataset.name = name.toLowerCase();
  details.dataset.path = path.join('#');
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) {
      details.append(form(func, path, names, context));
    }
  });
  return details;
}

function form(func, path, names, { resources, call }) {
  const fields = new Fields(names, resources);
  const params = func.params.map(({ name, type }) => fields.field(type, name));
  const problem = make('p', { className: 'bad', role: 'alert' });
  const button = make('button', { type: 'submit' }, 'Call');
  const element = make(
    'form',
    { noValidate: true, 'aria-label': shown(func.name) },
    ...params.map((param) => param.element),
    problem,
    make('p', { className: 'actions' }, button),
  );
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    problem.textContent = '';
    let args;
    try {
      args = params.map((param) => param.read());
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      problem.textContent = error.message;
      error.control.focus();
      return;
    }
    call({ func, path, args, title: title(func, args), names });
  });
  return element;
}

function title({ name, params }, args) {
  const text = `${shown(name)}(${params.map(({ type }, i) => valueText(type, args[i])).join(', ')})`;
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
