/**
 * The guest's side of the page, in a worker: whatever a component does, even looping for ever,
 * the page stays usable, and ending the worker ends the component.
 *
 * Enters, from the page, by `type`:
 * - `compile`: `{ source, name }`, where `source` is a URL or the bytes
 * - `instantiate`: `{ args, env, stdin, pace, stubs, delay }`, for calls; `run` likewise, and then the command runs
 * - `call`: `{ call, path, args }`, `path` being the names of the interface, if any, and the function; `cancel`: `{ call }`
 * - `drop`: `{ handle }`; `unread`: `{ end }`, of a stream that nobody wants any more
 * - `taken`: `{ stream, length }`, for each output and chunk
 *
 * Leaves: `compiled`, `missing`, `started`, `output`, `ended`, `result`, `resource`, `chunk`, `closed`, `stub`, `trace` and
 * `failed`, as `page.mjs` reads them.
 *
 * The package is named by its path because import maps do not reach workers.
 */

import { Flow } from './flow.mjs';
import { Handles } from './handles.mjs';
import { camel, funcName, pascal } from './names.mjs';
import { WasiExit, wasi } from './pkg/dist/wasi-web.js';
import {
  Component,
  ComponentError,
  ComponentLinkError,
  ComponentTrap,
  Store,
} from './pkg/dist/web.js';
import { withStubs } from './stubs.mjs';
import { TraceLog } from './tracelog.mjs';
import { fromPage, toPage, wait } from './wire.mjs';

const RUN = 'wasi:cli/run@';

const post = (message, transfer = []) => postMessage(message, transfer);
let trace = new TraceLog(post);
/** Of each output of the instance. */
const flows = {};
/** Of the calls that are pending. */
const controllers = new Map();
let component;
let world;
let name;
/** @type {Handles} */
let handles;
/** @type {import('./pkg/dist/web.js').Instance | undefined} */
let instance;
/** Settled when no instance is being made. */
let making = Promise.resolve();

const told = {
  async compile({ source, name: given }) {
    const bytes = typeof source === 'string' ? await get(source) : source;
    const start = performance.now();
    component = await Component.compile(bytes);
    const time = performance.now() - start;
    name = given;
    world = component.describe();
    post({ type: 'compiled', time, size: bytes.byteLength, world });
  },

  async instantiate(settings) {
    await makeInstance(settings);
  },

  async run(settings) {
    const command = component.exports.find((item) => item.name.startsWith(RUN))?.name;
    if (!command) throw new Error(`not a command: it does not export ${RUN.slice(0, -1)}`);
    if (!(await makeInstance(settings))) return;
    const start = performance.now();
    const outcome = await settled(instance.exports[command]);
    trace.flush();
    post({ type: 'ended', time: performance.now() - start, ...outcome });
  },

  async call({ call, path, args }) {
    await making;
    trace.reset();
    const func = find(path);
    // Those of this instance, also when there is another one by the time that it returns.
    const own = handles;
    const start = performance.now();
    const controller = new AbortController();
    controllers.set(call, controller);
    let outcome;
    try {
      const given = args.map((arg, i) => fromPage(func.params[i].type, arg, own));
      const value = await invoke(func, path, given, controller.signal);
      const type = func.result?.kind === 'result' ? func.result.ok : func.result;
      outcome = { value: type && toPage(type, value, own), ok: true };
    } catch (error) {
      outcome = failure(func, error, own);
    }
    controllers.delete(call);
    trace.flush();
    const locked = instance?.store.trap !== undefined;
    post({ type: 'result', call, time: performance.now() - start, locked, ...outcome });
  },

  cancel({ call }) {
    controllers.get(call)?.abort();
  },
  drop({ handle }) {
    handles.drop(handle);
  },
  unread({ end }) {
    handles.cancel(end);
  },
  taken({ stream, length }) {
    if (typeof stream === 'number') handles.taken(stream, length);
    else flows[stream].taken(length);
  },
};

addEventListener('message', async ({ data }) => {
  try {
    await told[data.type](data);
  } catch (error) {
    trace.flush();
    post({ type: 'failed', during: data.type, error: errorOf(error) });
  }
});

