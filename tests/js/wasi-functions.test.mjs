/** Every function of WASI 0.3 on Node: on a real folder and in memory, on real sockets and inside of the program. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LoopbackNetwork, MemoryDirectory, wasi } from '../../pkg/dist/wasi-node.js';
import { CHECKS, called, check } from '../wasi/checks.mjs';
import { all, provided } from '../wasi/recorder.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'tidegate-functions-'));
const server = http.createServer((_, response) => response.end('served'));
const target = { authority: '', path: '/', text: 'served' };

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  target.authority = `127.0.0.1:${server.address().port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(scratch, { recursive: true, force: true });
});

const has = { links: true, times: true, connecting: true };
const PLATFORMS = {
  "this machine's": {
    folder: () => mkdtempSync(join(scratch, 'root-')),
    network: true,
  },
  'in memory': { folder: () => new MemoryDirectory(), network: new LoopbackNetwork() },
};

test('wasi() gives every function', () => {
  assert.deepEqual(provided(wasi()), all());
  assert.equal(all().length, 128, 'without `run` and `handle`, which components export');
});

for (const [name, platform] of Object.entries(PLATFORMS)) {
  describe(name, () => {
    for (const key of Object.keys(CHECKS)) {
      test(key, () => check(key, { wasi, has, server: target, ...platform }));
    }
  });
}

test('every function was called', () => {
  assert.deepEqual(
    all().filter((full) => !called.has(full)),
    [],
  );
});
