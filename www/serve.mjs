/**
 * Serves the demo page, for `npm run demo` and the browser tests: this folder at `/`, the packed
 * package at `/pkg/`, the built guests at `/guests/`. Files are read anew for every request, so a
 * rebuild needs a reload and nothing else. Only this machine can connect.
 */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Without a type a browser refuses modules, and compiles wasm only after the last byte. */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** All that the page may do. `'wasm-unsafe-eval'` is the one permission that tidegate needs. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
  "connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

/**
 * @typedef {object} Mount
 * @property {string} at the path it is served at, with a `/` at both ends
 * @property {string} folder
 * @property {Record<string, string>} [headers] sent with each of its files
 */

/** @type {Mount[]} */
const MOUNTS = [
  { at: '/', folder: join(root, 'www'), headers: { 'content-security-policy': POLICY } },
  { at: '/pkg/', folder: join(root, 'pkg') },
  { at: '/guests/', folder: join(root, 'build/guests') },
];

/**
 * @param {object} [options]
 * @param {number} [options.port] 0, the default, takes any free one
 * @param {Mount[]} [options.mounts] more folders
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} rejects when the port is taken
 */
export async function serveDemo({ port = 0, mounts = [] } = {}) {
  // The longest path first: it is the most exact one. Of equals, the one that was asked for.
  const all = [...mounts, ...MOUNTS].sort((a, b) => b.at.length - a.at.length);
  const server = createServer((request, response) => {
    answer(all, request, response).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function answer(mounts, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(response, 405, { allow: 'GET, HEAD' });
  }
  const file = await locate(mounts, request.url);
  if (!file) return refuse(response, 404);
  const etag = `"${file.mtimeMs.toString(36)}-${file.size.toString(36)}"`;
  const headers = {
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    etag,
    ...file.headers,
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, {
    ...headers,
    'content-type': TYPES[extname(file.path)] ?? 'application/octet-stream',
    'content-length': file.size,
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file.path), response);
}

/** The file that a request is for, if there is one. */
async function locate(mounts, url) {
  const path = pathOf(url);
  const mount = path && mounts.find(({ at }) => path.startsWith(at));
  if (!mount) return undefined;
  const rest = path.slice(mount.at.length);
  // After decoding: a folder above ours, or a hidden file, is no one's business.
  if (rest.split(/[/\\]/).some((part) => part.startsWith('.')) || rest.includes('\0')) {
    return undefined;
  }
  const file = join(mount.folder, rest === '' || rest.endsWith('/') ? `${rest}index.html` : rest);
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  return { path: file, size: info.size, mtimeMs: info.mtimeMs, headers: mount.headers };
}

function pathOf(url) {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
}

function refuse(response, status, headers = {}) {
  const text = `${status}\n`;
  response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(text);
}
