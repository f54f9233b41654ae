// A command: what WASI gives need not be written.

import { Component, type Instance } from 'tidegate';
import { wasi } from 'tidegate/wasi';
import type { Exports, Imports } from './command.component.wasm';

export async function start(bytes: Uint8Array<ArrayBuffer>): Promise<Instance<Exports>> {
  const own: Omit<Imports, `wasi:${string}`> = {};
  const component = await Component.compile(bytes);
  const instance = await component.instantiate<Exports>({ ...wasi(), ...own });
  await (instance.exports.run.run() satisfies Promise<void>);
  return instance;
}
// @ts-expect-error: `stdout` is missing.
export const nothing: Imports = {};
