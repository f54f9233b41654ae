/** The guests of `tests/guests`, from the built package: compiled once, instantiated as often as wanted. */

import { readFile } from 'node:fs/promises';
import { Component } from '../../../pkg/dist/node.js';

const compiled = new Map();

/** The bytes of a guest. */
export function bytes(name) {
  return readFile(new URL(`../../../build/guests/${name}.component.wasm`, import.meta.url));
}

/** Where the first bytes like these begin. */
export function indexOf(whole, part) {
  return whole.findIndex((_, i) => part.every((byte, n) => whole[i + n] === byte));
}

/** The compiled component of a guest. */
export function component(name) {
  let promise = compiled.get(name);
  if (promise === undefined) {
    promise = bytes(name).then((data) => Component.compile(data));
    compiled.set(name, promise);
  }
  return promise;
}

/** A new instance of a guest, in a store of its own unless `options` has one. */
export async function instance(name, imports = {}, options = {}) {
  return (await component(name)).instantiate(imports, options);
}

/**
 * An instance of `asyncs`. `host` has functions of its import; `log` takes the place of the one
 * that is not given, and collects what the guest logs.
 */
export async function asyncs(host = {}, options = {}) {
  const log = [];
  const made = await instance(
    'asyncs',
    { 'tidegate:asyncs/host': { ...unused, log: (text) => void log.push(text), ...host } },
    options,
  );
  const { calls, futures, streams, failures } = made.exports;
  return { calls, futures, streams, failures, log, store: made.store, instance: made };
}

/** Imports that a test does not expect to be called. */
const unused = Object.fromEntries(
  [
    'fetch',
    'add',
    'send',
    'wait',
    'makeFuture',
    'takeFuture',
    'makeStream',
    'takeStream',
    'keepStream',
  ].map((name) => [
    name,
    () => {
      throw new Error(`${name} was not expected to be called`);
    },
  ]),
);
