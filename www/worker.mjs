/**
 * The guest's side of the page, in a worker: whatever a component does, even looping for ever,
 * the page stays usable, and ending the worker ends the component.
 *
 * Enters, from the page: `{ type: 'compile', source, name }`, where `source` is a URL or the bytes,
 * and then `{ type: 'run', args, env, stdin, pace }`, once at a time; `{ type: 'taken', stream, length }`
 * for each output. Leaves: `compiled`, `started`, `output`, `ended` and `failed`, as `page.mjs` reads
 * them.
 *
 * The package is named by its path because import maps do not reach workers.
 */

import { WasiExit, wasi } from './pkg/dist/wasi-web.js';
import { Component, ComponentError, ComponentTrap, Store } from './pkg/dist/web.js';

const RUN = 'wasi:cli/run@';
/** Most bytes that are on their way to the page; a component that writes more waits. */
const AHEAD = 4_000_000;

const told = { compile, run, taken };
/** Of each output of the component that runs. */
const flows = {};
let component;
let name;

addEventListener('message', async ({ data }) => {
  try {
    await told[data.type](data);
  } catch (error) {
    postMessage({ type: 'failed', message: String(error).replace(/^Error: /, '') });
  }
});

async function compile({ source, name: given }) {
  const start = performance.now();
  component =
    typeof source === 'string'
      ? await Component.compileStreaming(get(source))
      : await Component.compile(source);
  const time = performance.now() - start;
  name = given;
  const { imports, exports } = component;
  postMessage({ type: 'compiled', time, imports, exports });
}

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
  return response;
}

async function run({ args, env, stdin, pace }) {
  const command = component.exports.find((item) => item.name.startsWith(RUN))?.name;
  if (!command) throw new Error(`not a command: it does not export ${RUN.slice(0, -1)}`);
  const given = pace === 0 ? stdin : paced(stdin, pace);
  const [stdout, stderr] = [output('stdout'), output('stderr')];
  const imports = wasi({ args: [name, ...args], env, stdin: given, stdout, stderr });
  const start = performance.now();
  // A guest that waits for nothing is then an error, and not a page that shows nothing for ever.
  const store = new Store({ deadlock: 'error' });
  const instance = await component.instantiate(imports, { store });
  const started = performance.now();
  postMessage({ type: 'started', time: started - start, at: started });
  const outcome = await settled(instance.exports[command]);
  postMessage({ type: 'ended', time: performance.now() - started, ...outcome });
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

/** Standard input, a line every `pace` milliseconds, and only when the component reads. */
async function* paced(text, pace) {
  const encoder = new TextEncoder();
  let wait = false;
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (wait) await new Promise((resolve) => setTimeout(resolve, pace));
    wait = true;
    yield encoder.encode(line);
  }
}

/** An output of the component: each chunk goes to the page, which says when it has taken it. */
function output(stream) {
  const flow = { ahead: 0, goOn: undefined };
  flows[stream] = flow;
  return (chunk) => {
    // A copy: the chunk may be a window onto a larger buffer, all of which would be cloned.
    const bytes = chunk.slice();
    flow.ahead += bytes.length;
    postMessage({ type: 'output', stream, bytes, at: performance.now() }, [bytes.buffer]);
    if (flow.ahead < AHEAD) return undefined;
    return new Promise((resolve) => {
      flow.goOn = resolve;
    });
  };
}

function taken({ stream, length }) {
  const flow = flows[stream];
  flow.ahead -= length;
  if (flow.ahead < AHEAD) flow.goOn?.();
}
