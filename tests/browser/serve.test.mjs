/** The demo's server, and what people type, without a browser. */

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { serveDemo } from '../../www/serve.mjs';
import { readEnvironment, splitArguments } from '../../www/words.mjs';

describe('the server', () => {
  let server;
  before(async () => {
    server = await serveDemo();
  });
  after(() => server.close());

  test('gives each file its type', async () => {
    for (const [path, type] of [
      ['', 'text/html; charset=utf-8'],
      ['index.html?x', 'text/html; charset=utf-8'],
      ['page.mjs', 'text/javascript; charset=utf-8'],
      ['style.css', 'text/css; charset=utf-8'],
      ['icon.svg', 'image/svg+xml'],
      ['pkg/dist/web.js', 'text/javascript; charset=utf-8'],
      ['pkg/dist/runtime.wasm', 'application/wasm'],
      ['guests/command.component.wasm', 'application/wasm'],
    ]) {
      const response = await fetch(server.url + path, { method: 'HEAD' });
      assert.equal(response.status, 200, path);
      assert.equal(response.headers.get('content-type'), type, path);
    }
  });

  test('permits wasm and no eval', async () => {
    const policy = (await fetch(server.url)).headers.get('content-security-policy');
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
    assert.doesNotMatch(policy, /'unsafe-/);
  });

  test('says when a file has not changed', async () => {
    const etag = (await fetch(server.url)).headers.get('etag');
    const again = await fetch(server.url, { headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304);
  });

  test('leaves its folders to no one', async () => {
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '/..%5cpackage.json',
      '/pkg/..%2f..%2fpackage.json',
      '/pkg/%2e%2e%2fpackage.json',
      '/pkg//../../package.json',
      '/pkg/%00',
      '/%',
      '/.hidden',
      '/nothing',
      '/pkg',
      '//etc/passwd',
    ]) {
      assert.equal(await statusOf(server.url, path), 404, path);
    }
  });

  test('only answers', async () => {
    assert.equal((await fetch(server.url, { method: 'POST' })).status, 405);
  });

  test('says that a port is taken', async () => {
    const port = Number(new URL(server.url).port);
    await assert.rejects(serveDemo({ port }), { code: 'EADDRINUSE' });
  });
});

describe('what people type', () => {
  test('becomes arguments', () => {
    for (const [typed, words] of [
      ['', []],
      ['  \n ', []],
      ['a', ['a']],
      [' a  b ', ['a', 'b']],
      ['--name="two words" b', ['--name=two words', 'b']],
      [`'it is' "it's" a\\ b`, ['it is', "it's", 'a b']],
      ['""', ['']],
      [`"a\\"b" 'c\\d'`, ['a"b', 'c\\d']],
      ['an "open end', ['an', '"open', 'end']],
      ['ä✓ 🌊', ['ä✓', '🌊']],
    ]) {
      assert.deepEqual(splitArguments(typed), words, typed);
    }
  });

  test('becomes environment variables', () => {
    assert.deepEqual(readEnvironment('A=1\n\nB= two=2 \nC='), { A: '1', B: ' two=2 ', C: '' });
    assert.throws(() => readEnvironment('A=1\nB'), /not an environment variable: B/);
    assert.throws(() => readEnvironment('=1'), /not an environment variable: =1/);
  });
});

/** Asks for exactly this path, which `fetch` would clean up first. */
function statusOf(url, path) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
