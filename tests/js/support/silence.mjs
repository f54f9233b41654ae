/** A server that takes requests and answers none. */

import { once } from 'node:events';
import http from 'node:http';

/** `use` gets its URL, and counts: `asked` of the requests that came, `left` of those that were given up. */
export async function silence(use) {
  const seen = { asked: 0, left: 0 };
  const server = http.createServer((_, answer) => {
    seen.asked++;
    answer.on('close', () => seen.left++);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    await use(`http://127.0.0.1:${server.address().port}/`, seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
