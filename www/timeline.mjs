/**
 * What happens in the store, as bars: calls, subtasks, streams and futures, each below the call that it belongs to. Enters: events
 * of the package's traces.
 */

import { make, milliseconds } from './dom.mjs';
import { shown } from './names.mjs';

/** Most rows, and most marks in a row. */
const MOST = 120;
const MARKS = 150;
/** Time between two drawings of what is still open. */
const REDRAW_MS = 100;

const KINDS = {
  call: 'task',
  import: 'subtask',
  stream: 'stream',
  future: 'future',
  trap: 'trap',
};

const WAYS = {
  in: 'in',
  out: 'out',
  within: 'between components',
};

/** Deeper than this, rows are not further to the right. */
const DEEPEST = 6;

export class Timeline {
  #rows = new Map();
  #start = 0;
  #latest = 0;
  /** The worker's clock, less ours. */
  #offset = 0;
  #lost = 0;
  #frame = 0;
  #timer = 0;

  /**
   * @param {HTMLElement} section
   * @param {HTMLTableSectionElement} body
   * @param {HTMLElement} note
   */
  constructor(section, body, note) {
    this.section = section;
    this.body = body;
    this.note = note;
  }

  /** Forgets what has ended. */
  restart() {
    for (const [id, row] of this.#rows) if (!row.open) this.#remove(id, row);
    this.#lost = 0;
    if (this.#rows.size === 0) this.#start = 0;
  }

  /** Forgets all: it was another store. */
  clear() {
    for (const [id, row] of this.#rows) this.#remove(id, row);
    this.#lost = 0;
    this.#start = 0;
    this.note.textContent = '';
  }

  /** Another store, whose numbers begin anew; or the old one is gone. */
  cut() {
    for (const [id, row] of [...this.#rows]) {
      if (row.open) row.end(this.#latest, 'cut off', false);
      this.#rows.delete(id);
      this.#rows.set({}, row);
    }
    this.#draw();
  }

  add(events, lost) {
    this.section.hidden = false;
    this.#lost += lost;
    for (const event of events) this.#event(event);
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #event(event) {
    const { id, kind, state, time, parent } = event;
    this.#start ||= time;
    this.#latest = Math.max(this.#latest, time);
    this.#offset = time - performance.now();
    if (state === 'begin' || kind === 'trap') {
      const above = this.#rows.get(parent);
      const row = new Row(event, above);
      this.#rows.set(id, row);
      if (above?.element.isConnected) lastWithin(above).after(row.element);
      else this.body.append(row.element);
      while (this.#rows.size > MOST) this.#dropOldest();
      return;
    }
    const row = this.#rows.get(id);
    if (state === 'copy') row?.mark(time, event.count);
    else if (state === 'pass') row?.goes(event.direction);
    else if (state === 'wait') row?.waits();
    else if (kind === 'import' && state === 'cancel') row?.end(time, 'cancelled', false);
    else if (state === 'end' || state === 'fail') row?.end(time, event.error ? 'failed' : '');
  }

  #dropOldest() {
    for (const [id, row] of this.#rows) {
      if (row.open) continue;
      this.#remove(id, row);
      this.#lost++;
      return;
    }
    const [[id, row]] = this.#rows;
    this.#remove(id, row);
    this.#lost++;
  }

  #remove(id, row) {
    row.element.remove();
    this.#rows.delete(id);
  }

  #draw() {
    this.#frame = 0;
    const open = [...this.#rows.values()].some((row) => row.open);
    const end = open ? Math.max(this.#latest, performance.now() + this.#offset) : this.#latest;
    const span = Math.max(end - this.#start, 1);
    for (const row of this.#rows.values()) row.draw(this.#start, span, end);
    const lost = this.#lost > 0 ? `; ${this.#lost.toLocaleString('en')} more are not shown` : '';
    this.note.textContent = `${milliseconds(span)} from left to right${lost}`;
    clearTimeout(this.#timer);
    if (open) {
      this.#timer = setTimeout(() => {
        this.#frame ||= requestAnimationFrame(() => this.#draw());
      }, REDRAW_MS);
    }
  }
}

/** The last element of what is below a row. */
function lastWithin({ element, depth }) {
  let last = element;
  for (let next = last.nextElementSibling; next; next = next.nextElementSibling) {
    if (Number(next.dataset.depth) <= depth) break;
    last = next;
  }
  return last;
}

class Row {
  open = true;
  #begin;
  #end = 0;
  #count = 0;
  #marks = [];
  #kind;

  constructor({ kind, name, time, direction, error }, above) {
    this.#kind = kind;
    this.depth = above === undefined ? 0 : above.depth + 1;
    this.#begin = time;
    this.bar = make('div', { className: `bar ${kind}` });
    this.lane = make('div', { className: 'lane' }, this.bar);
    this.state = make('td', { className: 'how' }, 'running');
    this.name = kind === 'trap' ? error : name ? last(name) : WAYS[direction];
    this.what = make('span', {}, this.name);
    this.count = make('span');
    const label = make('span', { className: `kind ${kind}` }, KINDS[kind]);
    const from = above === undefined ? '' : ` in ${above.name}`;
    const title = `${name ?? `${KINDS[kind]} ${this.name}`}${from}`;
    const head = make('th', { scope: 'row', title }, label, ' ', this.what, this.count);
    head.style.paddingLeft = `${Math.min(this.depth, DEEPEST)}rem`;
    this.element = make('tr', {}, head, make('td', {}, this.lane), this.state);
    this.element.dataset.depth = this.depth;
    if (kind === 'stream' || kind === 'future') this.state.textContent = 'open';
    if (kind === 'trap') this.end(time, 'store locked');
  }

  /** A readable end has changed hands. */
  goes(direction) {
    this.what.textContent = WAYS[direction];
  }

  waits() {
    this.state.textContent = 'waiting';
  }

  mark(time, count) {
    this.#count += count;
    if (this.#kind === 'stream') {
      this.count.textContent = `, ${this.#count.toLocaleString('en')} elements`;
    }
    if (this.#marks.length >= MARKS) return;
    const mark = make('i', { className: 'mark' });
    this.#marks.push({ mark, time });
    this.lane.append(mark);
  }

  /** `how`: not as one would expect. */
  end(time, how, bad = true) {
    this.open = false;
    this.#end = time;
    this.state.textContent = how || milliseconds(time - this.#begin);
    this.state.title = how;
    if (how && bad) this.state.classList.add('bad');
  }

  draw(start, span, now) {
    const at = (time) => Math.min(Math.max((time - start) / span, 0), 1) * 100;
    const [left, right] = [at(this.#begin), at(this.open ? now : this.#end)];
    this.bar.style.left = `${left}%`;
    this.bar.style.width = `${right - left}%`;
    for (const { mark, time } of this.#marks) mark.style.left = `${at(time)}%`;
  }
}

/** `wasi:cli/stdout@0.3.0#write-via-stream` without its package. */
function last(name) {
  const [from, func] = name.split('#');
  if (func === undefined) return shown(from);
  const short = from.replace(/^.*\//, '').replace(/@.*$/, '');
  return short === func ? func : `${short} ${shown(func)}`;
}
