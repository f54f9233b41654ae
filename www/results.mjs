/** What calls returned, and their streams and futures, as they arrive. The newest is on top. */

import { make, milliseconds } from './dom.mjs';
import { Pane } from './pane.mjs';
import { valueText } from './values.mjs';
import { typeText } from './wit.mjs';

/** Most results that are kept. */
const MOST = 50;

export class Results {
  #calls = new Map();
  #ends = new Map();
  #last = 0;

  /**
   * @param {HTMLElement} list
   * @param {(message: object) => void} post to the worker
   */
  constructor(list, post) {
    this.list = list;
    this.post = post;
  }

  /** How many calls have not ended. */
  get pending() {
    return this.#calls.size;
  }

  clear() {
    this.#calls.clear();
    this.#ends.clear();
    this.list.replaceChildren();
  }

  /** Nothing of what was pending will end. */
  abandon(why) {
    for (const [, { state, cancel }] of this.#calls) {
      state.textContent = why;
      cancel?.remove();
    }
    for (const [, end] of this.#ends) end.close(why);
    this.#calls.clear();
    this.#ends.clear();
  }

  /** A call that begins; its number. */
  begin(func, title, names) {
    const call = ++this.#last;
    const state = make('span', { className: 'state' }, 'running…');
    const body = make('div', {});
    const cancel = func.async
      ? make('button', { type: 'button', className: 'small' }, 'Cancel')
      : undefined;
    cancel?.addEventListener('click', () => this.post({ type: 'cancel', call }));
    const head = make('p', { className: 'head' }, make('code', {}, title), state, cancel);
    this.list.prepend(make('li', { className: 'entry' }, head, body));
    while (this.list.children.length > MOST) this.list.lastElementChild.remove();
    this.#calls.set(call, { func, names, state, body, cancel });
    return call;
  }

  /** @returns {string | undefined} a line about it; nothing when nobody waits for it any more */
  end({ call, time, ok, value, error }) {
    const entry = this.#calls.get(call);
    if (!entry) return undefined;
    const { func, names, state, body, cancel } = entry;
    this.#calls.delete(call);
    cancel?.remove();
    state.textContent = milliseconds(time);
    if (error) {
      body.append(errorElement(error));
      return `${error.name}${error.code ? ` (${error.code})` : ''}: ${error.message}`;
    }
    const { result } = func;
    const own = result?.kind === 'result';
    const type = own ? (ok ? result.ok : result.err) : result;
    const plain = type ? valueText(type, value) : '';
    const text = own ? `${ok ? 'ok' : 'err'}${type ? `(${plain})` : ''}` : plain || 'returned';
    const kind = own && !ok ? 'value bad' : 'value';
    body.append(make('pre', { className: kind, tabIndex: 0, 'aria-label': 'Result' }, text));
    if (type) this.#follow(type, value, names, body);
    return text.length > 200 ? `${text.slice(0, 200)}…` : text;
  }

  chunk({ end, value, size }) {
    this.#ends.get(end)?.add(value);
    this.post({ type: 'taken', stream: end, length: size });
  }

  closed({ end, error }) {
    this.#ends.get(end)?.close(error ? `${error.name}: ${error.message}` : 'ended');
    this.#ends.delete(end);
  }

  /** Makes room for each stream and future in a value. */
  #follow(type, value, names, body) {
    for (const [found, { end }] of endsIn(type, value)) {
      const element = new EndElement(found, end, names, {
        stop: () => this.post({ type: 'unread', end }),
        inner: (inner, one) => this.#follow(inner, one, names, body),
      });
      this.#ends.set(end, element);
      body.append(element.element);
    }
  }
}

/** A stream or future of the component's. */
class EndElement {
  constructor({ kind, element: type }, end, names, { stop, inner }) {
    this.type = type;
    this.inner = inner;
    this.bytes = kind === 'stream' && type?.kind === 'u8';
    const title = `${typeText({ kind, element: type }, names)} #${end}`;
    const size = make('span', { className: 'size' });
    const pre = make('pre', { tabIndex: 0, 'aria-label': title, className: 'stream' });
    this.state = make('span', { className: 'state' }, kind === 'stream' ? 'open' : 'waiting');
    this.pane = new Pane(pre, size);
    this.stop = make('button', { type: 'button', className: 'small' }, 'Stop reading');
    this.stop.hidden = kind !== 'stream';
    this.stop.addEventListener('click', stop);
    const head = make('p', { className: 'head' }, make('code', {}, title), size, this.state);
    if (this.bytes) head.append(this.#hexButton(title));
    head.append(this.stop);
    this.element = make('div', { className: 'end' }, head, pre);
  }

  #hexButton(title) {
    const hex = make(
      'button',
      {
        type: 'button',
        className: 'small',
        'aria-pressed': 'false',
        'aria-label': `Hex, ${title}`,
      },
      'Hex',
    );
    hex.addEventListener('click', () => {
      const on = hex.getAttribute('aria-pressed') !== 'true';
      hex.setAttribute('aria-pressed', `${on}`);
      this.pane.hex = on;
    });
    return hex;
  }

  add(value) {
    if (this.bytes) this.pane.write(value);
    else {
      this.pane.line(this.type ? valueText(this.type, value) : '()', 'elements');
      if (this.type) this.inner(this.type, value);
    }
  }

  close(how) {
    this.pane.end();
    this.state.textContent = how;
    this.stop.remove();
  }
}

/** An error, by its class. */
export function errorElement({ name, code, construct, message, cause }) {
  const title = make('strong', {}, code ? `${name} (${code})` : name);
  const lines = [message];
  if (construct) lines.push(`construct: ${construct}`);
  if (cause && !message.includes(cause)) lines.push(`cause: ${cause}`);
  return make(
    'div',
    { className: 'failure' },
    title,
    make('pre', { tabIndex: 0 }, lines.join('\n')),
  );
}

/** The streams and futures in a value, with their types. */
function endsIn(type, value, found = []) {
  switch (type.kind) {
    case 'stream':
    case 'future':
      found.push([type, value]);
      break;
    case 'list':
      if (!ArrayBuffer.isView(value)) for (const item of value) endsIn(type.element, item, found);
      break;
    case 'tuple':
      for (const [i, one] of type.types.entries()) endsIn(one, value[i], found);
      break;
    case 'record':
      for (const [i, item] of Object.values(value).entries()) {
        endsIn(type.fields[i].type, item, found);
      }
      break;
    case 'map':
      for (const [, item] of value) endsIn(type.value, item, found);
      break;
    case 'option':
      if (type.element.kind === 'option' ? value.tag === 'some' : value !== undefined) {
        endsIn(type.element, type.element.kind === 'option' ? value.val : value, found);
      }
      break;
    case 'result':
      if (type[value.tag]) endsIn(type[value.tag], value.val, found);
      break;
    case 'variant': {
      const of = type.cases.find(({ name }) => name === value.tag)?.type;
      if (of) endsIn(of, value.val, found);
      break;
    }
  }
  return found;
}
