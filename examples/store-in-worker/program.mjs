/** What both the page and Node do with the component, once they are connected to it. */

export async function program({ load, call }, bytes) {
  await load(bytes);
  const { words } = await call('count', 'counted in a worker');
  const upper = await call('upper', new Blob(['from here, ', 'through there']).stream());
  const text = await new Response(upper).text();
  const endless = await giveUp(call);
  const translated = await call('translate', 'desserts live');
  const parsed = await call('parse', 'nothing').catch(({ name, payload }) => `${name}: ${payload}`);
  return { words, text, endless, translated, parsed };
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
