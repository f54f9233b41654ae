/**
 * What every function of WASI 0.3 does, called as a component's host calls it, on any platform.
 *
 * @typedef {object} Platform
 * @property {(options?: object) => Record<string, object>} wasi
 * @property {() => unknown} folder a fresh, empty folder to grant
 * @property {{ links: boolean, times: boolean, connecting: boolean }} has what such folders can do, and whether it is told when a request has connected
 * @property {unknown} network to grant
 * @property {{ authority: string, path: string, text: string }} server
 */

import * as cli from './cli.mjs';
import * as filesystem from './filesystem.mjs';
import * as http from './http.mjs';
import { recorded } from './recorder.mjs';
import * as sockets from './sockets.mjs';

export const CHECKS = { ...cli, ...filesystem, ...sockets, ...http };

/** Full names of the functions that were called so far. */
export const called = new Set();

/** @param {string} name @param {Platform} platform */
export async function check(name, platform) {
  const imports = (options) => recorded(platform.wasi(options), called);
  await CHECKS[name]({ ...platform, imports });
}
