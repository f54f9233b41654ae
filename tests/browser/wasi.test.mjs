/** WASI in a page, on what a browser has: memory, its private file system, fetch, a service worker. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { deferred } from '../js/support/time.mjs';
import { inBrowsers } from './browsers.mjs';

inBrowsers('WASI', 'fixtures/wasi.html', (visit) => {
  const files = {
    written: 'ok',
    whole: 'HEllo world!',
    rest: 'world!',
    size: 5,
    same: true,
    names: ['folder directory', 'moved.txt regular-file'],
    codes: [
      'no-entry',
      'not-permitted',
      'is-directory',
      'exist',
      'not-directory',
      'is-directory',
      'not-directory',
    ],
  };

  test('files in memory', async () => {
    assert.deepEqual(await check('files', 'memory'), files);
  });

  test("files in the browser's private file system, which stay across a reload", async () => {
    assert.deepEqual(await check('files', 'opfs'), files);
    await visit.page.reload();
    assert.equal(await check('kept'), 'HEllo');
  });

  test('a terminal that the page draws: typed into and written to while a component runs', async () => {
    assert.deepEqual(await check('terminal'), {
      has: true,
      shown: '     1  first\n     2  second\n',
    });
  });

  test('sockets: not supported, but for a network inside of the page', async () => {
    assert.deepEqual(await check('sockets'), {
      denied: 'not-supported',
      got: 'across',
      sent: 'ok',
    });
  });

  test('an HTTP service answers requests, and sends its own by fetch', async () => {
    assert.deepEqual(await check('service'), { upper: 'SHOUT', forwarded: true });
  });

  test('requests by fetch: what does not come in time, and what nobody waits for', async () => {
    const { server, left } = await keepsWaiting();
    try {
      assert.deepEqual(await check('waiting', `127.0.0.1:${server.address().port}`), {
        silent: 'HTTP-response-timeout',
        slow: ['begin, end', 'ok'],
        stalled: ['begin, ', 'connection-read-timeout'],
        cancelled: 'given up',
        unread: 200,
      });
      for (let i = 0; left.size < 5 && i < 500; i++) await delay(10);
      assert.deepEqual([...left].sort(), [
        '/dropped',
        '/given-up',
        '/silent',
        '/stalled',
        '/unread',
      ]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    // What is given up is a failure to whoever watches the network, perhaps a moment later.
    await visit.page.goto('about:blank');
    visit.problems.splice(0);
  });

  test('a service worker answers fetches from a component, bodies streaming', async (t) => {
    const seen = await check('worker');
    // Not every browser has service workers that are modules.
    if (seen.unsupported) return t.skip(seen.unsupported);
    assert.deepEqual(seen, {
      greeting: 'Hello from a component\n',
      posted: 'FROM A PAGE',
      streamed: 3_000_000,
    });
  });

  /** A server that answers late, in part or not at all; `left` are the paths that were given up. */
  async function keepsWaiting() {
    const left = new Set();
    const both = { '/given-up': deferred(), '/dropped': deferred() };
    const server = http.createServer(async ({ url }, answer) => {
      both[url]?.resolve();
      answer.on('close', () => {
        if (!answer.writableFinished) left.add(url);
      });
      if (url === '/both') await Promise.all(Object.values(both).map(({ promise }) => promise));
      else if (!['/slow', '/stalled', '/unread'].includes(url)) return;
      answer.writeHead(200, { 'access-control-allow-origin': '*' });
      if (url === '/both') return answer.end();
      answer.write('begin, ');
      // Longer than the first byte may take.
      if (url === '/slow') setTimeout(() => answer.end('end'), 1500);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return { server, left };
  }

  /** Calls one of `fixtures/wasi.mjs`. */
  async function check(name, argument) {
    await visit.page.waitForFunction(() => window.checks !== undefined);
    return visit.page.evaluate((key, value) => window.checks[key](value), name, argument);
  }
});
