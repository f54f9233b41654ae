/** `tidegate serve`: one component of the world wasi:http/service, on an address of this machine. */

import { basename } from 'node:path';
import process from 'node:process';
import {
  type Component,
  ComponentError,
  ComponentTrap,
  type Imports,
  Store,
} from '../entry/node.js';
import {
  type HttpServer,
  perRequest,
  type RemoteHandler,
  type RequestReport,
  remote,
  serve as serveHttp,
  wasi,
} from '../entry/wasi-node.js';
import { CannotRun, UsageError } from './errors.js';
import { type CommandLine, readCommandLine } from './flags.js';
import { GRANTS_HELP } from './grants.js';
import { guarded, LOAD_HELP } from './load.js';

export const SERVE_HELP = `\
Serves a component of the world wasi:http/service, or wasi:http/proxy of WASI 0.2. One of 0.3 handles all requests in one instance, one of 0.2
each in an instance of its own.

Usage: tidegate serve [OPTIONS] <COMPONENT>

Arguments:
  <COMPONENT>  The component's file

Nothing is granted unless it is named here. The component's stdout and stderr are this process's. The address is
written to stderr as soon as requests are taken, and then a line for each request. SIGINT and SIGTERM let the requests
under way come to their end; a second one ends the process at once.

Options:
      --addr <SOCKADDR>               Where to listen; port 0 is a free one. Default: 127.0.0.1:8080
      --max-concurrency <N>           Requests that the component works on at a time. Default: no bound
      --grace <SECONDS>               How long requests under way may go on after a signal. Default: 10
      --link <wasi:http/handler=URL>  The handler that a middleware imports: the server at this URL
${GRANTS_HELP}
${LOAD_HELP}
      --quiet                         No lines for requests
      --verbose                       Errors with their stack and causes
  -h, --help                          This text

Exit codes: 0 after a signal; 1 when the component cannot be loaded or the address is taken, 2 for a wrong command line,
134 when the component traps.
`;

/** Serves until a signal comes; the result is the exit code. */
export async function serve(args: readonly string[]): Promise<number> {
  const flags: Flags = { addr: '127.0.0.1:8080', most: Number.POSITIVE_INFINITY, grace: 10 };
  const line = readCommandLine('serve', args, (name, value) => {
    if (name === '--addr') flags.addr = value();
    else if (name === '--max-concurrency') flags.most = number(name, value(), 1);
    else if (name === '--grace') flags.grace = number(name, value(), 0);
    else if (name === '--link') flags.next = next(value());
    else return false;
    return true;
  });
  if (line === undefined) {
    process.stdout.write(SERVE_HELP);
    return 0;
  }
  if (line.rest.length > 0) throw new UsageError(`a service has no arguments: ${line.rest[0]}`);
  return guarded(line, () => serveFile(line, flags));
}

interface Flags {
  addr: string;
  most: number;
  grace: number;
  /** What serves `wasi:http/handler`. */
  next?: RemoteHandler;
}

async function serveFile(
  { file, grants, loading, quiet }: CommandLine,
  flags: Readonly<Flags>,
): Promise<number> {
  const { host, port } = address(flags.addr);
  const component = await loading.load(file, quiet);
  const granted = wasi({
    ...grants.options,
    args: [basename(file)],
    stdout: 'inherit',
    stderr: 'inherit',
  });
  const imports = { ...granted, ...linked(component, flags.next) };
  const make = () => component.instantiate(imports, { store: new Store() });
  // Of WASI 0.2, an instance does one thing at a time: each request has its own, and what traps is that one.
  const isolated = handlerInterface(component).startsWith('wasi:http/incoming-handler@');
  const source = isolated ? perRequest(make) : await make();
  let fail: (error: unknown) => void = () => {};
  const trapped = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const server = await serveHttp(source, {
    host,
    port,
    maxConcurrency: flags.most,
    onRequest(report) {
      if (!quiet) process.stderr.write(`${requestLine(report)}\n`);
      if (!isolated && report.error instanceof ComponentTrap) fail(report.error);
    },
  }).catch((error: Error) => {
    throw new CannotRun(`cannot listen on ${flags.addr}: ${error.message}`);
  });
  process.stderr.write(`tidegate: serving ${basename(file)} on ${server.url}/\n`);
  try {
    await Promise.race([signal(), trapped]);
  } finally {
    await shutDown(server, flags.grace);
  }
  return 0;
}

function next(text: string): RemoteHandler {
  const [, url] = /^wasi:http\/handler(?:@[^=]*)?=(.+)$/.exec(text) ?? [];
  if (url === undefined || !URL.canParse(url)) {
    throw new UsageError(`--link wants wasi:http/handler=URL, not ${text}`);
  }
  try {
    return remote(url);
  } catch (error) {
    throw new UsageError(`--link ${text}: ${(error as Error).message}`);
  }
}

function linked({ imports }: Component, handler: RemoteHandler | undefined): Imports {
  if (handler === undefined) return {};
  const found = imports.find(({ name }) => name.startsWith('wasi:http/handler@'));
  if (found === undefined)
    throw new CannotRun('--link: the component imports no wasi:http/handler');
  return { [found.name]: handler };
}

/** The newest handler that the component exports: of 0.3 where it has one. */
function handlerInterface(component: Component): string {
  const names = component.exports.map(({ name }) => name);
  const found = ['wasi:http/handler@0.3', 'wasi:http/incoming-handler@0.2'].flatMap((start) =>
    names.filter((name) => name.startsWith(start)),
  )[0];
  if (found !== undefined) return found;
  throw new CannotRun(
    `the component exports neither wasi:http/handler nor wasi:http/incoming-handler, so that it cannot be served; it exports ${names.join(', ') || 'nothing'}`,
  );
}

function shutDown(server: HttpServer, grace: number): Promise<void> {
  const atOnce = () => process.exit(0);
  process.once('SIGINT', atOnce);
  process.once('SIGTERM', atOnce);
  return server.close({ grace: grace * 1000 });
}

function signal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

function requestLine({ method, url, status, duration, error }: RequestReport): string {
  const why = error === undefined ? '' : `  ${told(error)}`;
  return `${method} ${url} ${status ?? '-'} ${duration.toFixed(1)} ms${why}`;
}

function told(error: unknown): string {
  if (error instanceof ComponentError) return (error.payload as { tag: string }).tag;
  return error instanceof Error ? error.message.split('\n', 1)[0]! : String(error);
}

function address(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new UsageError(`--addr wants HOST:PORT, not ${text}`);
  }
  return { host: bracketed ?? (plain || '0.0.0.0'), port: Number(port) };
}

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new UsageError(`${name} wants a whole number of at least ${least}, not ${text}`);
  }
  return value;
}