/** One after the other, so that the last one asked for is the one that stays. */
function makeInstance(settings) {
  const made = making.then(() => instantiate(settings));
  making = made.catch(() => {});
  return made;
}

/** A new instance in a new store; false when imports are missing, which the page is told. */
async function instantiate({ args = [], env = {}, stdin, pace = 0, stubs, delay = 0 }) {
  instance = undefined;
  handles?.close();
  handles = new Handles(world, post, errorOf);
  trace.close();
  trace = new TraceLog(post);
  const input = pace === 0 ? stdin : paced(stdin, pace);
  const [stdout, stderr] = [output('stdout'), output('stderr')];
  const given = wasi({ args: [name, ...args], env, stdin: input, stdout, stderr });
  const start = performance.now();
  // A guest that waits for nothing is then an error, and not a page that shows nothing for ever.
  const make = (imports) =>
    component.instantiate(imports, { store: new Store({ deadlock: 'error', trace: trace.add }) });
  try {
    instance = await make(given);
  } catch (error) {
    if (!(error instanceof ComponentLinkError)) throw error;
    const { missing } = error;
    post({ type: 'missing', missing, stubs });
    if (!stubs) return false;
    const called = (func, params, result) => post({ type: 'stub', func, params, result });
    instance = await make(withStubs(world, missing, given, { delay, called }));
  }
  const now = performance.now();
  post({ type: 'started', time: now - start, at: now });
  return true;
}

/** Runs the command: its exit code, or what went wrong. */
async function settled(command) {
  try {
    await command.run();
    return { code: 0 };
  } catch (error) {
    if (error instanceof ComponentError) return { code: 1 };
    if (!(error instanceof ComponentTrap)) throw error;
    if (error.cause instanceof WasiExit) return { code: error.cause.code };
    return { trap: error.message };
  }
}

/** The described function at a path. */
function find(path) {
  const items =
    path.length === 1 ? world.exports : world.exports.find((item) => item.name === path[0]).items;
  return items.find((item) => item.kind === 'func' && item.name === path.at(-1));
}

function invoke(func, path, args, signal) {
  if (!instance) throw new Error('there is no instance: its imports are missing');
  const { kind, resource, name: member } = funcName(func.name);
  const scope = path.length === 1 ? instance.exports : instance.exports[path[0]];
  const options = func.async ? [{ signal }] : [];
  switch (kind) {
    case 'plain':
      return scope[camel(member)](...args, ...options);
    case 'constructor':
      return new scope[pascal(resource)](...args);
    case 'static':
      return scope[pascal(resource)][camel(member)](...args, ...options);
    default:
      return args[0][camel(member)](...args.slice(1), ...options);
  }
}

/** Of the function's own `result`, the error; of everything else, what class of failure it is. */
function failure({ result }, error, own) {
  if (error instanceof ComponentError && result?.kind === 'result') {
    return { ok: false, value: result.err && toPage(result.err, error.payload, own) };
  }
  return { error: errorOf(error) };
}

/** What the page shows of an error. */
function errorOf(error) {
  if (!(error instanceof Error) && !(error instanceof DOMException)) {
    return { name: 'Error', message: String(error) };
  }
  const { name: own, message, code, construct, cause } = error;
  const because = cause instanceof WasiExit ? `exit code ${cause.code}` : cause?.message;
  return { name: own, message, code, construct, cause: because };
}

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
  return response.arrayBuffer();
}

/** Standard input, a line every `pace` milliseconds, and only when the component reads. */
async function* paced(text, pace) {
  const encoder = new TextEncoder();
  let later = false;
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (later) await wait(pace);
    later = true;
    yield encoder.encode(line);
  }
}

/** An output of the component: each chunk goes to the page, which says when it has taken it. */
function output(stream) {
  const flow = new Flow();
  flows[stream] = flow;
  return (chunk) => {
    // A copy: the chunk may be a window onto a larger buffer, all of which would be cloned.
    const bytes = chunk.slice();
    const { length } = bytes;
    post({ type: 'output', stream, bytes, at: performance.now() }, [bytes.buffer]);
    return flow.sent(length);
  };
}
