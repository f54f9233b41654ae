/**
 * What the package does on an engine, each a check by its name: `deno run -A smoke.mjs NAME…`, `bun smoke.mjs NAME…`. Runs in a folder
 * with the package in node_modules and the guests. Prints a line of JSON for each: what was seen, or the error.
 */

import { readFile } from 'node:fs/promises';
import { Component, Store } from 'tidegate';
import { MemoryDirectory, serve, toFetchHandler, wasi } from 'tidegate/wasi';

const guest = async (name) => Component.compile(await readFile(`${name}.component.wasm`));

/** Serves a function from `Request` to `Response` as the engine does. */
function listen(handler) {
  if ('Deno' in globalThis) {
    const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, handler);
    return { port: server.addr.port, stop: () => server.shutdown() };
  }
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 60, fetch: handler });
  return { port: server.port, stop: () => server.stop(true) };
}

async function run(name, options) {
  const component = await guest(name);
  let stdout = '';
  const decoder = new TextDecoder();
  const write = (chunk) => {
    stdout += decoder.decode(chunk, { stream: true });
  };
  const imports = wasi({ ...options, stdout: write });
  const instance = await component.instantiate(imports, { store: new Store() });
  const main = component.exports.find(({ name: own }) => own.startsWith('wasi:cli/run@'));
  await instance.exports[main.name].run();
  return stdout;
}

const service = async () => (await guest('service')).instantiate(wasi({ http: true }));

const CHECKS = {
  async describe() {
    const component = await guest('command');
    return component.exports.map(({ name }) => name.replace(/@.*/, ''));
  },

  command: () => run('command', { args: ['command'], stdin: 'one\ntwo\n' }),

  async files() {
    const memory = await run('std-files', {
      args: ['files', '/'],
      preopens: { '/': new MemoryDirectory() },
    });
    return {
      memory,
      disk: await run('std-files', { args: ['files', '/'], preopens: { '/': '.' } }),
    };
  },

  /** Node's HTTP server and client, as far as the engine has them. */
  async serve() {
    const server = await serve(await service(), { host: '127.0.0.1' });
    const upper = await fetch(`${server.url}/upper`, { method: 'POST', body: 'shout' });
    const forwarded = await fetch(`${server.url}/forward?${server.url}/count/100000`);
    const seen = [await upper.text(), (await forwarded.arrayBuffer()).byteLength];
    await server.close({ grace: 0 });
    return seen;
  },

  /** The engine's own server. */
  async fetch() {
    const handler = toFetchHandler(await service());
    const errors = [];
    const { port, stop } = listen(async (request) => {
      try {
        return await handler(request);
      } catch (error) {
        errors.push(String(error));
        return new Response(null, { status: 500 });
      }
    });
    const url = `http://127.0.0.1:${port}`;
    const greeting = await (await fetch(url)).text();
    const echo = await fetch(`${url}/echo`, {
      method: 'POST',
      body: 'there and back',
      headers: { 'x-a': 'b' },
    });
    const large = await (await fetch(`${url}/count/3000000`)).arrayBuffer();
    const endless = await fetch(`${url}/endless`);
    const reader = endless.body.getReader();
    const first = (await reader.read()).value.length > 0;
    await reader.cancel();
    const after = await (await fetch(url)).text();
    await stop();
    const echoed = [await echo.text(), echo.headers.get('x-a')];
    return { greeting, echoed, large: large.byteLength, first, after, errors };
  },

  async waiting() {
    const component = await Component.compile(await readFile('blocking.component.wasm'), {
      features: ['async-builtins', 'async-stackful'],
    });
    const soon = () => new Promise((resolve) => setTimeout(resolve, 5, 41));
    const imports = { soon, never: soon, text: async () => '', poll: (n) => n, log() {} };
    const { exports } = await component.instantiate(imports);
    return exports.call();
  },

  async sockets() {
    const imports = wasi({ network: ['127.0.0.1'] });
    const { TcpSocket } = imports['wasi:sockets/types@0.3'];
    const address = (port) => ({ tag: 'ipv4', val: { port, address: [127, 0, 0, 1] } });
    const server = TcpSocket.create('ipv4');
    server.bind(address(0));
    const connections = server.listen().getReader();
    const { port } = server.getLocalAddress().val;
    const client = TcpSocket.create('ipv4');
    await client.connect(address(port));
    const { value: peer } = await connections.read();
    const sent = client.send(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('across'));
          controller.close();
        },
      }),
    );
    const got = await new Response(peer.receive()[0]).text();
    const result = { got, sent: (await sent).tag };
    await connections.cancel();
    return result;
  },
};

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(CHECKS)) {
  let report;
  try {
    report = { name, seen: await CHECKS[name]() };
  } catch (error) {
    report = { name, error: String(error?.stack ?? error) };
  }
  console.log(JSON.stringify(report));
}
process.exit(0);
