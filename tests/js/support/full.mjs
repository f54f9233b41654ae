/** An address on which connections hang: somebody listens, whose queue of connections is full, and takes none. */

import net from 'node:net';
import { Worker } from 'node:worker_threads';

/** Connections that the queue has room for, and more. */
const MOST = 64;

const LISTEN = `
const { parentPort } = require('node:worker_threads');
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  // The event loop, which would take connections, does not turn any more.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** Calls `use` with the port. */
export async function whereConnectionsHang(use) {
  const worker = new Worker(LISTEN, { eval: true });
  const sockets = [];
  try {
    const port = await new Promise((resolve) => worker.once('message', resolve));
    for (let full = false; !full; ) {
      if (sockets.length === MOST)
        throw new Error('the system takes connections that nobody takes');
      const socket = net.connect(port, '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      full = await new Promise((resolve) => {
        const timer = setTimeout(() => resolve(true), 300);
        socket.once('connect', () => {
          clearTimeout(timer);
          resolve(false);
        });
      });
    }
    await use(port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await worker.terminate();
  }
}
