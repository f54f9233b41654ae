/** `tidegate/vite` in a project that has installed the package: Vite's dev server, its builds, and Rollup. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { rollup } from 'rollup';
import { build, createServer, preview } from 'vite';
import { BROWSER_REMEDY } from '../../scripts/lib/browser.mjs';
import { find, root } from '../../scripts/lib/run.mjs';
import { allRequired } from '../../scripts/lib/tools.mjs';
import { makeConsumer, VALUES_HOST } from './consumer.mjs';

const CHROMIUM =
  process.env.CHROME_PATH ??
  find(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']);

const USE = `
import all, { counters, greetTwice } from '../values.component.wasm';
import { run } from '../command.component.wasm';
import { ComponentTrap } from 'tidegate';

export async function use(): Promise<string> {
  const counter = new counters.Counter(40);
  const code = await run.run().then(() => 'ran', (error: Error) => (error.cause as Error).name);
  return JSON.stringify([
    greetTwice('you').includes('hello you'),
    counter.increment(2),
    all['tidegate:values/echo@1.2.3'].echoString('text'),
    all.counters === counters,
    code,
    typeof ComponentTrap,
  ]);
}
`;
/** What a component that was compiled ahead of time has in it. */
const SECTION = 'tidegate:precompiled';
/** What `use` says. */
const USED = [true, 42, 'text', true, 'ran', 'function'];

/** Tells the test's own server what became of it. */
const MAIN = `
import { use } from './use.js';
const to = new URLSearchParams(location.search).get('to') ?? '';
const tell = (body: string) => fetch(to, { method: 'POST', mode: 'no-cors', body });
await use().then(tell, (error: Error) => tell(String(error.stack)));
export {};
`;

const CONFIG = `
import tidegate from 'tidegate/vite';
import { defineConfig, type UserConfig } from 'vite';
const config: UserConfig = defineConfig({
  plugins: [
    tidegate({
      imports: (file) => (file.includes('values') ? './src/host.js' : undefined),
      types: true,
    }),
  ],
});
export default config;
`;

let project;
let quiet;

before(() => {
  project = makeConsumer(
    {
      'index.html': '<!doctype html><script type="module" src="/src/main.ts"></script>',
      'src/main.ts': MAIN,
      'src/use.ts': USE,
      'src/host.js': VALUES_HOST,
      'src/server.ts': "export { use } from './use.js';",
      'src/plain.js': "export { greetTwice } from '../values.component.wasm';",
      'src/unserved.js': "export { greetTwice } from '../values.component.wasm';",
      'src/url.js': "export { default as url } from '../values.component.wasm?url';",
      'vite.config.ts': CONFIG,
    },
    { guests: ['values', 'command'], linked: ['vite'] },
  );
  quiet = { root: project.folder, logLevel: 'silent' };
});

after(() => project.remove());

describe('a page', () => {
  inChromium('works in development', async (visit) => {
    const server = await createServer({ ...quiet, server: { port: 0, host: '127.0.0.1' } });
    try {
      await server.listen();
      assert.deepEqual(await visit(server.resolvedUrls.local[0]), USED);
    } finally {
      await server.close();
    }
  });

  inChromium('works when built, in a subfolder of its site', async (visit) => {
    await build({ ...quiet, base: '/sub/', build: { outDir: 'out' } });
    const options = { ...quiet, base: '/sub/', build: { outDir: 'out' } };
    const server = await preview({ ...options, preview: { port: 0, host: '127.0.0.1' } });
    try {
      assert.deepEqual(await visit(server.resolvedUrls.local[0]), USED);
    } finally {
      await server.close();
    }
  });

  test('is built with each wasm file once, and without what it does not use', async () => {
    await build({ ...quiet, build: { outDir: 'once', assetsInlineLimit: 0 } });
    const files = readdirSync(join(project.folder, 'once/assets'));
    const wasm = files
      .filter((file) => file.endsWith('.wasm'))
      .map((file) => file.replace(/-[\w-]{8}\.wasm$/, ''))
      .sort();
    assert.deepEqual(wasm, [
      'command.component',
      'compiler',
      'composer',
      'driver',
      'runtime',
      'values.component',
    ]);
  });
});

