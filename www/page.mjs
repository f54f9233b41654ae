/** The page: what is typed goes to the worker, what the worker says is shown. */

import { interfacesText } from './interfaces.mjs';
import { Pane } from './pane.mjs';
import { readEnvironment, splitArguments } from './words.mjs';

const BUNDLED = { source: 'guests/command.component.wasm', name: 'command.component.wasm' };

const $ = (id) => document.getElementById(id);
const panes = {
  stdout: new Pane($('stdout'), $('stdout-size')),
  stderr: new Pane($('stderr'), $('stderr-size')),
};

/** What is compiled, or being compiled. */
let chosen = BUNDLED;
/** @type {Worker} */
let worker;
/** @type {'compiling' | 'broken' | 'ready' | 'running'} */
let state;
/** Whether it is to run as soon as it is compiled. */
let wanted = false;
/** When the running command was started, by the worker's clock. */
let started;

load(BUNDLED);

$('command').addEventListener('submit', (event) => {
  event.preventDefault();
  if (state === 'running') stop();
  else if (state === 'ready') run();
  else wanted = true;
});

addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && state !== 'running') {
    event.preventDefault();
    $('command').requestSubmit();
  } else if (event.key === 'Escape' && state === 'running') {
    stop();
  }
});

$('file').addEventListener('change', async () => {
  const [file] = $('file').files;
  if (!file) return;
  try {
    // Read once: a file that has changed since it was chosen cannot be read again after a stop.
    load({ source: await file.arrayBuffer(), name: file.name });
  } catch (error) {
    say(`${file.name} cannot be read: ${error.message}`, 'bad');
  }
});

$('bundled').addEventListener('click', () => {
  $('file').value = '';
  load(BUNDLED);
});

/** Compiles a component in a new worker; the old one ends, and what runs in it. */
function load(component) {
  chosen = component;
  worker?.terminate();
  worker = new Worker('worker.mjs', { type: 'module', name: 'guest' });
  worker.addEventListener('message', ({ target, data }) => {
    // One that was ended may still have something on its way.
    if (target === worker) heard[data.type](data);
  });
  worker.addEventListener('error', ({ message }) => {
    // Without a message it is a module that cannot be loaded.
    heard.failed({ message: message ?? 'tidegate cannot be loaded: `npm run build` makes pkg/' });
  });
  worker.postMessage({ type: 'compile', ...component });
  become('compiling');
  wanted = false;
  $('bundled').hidden = component === BUNDLED;
  $('component').textContent = `Compiling ${component.name}…`;
  $('component').className = '';
  $('interfaces').textContent = '';
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
  for (const pane of Object.values(panes)) pane.clear();
  for (const id of ['instantiate-time', 'first-time', 'run-time']) $(id).textContent = '';
  become('running');
  say('Running…');
  const args = splitArguments($('args').value);
  const [stdin, pace] = [$('stdin').value, Number($('pace').value)];
  worker.postMessage({ type: 'run', args, env, stdin, pace });
}

/** There is no asking: a component that loops would not hear it. */
function stop() {
  endPanes();
  say('Stopped.');
  load(chosen);
}

/** What the worker says, by `type`. */
const heard = {
  compiled({ time, imports, exports }) {
    become('ready');
    $('component').textContent = `${chosen.name} is ready.`;
    $('compile-time').textContent = milliseconds(time);
    $('interfaces').textContent = interfacesText(imports, exports);
    if (wanted) run();
  },
  started({ time, at }) {
    started = at;
    $('instantiate-time').textContent = milliseconds(time);
  },
  output({ stream, bytes, at }) {
    if (stream === 'stdout') $('first-time').textContent ||= milliseconds(at - started);
    panes[stream].write(bytes);
    worker.postMessage({ type: 'taken', stream, length: bytes.length });
  },
  ended({ time, code, trap }) {
    endPanes();
    $('run-time').textContent = milliseconds(time);
    become('ready');
    if (trap !== undefined) say(`Trapped: ${trap}`, 'bad');
    else say(`Exit code ${code}`, code === 0 ? 'good' : 'bad');
  },
  failed({ message }) {
    if (state === 'running') {
      endPanes();
      become('ready');
      say(message, 'bad');
    } else {
      become('broken');
      $('component').textContent = message;
      $('component').className = 'bad';
    }
  },
};

function become(next) {
  state = next;
  const running = state === 'running';
  $('run').textContent = running ? 'Stop' : 'Run';
  $('run').classList.toggle('running', running);
  // Not while it compiles: a button that is disabled loses the focus.
  $('run').disabled = state === 'broken';
}

function endPanes() {
  for (const pane of Object.values(panes)) pane.end();
}

function say(text, kind = '') {
  $('status').textContent = text;
  $('status').className = kind;
}

function milliseconds(time) {
  return `${time.toFixed(time < 10 ? 1 : 0)} ms`;
}
