/** Components in processes of their own: the command line of `pkg/`, by default on the Node that runs this. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Input } from './input.mjs';

const CLI = fileURLToPath(new URL('../../pkg/dist/cli.js', import.meta.url));

export async function openProcesses(folder, engine = [process.execPath]) {
  const scratch = mkdtempSync(join(tmpdir(), 'tidegate-wasi-'));
  return {
    start: async (job) => new ProcessProgram([...engine, ...commandLine(folder, scratch, job)]),
    close: async () => rmSync(scratch, { recursive: true, force: true }),
  };
}

/** Each run gets a copy of the folder that it may change. */
function commandLine(folder, scratch, { name, world, proposals, args, env, root }) {
  const flags = Object.entries(env).map(([k, v]) => `--env=${k}=${v}`);
  if (root != null) {
    const copy = mkdtempSync(join(scratch, 'root-'));
    cpSync(join(folder, root), copy, { recursive: true, verbatimSymlinks: true });
    flags.push(`--dir=${copy}::/`);
  }
  if (proposals.includes('http')) flags.push('--allow-http');
  if (proposals.includes('sockets')) flags.push('--allow-net');
  // Quiet: the first line of stderr has to be the address, also where a component takes long to compile.
  const command =
    world === 'wasi:http/service' ? ['serve', '--quiet', '--addr=127.0.0.1:0'] : ['run'];
  return [CLI, ...command, ...flags, join(folder, `${name}.wasm`), ...args];
}

/** @implements {import('./operations.mjs').Program} */
class ProcessProgram {
  #child;
  #sockets = [];
  #base;

  constructor([command, ...args]) {
    this.#child = spawn(command, args, { stdio: 'pipe' });
    this.#child.stdin.on('error', () => {});
    this.exit = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => resolve(code ?? signal));
    });
    this.out = {
      stdout: new Input().follow(this.#child.stdout),
      stderr: new Input().follow(this.#child.stderr),
    };
  }

  write(text) {
    this.#child.stdin.write(text);
  }

  endInput() {
    this.#child.stdin.end();
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  stop() {
    this.#child.kill('SIGKILL');
    for (const socket of this.#sockets) socket.destroy();
  }

  async connect(host, port) {
    const socket = net.connect(port, host);
    this.#sockets.push(socket);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return { send: (text) => socket.write(text), input: new Input().follow(socket) };
  }

  async request({ method, path, headers, body }) {
    if (this.#base === undefined) {
      const line = await this.out.stderr.line();
      this.#base = /http:\/\/\S+/.exec(line)?.[0];
      assert.ok(this.#base, `an address in ${line}`);
    }
    const signal = AbortSignal.timeout(5000);
    const answer = await fetch(new URL(path, this.#base), { method, headers, body, signal });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  }
}
