/** What both the page and Node do with the component, once they are connected to it. */

export async function program({ load, call }, bytes) {
  await load(bytes);
  const { words } = await call('count', 'counted in a worker');
  const upper = await call('upper', new Blob(['from here, ', 'through there']).stream());
  const text = await new Response(upper).text();
  const translated = await call('translate', 'desserts live');
  const parsed = await call('parse', 'nothing').catch(({ name, payload }) => `${name}: ${payload}`);
  return { words, text, translated, parsed };
}
