/** Components in pages of a browser, one tab each, on what a page has: `page.mjs` is there, this is what it is called by. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveDemo } from '../../www/serve.mjs';
import { launch } from '../browser/launch.mjs';
import { Input } from './input.mjs';

/** @param {'chromium' | 'firefox'} name */
export async function openBrowser(folder, name, { opfs = false } = {}) {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const mounts = [
    { at: '/testsuite/', folder: here },
    { at: '/components/', folder },
  ];
  const server = await serveDemo({ mounts });
  const browser = await launch(name);
  return {
    async start({ root, ...job }) {
      const page = await browser.newPage();
      const program = new PageProgram(page);
      await page.exposeFunction('output', (name, text) => program.input(name).push(text));
      await page.exposeFunction('ended', (code) => program.ended(code));
      await page.goto(`${server.url}testsuite/page.html`);
      await page.waitForFunction(() => 'start' in globalThis);
      const files = root == null ? undefined : treeOf(join(folder, root));
      await page.evaluate((each) => globalThis.start(each), { ...job, files, opfs });
      return program;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** The texts of a folder, by their names; the suite's has no others. */
function treeOf(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    return [entry.name, entry.isDirectory() ? treeOf(path) : readFileSync(path, 'utf8')];
  });
  return Object.fromEntries(entries);
}

/** @implements {import('./operations.mjs').Program} */
class PageProgram {
  #page;
  #connections = new Map();
  out = { stdout: new Input(), stderr: new Input() };

  constructor(page) {
    this.#page = page;
    this.exit = new Promise((resolve) => {
      this.ended = resolve;
    });
    page.on('pageerror', (error) => this.out.stderr.push(`${error.message}\n`));
  }

  /** Where a text of the page goes: an output, or a connection by its number. */
  input(name) {
    return this.out[name] ?? this.#connections.get(name);
  }

  write(text) {
    return this.#page.evaluate((each) => globalThis.write(each), text);
  }

  endInput() {
    return this.#page.evaluate(() => globalThis.endInput());
  }

  /** A page gets no signals; what SIGINT asks of a service is to take no more requests. */
  kill() {
    this.ended(0);
  }

  stop() {
    return this.#page.close().catch(() => {});
  }

  async connect(host, port) {
    const id = `connection ${this.#connections.size}`;
    const input = new Input();
    this.#connections.set(id, input);
    await this.#page.evaluate((...to) => globalThis.connect(...to), id, host, port);
    const send = (text) => this.#page.evaluate((...each) => globalThis.send(...each), id, text);
    return { send, input };
  }

  async request(request) {
    const { headers, ...answer } = await this.#page.evaluate(
      (each) => globalThis.request(each),
      request,
    );
    return { ...answer, headers: new Headers(headers) };
  }
}
