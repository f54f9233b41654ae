/** What both the page and Node do with the component. `start` makes a worker: the port to it, and how it is ended. */

import { connect } from './connect.mjs';
import { withDeadline } from './deadline.mjs';
import { endless } from './endless.mjs';

export async function program(start, bytes) {
  const { port, end } = start();
  const { load, call } = connect(port);
  await load(bytes);
  const { words } = await call('count', 'counted in a worker');
  const upper = await call('upper', new Blob(['from here, ', 'through there']).stream());
  const text = await new Response(upper).text();
  const stopped = await giveUp(call);
  const translated = await call('translate', 'desserts live');
  const parsed = await call('parse', 'nothing').catch(({ name, payload }) => `${name}: ${payload}`);
  // Whatever the component does, this ends it.
  end();
  const late = await computesForEver(start);
  return { words, text, stopped, translated, parsed, late };
}

/** A call that is never answered, in a worker that is ended for it. */
async function computesForEver(start) {
  const { port, end } = start();
  const connection = connect(port);
  await connection.load(endless);
  const { call } = withDeadline(connection, 1000, end);
  return call('compute').catch(({ name }) => name);
}

/** Reads a part of what a component makes of a stream without end; that the rest is not wanted gets through to its source. */
async function giveUp(call) {
  const line = new TextEncoder().encode('tide after tide\n');
  let stream;
  const stopped = new Promise((resolve) => {
    stream = new ReadableStream({
      pull: (controller) => controller.enqueue(line),
      cancel: () => resolve('stopped'),
    });
  });
  const reader = (await call('upper', stream)).getReader();
  await reader.read();
  await reader.cancel();
  return stopped;
}
