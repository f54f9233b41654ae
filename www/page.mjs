/** The page: what is typed goes to the worker, what the worker says is shown. */

import { bytesText, milliseconds } from './dom.mjs';
import { filterForms, functionForms } from './functions.mjs';
import { Pane } from './pane.mjs';
import { Resources } from './resources.mjs';
import { Results } from './results.mjs';
import { Timeline } from './timeline.mjs';
import { readEnvironment, splitArguments } from './words.mjs';
import { modulesText, needsJspi, showWorld } from './worldview.mjs';

const $ = (id) => document.getElementById(id);
const post = (message) => worker.postMessage(message);

const panes = Object.fromEntries(
  ['stdout', 'stderr', 'stubs'].map((name) => [name, new Pane($(name), $(`${name}-size`))]),
);
const results = new Results($('result-list'), post);
const resources = new Resources($('resources'), $('resource-list'), (handle) =>
  post({ type: 'drop', handle }),
);
const timeline = new Timeline($('timeline'), $('timeline-rows'), $('timeline-note'));

/** What is compiled, or being compiled. */
let chosen;
/** @type {Worker} */
let worker;
/** @type {'compiling' | 'broken' | 'ready' | 'running'} */
let state;
/** Whether it is to run as soon as it is compiled. */
let wanted = false;
/** Whether missing imports are stubbed. */
let stubs = false;
/** When the running command was started, by the worker's clock. */
let started;

choose(example('command'));

for (const button of document.querySelectorAll('[data-example]')) {
  button.addEventListener('click', () => {
    $('file').value = '';
    choose(example(button.dataset.example));
  });
}

$('command').addEventListener('submit', (event) => {
  event.preventDefault();
  if (state === 'running') stop();
  else if (state === 'ready') run();
  else wanted = true;
});

$('stop').addEventListener('click', stop);
$('renew').addEventListener('click', () => renew('A new instance.'));
$('stub').addEventListener('click', () => {
  stubs = !stubs;
  renew(stubs ? 'Missing imports are stubs now.' : 'No stubs any more.');
});
$('delay').addEventListener('change', () => {
  if (stubs) renew('The stubs have changed.');
});
$('filter').addEventListener('input', () => filterForms($('function-list'), $('filter').value));

addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.('form') ?? $('command');
    if (form.hidden || (form.id === 'command' && state === 'running')) return;
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === 'Escape' && busy()) {
    stop();
  }
});

$('file').addEventListener('change', () => open($('file').files[0]));

addEventListener('dragover', (event) => {
  event.preventDefault();
  $('drop').classList.add('over');
});
addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) $('drop').classList.remove('over');
});
addEventListener('drop', (event) => {
  event.preventDefault();
  $('drop').classList.remove('over');
  open(event.dataTransfer.files[0]);
});

function example(name) {
  return { source: `guests/${name}.component.wasm`, name: `${name}.component.wasm`, example: name };
}

async function open(file) {
  if (!file) return;
  try {
    // Read once: a file that has changed since it was chosen cannot be read again after a stop.
    choose({ source: await file.arrayBuffer(), name: file.name });
  } catch (error) {
    say(`${file.name} cannot be read: ${error.message}`, 'bad');
  }
}

/** Another component: nothing of the old one stays. */
function choose(component) {
  chosen = component;
  stubs = false;
  for (const button of document.querySelectorAll('[data-example]')) {
    button.setAttribute('aria-pressed', `${button.dataset.example === component.example}`);
  }
  for (const id of ['missing', 'command', 'functions', 'world', 'returned', 'timeline']) {
    $(id).hidden = true;
  }
  for (const name of Object.keys(panes)) $(`${name}-pane`).hidden = true;
  for (const id of ['file-size', 'modules', 'jspi', 'compile-time', 'instantiate-time']) {
    $(id).textContent = '';
  }
  $('timings').hidden = true;
  $('args-hint').hidden = component.example !== 'command';
  for (const pane of Object.values(panes)) pane.clear();
  results.clear();
  timeline.clear();
  say('Nothing has run yet.');
  load();
}

/** Compiles the component in a new worker; the old one ends, and what runs in it. */
function load() {
  worker?.terminate();
  worker = new Worker('worker.mjs', { type: 'module', name: 'guest' });
  worker.addEventListener('message', ({ target, data }) => {
    // One that was ended may still have something on its way.
    if (target === worker) heard[data.type](data);
  });
  worker.addEventListener('error', ({ message }) => {
    // Without a message it is a module that cannot be loaded.
    const text = message ?? 'tidegate cannot be loaded: `npm run build` makes pkg/';
    heard.failed({ during: 'compile', error: { name: 'Error', message: text } });
  });
  const { source, name } = chosen;
  post({ type: 'compile', source, name });
  become('compiling');
  wanted = false;
  $('component').textContent = `Compiling ${name}…`;
  $('component').className = '';
}

/** A new instance for calls; what the old one gave is gone. */
function renew(text) {
  if (state === 'compiling' || state === 'broken') return;
  results.abandon('cut off');
  resources.clear();
  timeline.cut();
  become('ready');
  say(text);
  post({ type: 'instantiate', stubs, delay: Number($('delay').value) });
}

