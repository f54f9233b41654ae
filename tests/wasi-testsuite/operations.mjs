/**
 * The operations of a test, on a program that runs the component. Whatever goes wrong is thrown.
 *
 * @typedef {object} Program
 * @property {{ stdout: import('./input.mjs').Input, stderr: import('./input.mjs').Input }} out
 * @property {Promise<number | string>} exit its exit code, or the signal that ended it
 * @property {(text: string) => unknown} write to its stdin
 * @property {() => unknown} endInput
 * @property {(signal: string) => unknown} kill
 * @property {(host: string, port: number) => Promise<Connection>} connect
 * @property {(request: { method: string, path: string, headers: Record<string, string>, body?: string }) => Promise<Answer>} request
 * @property {() => unknown} stop ends it, whatever it does
 *
 * @typedef {object} Connection
 * @property {(text: string) => unknown} send
 * @property {import('./input.mjs').Input} input
 *
 * @typedef {{ status: number, headers: Headers, body: string }} Answer
 */

import assert from 'node:assert/strict';

/** @param {Program} program */
export class Operations {
  #program;
  #connections = new Map();

  constructor(program) {
    this.#program = program;
  }

  /** Performs one operation but `run`. */
  async perform(operation) {
    const { type, id, payload = '' } = operation;
    switch (type) {
      case 'write':
        return this.#program.write(payload);
      case 'read':
        assert.equal(await this.#program.out[id ?? 'stdout'].take(payload.length), payload);
        return;
      case 'connect':
        return this.#connect(id);
      case 'send':
        return this.#connections.get(id).send(payload);
      case 'recv':
        assert.equal(await this.#connections.get(id).input.take(payload.length), payload);
        return;
      case 'request':
        return this.#request(operation);
      case 'kill':
        return this.#program.kill(operation.signal ?? 'SIGTERM');
      case 'wait':
        return this.#wait(operation.exit_code ?? 0);
      default:
        throw new Error(`there is no operation ${type}`);
    }
  }

  async #wait(code) {
    const { exit, out } = this.#program;
    await this.#program.endInput();
    const shown = () => out.stderr.rest.trim().slice(0, 500);
    assert.equal(await exit, code, `exit code; stderr: ${shown()}`);
  }

  async #connect(id) {
    const line = await this.#program.out.stdout.line();
    const [host, port] = line.trim().split(':');
    this.#connections.set(id, await this.#program.connect(host, Number(port)));
  }

  async #request({ method = 'GET', path = '/', headers = {}, body = '', response = {} }) {
    const own = ['GET', 'HEAD'].includes(method) ? {} : { body };
    const answer = await this.#program.request({ method, path, headers, ...own });
    assert.equal(answer.status, response.status ?? 200, `status of ${method} ${path}`);
    for (const [name, value] of Object.entries(response.headers ?? {})) {
      assert.equal(answer.headers.get(name), value, `header ${name}`);
    }
    assert.equal(answer.body, response.body ?? '');
  }
}
