/** The operations of a test, one function each. Whatever goes wrong is thrown. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';

/** The process that runs the component, and the connections that the test opens to it. */
export class Guest {
  #child;
  #out = { stdout: new Input(), stderr: new Input() };
  #connections = new Map();
  #base;

  constructor(command, args) {
    this.#child = spawn(command, args, { stdio: 'pipe' });
    this.#child.stdin.on('error', () => {});
    this.exit = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => resolve(code ?? signal));
    });
    for (const [name, input] of Object.entries(this.#out)) input.follow(this.#child[name]);
  }

  /** Performs one operation; `run` and `wait` are the caller's. */
  async perform(operation) {
    const { type, id, payload = '' } = operation;
    switch (type) {
      case 'write':
        this.#child.stdin.write(payload);
        return;
      case 'read':
        assert.equal(await this.#out[id ?? 'stdout'].take(payload.length), payload);
        return;
      case 'connect':
        return this.#connect(id);
      case 'send':
        this.#connections.get(id).socket.write(payload);
        return;
      case 'recv':
        assert.equal(await this.#connections.get(id).input.take(payload.length), payload);
        return;
      case 'request':
        return this.#request(operation);
      case 'kill':
        this.#child.kill(operation.signal ?? 'SIGTERM');
        return;
      default:
        throw new Error(`there is no operation ${type}`);
    }
  }

  async wait(code) {
    this.#child.stdin.end();
    const shown = () => this.#out.stderr.rest.trim().slice(0, 500);
    assert.equal(await this.exit, code, `exit code; stderr: ${shown()}`);
  }

  stop() {
    this.#child.kill('SIGKILL');
    for (const { socket } of this.#connections.values()) socket.destroy();
  }

  async #connect(id) {
    const line = await this.#out.stdout.line();
    const [host, port] = line.trim().split(':');
    const socket = net.connect(Number(port), host);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const input = new Input();
    input.follow(socket);
    this.#connections.set(id, { socket, input });
  }

  async #request({ method = 'GET', path = '/', headers = {}, body = '', response = {} }) {
    if (this.#base === undefined) {
      const line = await this.#out.stderr.line();
      this.#base = /http:\/\/\S+/.exec(line)?.[0];
      assert.ok(this.#base, `an address in ${line}`);
    }
    const answer = await fetch(new URL(path, this.#base), {
      method,
      headers,
      body: ['GET', 'HEAD'].includes(method) ? undefined : body,
      signal: AbortSignal.timeout(5000),
    });
    assert.equal(answer.status, response.status ?? 200, `status of ${method} ${path}`);
    for (const [name, value] of Object.entries(response.headers ?? {})) {
      assert.equal(answer.headers.get(name), value, `header ${name}`);
    }
    assert.equal(await answer.text(), response.body ?? '');
  }
}

/** Text that comes in pieces. */
class Input {
  rest = '';
  #ended = false;
  #wake = () => {};

  follow(stream) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      this.rest += text;
      this.#wake();
    });
    stream.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    stream.on('error', () => {});
  }

  async take(count) {
    await this.#until(() => this.rest.length >= count);
    const text = this.rest.slice(0, count);
    this.rest = this.rest.slice(count);
    return text;
  }

  async line() {
    await this.#until(() => this.rest.includes('\n'));
    return this.take(this.rest.indexOf('\n') + 1 || this.rest.length);
  }

  async #until(enough) {
    while (!enough() && !this.#ended) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
