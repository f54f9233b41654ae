/** `tidegate inspect`: what a component is, wants and gives, as WIT or as JSON. */

import { basename } from 'node:path';
import process from 'node:process';
import type { Component, Feature, ItemDescription, JspiNeeds } from '../index.js';
import { type BinaryReport, type Producers, readBinary } from './binary.js';
import { readOneFile } from './flags.js';
import { compileFor, guarded, readComponent } from './load.js';
import { witOf } from './wit.js';
import { newestExport } from './worlds.js';

export const INSPECT_HELP = `\
Tells what a component is: its world with imports and exports as WIT, the tools that made it, what it needs of the
engine, and sizes. Nothing of it is run.

Usage: tidegate inspect [OPTIONS] COMPONENT.wasm

The output is a WIT text; what is not WIT is in its comments.

Options:
      --json       the same as JSON
      --verbose    errors with their stack and causes
  -h, --help       this text

Exit codes: 0; 1 when the file is no component or cannot be read, 2 for a wrong command line.
`;

/** Prints a report; the result is the exit code. */
export async function inspect(args: readonly string[]): Promise<number> {
  let json = false;
  const line = readOneFile('inspect', args, (name) => {
    if (name !== '--json') return false;
    json = true;
    return true;
  });
  if (line === undefined) {
    process.stdout.write(INSPECT_HELP);
    return 0;
  }
  return guarded(line, async () => {
    const report = await inspectFile(line.file);
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : text(report));
    return 0;
  });
}

interface Report extends BinaryReport {
  readonly file: string;
  readonly size: number;
  /** The world of WASI that it is of. */
  readonly world: string | null;
  /** Gated features that it uses. */
  readonly features: readonly Feature[];
  readonly needsJspi: JspiNeeds | null;
  /** Imports of WASI 0.2 whose calls may wait, for which a host without JSPI has an error. */
  readonly waits: readonly string[];
  readonly imports: Component['imports'];
  readonly exports: Component['exports'];
  readonly wit: string;
}

async function inspectFile(file: string): Promise<Report> {
  const bytes = await readComponent(file);
  const { component, features } = await withFeatures(file, bytes);
  const world = component.describe();
  return {
    file: basename(file),
    size: bytes.length,
    world: worldOf(component) ?? null,
    features,
    needsJspi: world.needsJspi ?? null,
    waits: waitsOf(world.imports),
    ...readBinary(bytes),
    imports: component.imports,
    exports: component.exports,
    wit: witOf(world),
  };
}

/** Compiles with the features that the component turns out to use. */
async function withFeatures(
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ component: Component; features: Feature[] }> {
  const features: Feature[] = [];
  for (;;) {
    try {
      return { component: await compileFor(file, bytes, { features }), features };
    } catch (error) {
      const { feature } = error as { readonly feature?: Feature };
      if (feature === undefined || features.includes(feature)) throw error;
      features.push(feature);
    }
  }
}

/** Which world of WASI: what to run it with. */
function worldOf(component: Component): string | undefined {
  const found = (name: string, world: string) => {
    const version = newestExport(component, name)?.split('@')[1];
    return version === undefined ? undefined : `${world}@${version}`;
  };
  const middleware = component.imports.some(({ name }) => name.startsWith('wasi:http/handler@'));
  const handler = middleware ? 'middleware' : 'service';
  return (
    found('wasi:http/handler', `wasi:http/${handler}`) ??
    found('wasi:http/incoming-handler', 'wasi:http/proxy') ??
    found('wasi:cli/run', 'wasi:cli/command')
  );
}

/** Functions of WASI 0.2 that are made for waiting. */
function waitsOf(imports: readonly ItemDescription[]): string[] {
  return imports.flatMap((item) => {
    if (item.kind !== 'interface' || !/^wasi:io\/\w+@0\.2\./.test(item.name)) return [];
    return item.items.flatMap(({ kind, name }) =>
      kind === 'func' && /^poll$|\.block(ing-.+)?$/.test(name) ? [`${item.name}#${name}`] : [],
    );
  });
}

function text(report: Report): string {
  const { file, size, world, producers, features, modules } = report;
  const rows: [string, string][] = [
    ['file', `${file}, ${bytes(size)}`],
    ['world', world ?? 'one of its own'],
    ['toolchain', toolchain(producers)],
    ['needs JSPI', jspi(report)],
  ];
  if (features.length > 0) rows.push(['features', features.join(', ')]);
  modules.forEach(({ name, size: own, code, data }, i) => {
    const parts = `${bytes(own)}: code ${bytes(code)}, data ${bytes(data)}`;
    rows.push([`module ${i}`, name === '' ? parts : `${name}, ${parts}`]);
  });
  const width = Math.max(...rows.map(([head]) => head.length));
  const lines = rows.map(
    ([head, value]) => `// ${head.padEnd(width)}  ${value.replace(/\s+/g, ' ')}`,
  );
  return `${lines.join('\n')}\n\n${report.wit}`;
}

function toolchain(producers: Producers): string {
  const tools = Object.values(producers).flatMap((field) =>
    Object.entries(field).map(([name, version]) => `${name} ${version}`.trim()),
  );
  return tools.length === 0 ? 'unknown' : tools.join(', ');
}

function jspi({ needsJspi, waits }: Report): string {
  if (needsJspi !== null) {
    const { causes, exports } = needsJspi;
    return `yes: ${exports.join(', ')} may come to wait in ${causes.join(', ')}`;
  }
  return waits.length === 0 ? 'no' : `no, unless it waits by WASI 0.2: ${waits.join(', ')}`;
}

function bytes(count: number): string {
  return `${count.toLocaleString('en')} bytes`;
}
