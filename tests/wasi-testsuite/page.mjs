/** Runs in a page: a component with what `tidegate run` and `tidegate serve` give it, as far as a page has it. */

import {
  LoopbackNetwork,
  MemoryDirectory,
  toFetchHandler,
  WasiExit,
  wasi,
} from '/pkg/dist/wasi-web.js';
import { Component, ComponentError, Store } from '/pkg/dist/web.js';

const network = new LoopbackNetwork();
const { readable: stdin, writable } = new TransformStream();
const input = writable.getWriter();
const connections = new Map();
let handler;

/** What was written is told in order; the one who tells answers nothing. */
const sink = (name) => {
  const decoder = new TextDecoder();
  return (chunk) => globalThis.output(name, decoder.decode(chunk, { stream: true }));
};

globalThis.start = async ({ name, world, proposals, args, env, files, opfs }) => {
  const component = await Component.compileStreaming(fetch(`/components/${name}.wasm`));
  const imports = wasi({
    args: [`${name}.wasm`, ...args],
    env,
    stdin,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    preopens: files && { '/': opfs ? await inOpfs(name, files) : new MemoryDirectory(files) },
    http: proposals.includes('http'),
    // A page has no sockets to grant or to deny but these, which two tests make without asking for the proposal.
    network,
  });
  const store = new Store({ deadlock: 'error' });
  const instance = await component.instantiate(imports, { store });
  if (world === 'wasi:http/service') handler = toFetchHandler(instance);
  else finish(instance).then(globalThis.ended);
};

/** A fresh folder of the browser's private file system, with these files. */
async function inOpfs(name, files) {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(name, { recursive: true }).catch(() => {});
  const folder = await root.getDirectoryHandle(name, { create: true });
  for (const [file, text] of Object.entries(files)) {
    const handle = await folder.getFileHandle(file, { create: true });
    const writer = await handle.createWritable();
    await writer.write(text);
    await writer.close();
  }
  return folder;
}

/** Not awaited by `start`: the test goes on while the component runs. */
async function finish({ exports }) {
  const name = Object.keys(exports).find((key) => key.startsWith('wasi:cli/run@0.3'));
  try {
    await exports[name].run();
    return 0;
  } catch (error) {
    if (error instanceof ComponentError) return 1;
    if (error.cause instanceof WasiExit) return error.cause.code;
    globalThis.output('stderr', String(error.message));
    return 134;
  }
}

globalThis.write = (text) => input.write(new TextEncoder().encode(text));
globalThis.endInput = () => {
  input.close().catch(() => {});
};

globalThis.connect = async (id, host, port) => {
  const { TcpSocket } = wasi({ network })['wasi:sockets/types@0.3'];
  const socket = TcpSocket.create('ipv4');
  await socket.connect({ tag: 'ipv4', val: { port, address: host.split('.').map(Number) } });
  const { readable, writable } = new TransformStream();
  socket.send(readable);
  connections.set(id, writable.getWriter());
  const [received] = socket.receive();
  received.pipeTo(new WritableStream({ write: sink(id) }));
};
globalThis.send = (id, text) => connections.get(id).write(new TextEncoder().encode(text));

globalThis.request = async ({ path, ...options }) => {
  const response = await handler(new Request(new URL(path, location.href), options));
  const headers = [...response.headers];
  return { status: response.status, headers, body: await response.text() };
};