function run() {
  wanted = false;
  let env;
  try {
    env = readEnvironment($('env').value);
  } catch (error) {
    $('env').focus();
    return say(error.message, 'bad');
  }
  for (const name of ['stdout', 'stderr']) panes[name].clear();
  for (const id of ['instantiate-time', 'first-time', 'run-time']) $(id).textContent = '';
  results.abandon('cut off');
  resources.clear();
  timeline.clear();
  become('running');
  say('Running…');
  const args = splitArguments($('args').value);
  const [stdin, pace, delay] = [
    $('stdin').value,
    Number($('pace').value),
    Number($('delay').value),
  ];
  post({ type: 'run', args, env, stdin, pace, stubs, delay });
}

/** @param {import('./functions.mjs').Call} made */
function call({ func, path, args, title, names }) {
  if (state === 'broken' || state === 'compiling') return;
  $('returned').hidden = false;
  if (results.pending === 0) timeline.restart();
  const number = results.begin(func, title, names);
  become(state);
  say(`Calling ${title}…`);
  post({ type: 'call', call: number, path, args });
}

function busy() {
  return state === 'running' || results.pending > 0;
}

/** There is no asking: a component that loops would not hear it. */
function stop() {
  endPanes();
  results.abandon('stopped');
  resources.clear();
  timeline.cut();
  say('Stopped.');
  load();
}

/** What the worker says, by `type`. */
const heard = {
  compiled({ time, size, world }) {
    const again = !$('world').hidden;
    $('component').textContent = `${chosen.name} is ready.`;
    $('compile-time').textContent = milliseconds(time);
    $('file-size').textContent = bytesText(size);
    $('modules').textContent = modulesText(world);
    $('jspi').textContent = 'no';
    // After a stop, forms that are filled in stay: the component is the same.
    if (!again) show(world);
    become('ready');
    if (wanted) run();
    else post({ type: 'instantiate', stubs, delay: Number($('delay').value) });
  },
  missing({ missing, stubs: stubbed }) {
    showMissing(missing, stubbed);
    if (stubbed) return;
    say('Imports are missing, so there is no instance.', 'bad');
    become('ready');
  },
  started({ time, at }) {
    started = at;
    $('instantiate-time').textContent = milliseconds(time);
  },
  output({ stream, bytes, at }) {
    $(`${stream}-pane`).hidden = false;
    if (stream === 'stdout') $('first-time').textContent ||= milliseconds(at - started);
    panes[stream].write(bytes);
    post({ type: 'taken', stream, length: bytes.length });
  },
  ended({ time, code, trap }) {
    endPanes();
    $('run-time').textContent = milliseconds(time);
    become('ready');
    if (trap !== undefined) say(`Trapped: ${trap}`, 'bad');
    else say(`Exit code ${code}`, code === 0 ? 'good' : 'bad');
  },
  result(message) {
    const text = results.end(message);
    if (text === undefined) return;
    become(state);
    const more = message.locked ? '. The store is locked: make a new instance to go on' : '';
    say(text + more, message.error || !message.ok ? 'bad' : 'good');
  },
  resource(message) {
    resources.change(message);
  },
  chunk(message) {
    results.chunk(message);
  },
  closed(message) {
    results.closed(message);
  },
  stub({ func, params, result }) {
    $('stubs-pane').hidden = false;
    panes.stubs.line(`${func}(${params}) returned ${result}`, 'calls');
  },
  trace({ events, lost }) {
    timeline.add(events, lost);
  },
  failed({ during, error }) {
    const text = `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}`;
    if (during !== 'compile') {
      endPanes();
      become('ready');
      say(text, 'bad');
      return;
    }
    become('broken');
    $('component').textContent = `${chosen.name}: ${text}`;
    $('component').className = 'bad';
    const jspi = needsJspi(error);
    if (jspi) $('jspi').textContent = `yes, for ${jspi}, which is refused`;
  },
};

function show(world) {
  resources.load(world);
  const command = world.exports.some(({ name }) => name.startsWith('wasi:cli/run@0.3'));
  for (const id of ['command', 'stdout-pane', 'stderr-pane']) $(id).hidden = !command;
  $('timings').hidden = !command;
  showWorld(world, { text: $('world-text'), interfaces: $('interfaces') });
  $('world').hidden = false;
  const { element, count } = functionForms(world, resources, call);
  $('function-list').replaceChildren(element);
  $('functions').hidden = count === 0;
  $('filter-line').hidden = count < 12;
  $('filter').value = '';
}

function showMissing(missing, stubbed) {
  $('missing').hidden = false;
  $('missing').classList.toggle('stubbed', stubbed);
  $('missing-title').textContent = stubbed
    ? 'Stubs in place of missing imports'
    : 'Missing imports';
  $('missing-text').textContent = stubbed
    ? 'They are no part of the component: each says below that it was called, and returns the plainest value of its type.'
    : 'WASI is provided. Nobody provides these; stubs would say that they were called, and return the plainest value of their type.';
  const count = missing.length === 1 ? 'One import' : `${missing.length} imports`;
  $('missing-summary').textContent = count;
  const lines = missing.map(({ name, wanted }) => `${name}: ${wanted}`);
  $('missing-list').textContent = lines.join('\n').slice(0, 100_000);
  $('stub').textContent = stubbed ? 'Remove the stubs' : 'Use stubs';
}

function become(next) {
  state = next;
  const running = state === 'running';
  $('run').textContent = running ? 'Stop' : 'Run';
  $('run').classList.toggle('running', running);
  // Not while it compiles: a button that is disabled loses the focus.
  $('run').disabled = state === 'broken';
  $('stop').hidden = results.pending === 0;
}

function endPanes() {
  for (const pane of Object.values(panes)) pane.end();
}

function say(text, kind = '') {
  $('status').textContent = text;
  $('status').className = kind;
}