describe('a build', () => {
  test('has its components compiled ahead of time, unless it is told otherwise', async () => {
    await build({ ...quiet, build: { outDir: 'ahead', assetsInlineLimit: 0 } });
    const { loads, components } = built('ahead');
    assert.deepEqual(loads, ['load']);
    assert.ok(components.length === 2 && components.every((bytes) => bytes.includes(SECTION)));
    project.write('vite.plain.ts', CONFIG.replace('types: true', 'precompile: false'));
    const configFile = join(project.folder, 'vite.plain.ts');
    await build({ ...quiet, configFile, build: { outDir: 'plain', assetsInlineLimit: 0 } });
    const plain = built('plain');
    assert.deepEqual(plain.loads, ['compileStreaming']);
    assert.ok(plain.components.every((bytes) => !bytes.includes(SECTION)));
  });

  /** How components come into a build, and their bytes. */
  function built(folder) {
    const assets = join(project.folder, folder, 'assets');
    const files = readdirSync(assets);
    const main = files.find((file) => /^index-.*\.js$/.test(file));
    const code = readFileSync(join(assets, main), 'utf8');
    const calls = [...code.matchAll(/\.(load|compileStreaming)\(fetch\(/g)].map(([, name]) => name);
    const components = files
      .filter((file) => /\.component-.*\.wasm$/.test(file))
      .map((file) => readFileSync(join(assets, file)));
    return { loads: [...new Set(calls)], components };
  }
});

describe('a server', () => {
  test('works in development', async () => {
    const server = await createServer({ ...quiet, server: { middlewareMode: true } });
    try {
      const { use } = await server.ssrLoadModule('/src/server.ts');
      assert.deepEqual(JSON.parse(await use()), USED);
    } finally {
      await server.close();
    }
  });

  test('works when built', async () => {
    await build({ ...quiet, build: { ssr: 'src/server.ts', outDir: 'server' } });
    assert.deepEqual(run(join(project.folder, 'server/server.js')), USED);
  });
});

describe('Rollup', () => {
  const bundle = async (input, options) => {
    const { default: tidegate } = await import(
      pathToFileURL(join(project.folder, 'node_modules/tidegate/dist/vite.js')).href
    );
    return rollup({
      input: join(project.folder, input),
      external: [/^tidegate/],
      plugins: [tidegate(options)],
    });
  };

  test('bundles for Node', async () => {
    const host = join(project.folder, 'src/host.js');
    const bundled = await bundle('src/plain.js', { imports: host });
    await bundled.write({ dir: join(project.folder, 'rolled'), format: 'es' });
    const code = "import { greetTwice } from './rolled/plain.js'; console.log(greetTwice('you'));";
    const { status, stdout, stderr } = project.run(process.execPath, [
      ...['--input-type=module', '-e', code],
    ]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /hello you/);
  });

  test('is told of imports that nobody serves', async () => {
    await assert.rejects(bundle('src/unserved.js', {}), (error) => {
      assert.match(error.message, /values\.component\.wasm imports tidegate:values\/echo@1\.2\.3,/);
      assert.match(error.message, /tidegate:values\/ledger@1\.2\.3, greeting|greeting, /);
      assert.doesNotMatch(error.message, /values\/types/);
      return true;
    });
  });

  test('is told of a file that is no valid component', async () => {
    project.write('src/bad.js', "import './broken.wasm';");
    project.write('src/broken.wasm', '\0asm\r\0\x01\0\t');
    await assert.rejects(bundle('src/bad.js', {}), /broken\.wasm: /);
  });
});

describe('the project', () => {
  test('is right for tsc, with the types that the plugin has written', () => {
    for (const name of ['values', 'command']) {
      assert.ok(existsSync(join(project.folder, `${name}.component.d.wasm.ts`)), name);
    }
    const lib = 'es2023,dom,dom.iterable,dom.asynciterable,esnext.disposable';
    const { status, stdout } = project.run(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      ...['--strict', '--noEmit', '--ignoreConfig', '--target', 'es2022', '--lib', lib],
      ...['--module', 'esnext', '--moduleResolution', 'bundler', '--allowArbitraryExtensions'],
      ...['--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), '--skipLibCheck'],
      ...['src/main.ts', 'vite.config.ts'],
    ]);
    assert.equal(status, 0, stdout);
  });

  test('has files with a query from Vite itself', async () => {
    await build({
      ...quiet,
      build: { outDir: 'urls', lib: { entry: 'src/url.js', formats: ['es'] } },
    });
    const [file] = readdirSync(join(project.folder, 'urls')).filter((name) => /js$/.test(name));
    const text = readFileSync(join(project.folder, 'urls', file), 'utf8');
    assert.match(text, /values\.component|data:application\/wasm/);
    assert.doesNotMatch(text, /instantiate/);
  });
});

/** What the module's `use` says when a Node of its own runs it. */
function run(file) {
  const code = `import { use } from ${JSON.stringify(pathToFileURL(file).href)}; console.log(await use());`;
  const { status, stdout, stderr } = project.run(process.execPath, [
    ...['--input-type=module', '-e', code],
  ]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** A test that can visit a page, which posts what it has to say. A browser that is missing is a visible skip. */
function inChromium(name, body) {
  const skip = CHROMIUM || allRequired ? false : `no Chromium; remedy: ${BROWSER_REMEDY}`;
  test(name, { skip, timeout: 60_000 }, async () => {
    assert.ok(CHROMIUM, BROWSER_REMEDY);
    const profile = mkdtempSync(join(tmpdir(), 'tidegate-profile-'));
    const listener = createHttpServer();
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    let browser;
    try {
      await body(async (url) => {
        const to = `http://127.0.0.1:${listener.address().port}/`;
        const told = once(listener, 'request');
        browser = spawn(
          CHROMIUM,
          [
            ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
            ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
            ...[`--user-data-dir=${profile}`, '--remote-debugging-port=0'],
            `${url}?to=${encodeURIComponent(to)}`,
          ],
          { stdio: 'ignore' },
        );
        const [request, response] = await told;
        let text = '';
        for await (const part of request.setEncoding('utf8')) text += part;
        response.end();
        assert.match(text, /^\[/, 'the page has not thrown');
        return JSON.parse(text);
      });
    } finally {
      if (browser) {
        const gone = once(browser, 'exit');
        browser.kill('SIGKILL');
        await gone;
      }
      listener.closeAllConnections();
      listener.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  });
}
