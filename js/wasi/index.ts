/**
 * WASI for components: `wasi(options)` gives the imports. Nothing is granted unless it is named: without options a
 * component has no arguments, no environment, an empty stdin, and output that goes nowhere.
 *
 * Built on the public API alone. A folder per package of WASI 0.3, `p2/` for WASI 0.2, which is made of them; what differs between
 * Node and a page is in `node/` and `web/`, behind `platform.ts`.
 */

import type { Imports } from '../index.js';
import { cli } from './cli/index.js';
import { openStdio } from './cli/stdio.js';
import { clocks } from './clocks/index.js';
import { filesystem } from './filesystem/index.js';
import { preopens } from './filesystem/preopens.js';
import { http, sender } from './http/index.js';
import type { WasiOptions } from './options.js';
import { p2 } from './p2/index.js';
import type { WasiPlatform } from './platform.js';
import { random } from './random/index.js';
import { networkOf, sockets } from './sockets/index.js';

/** The imports of WASI 0.3 and 0.2 on `platform`. */
export function wasiOn(platform: WasiPlatform, options: WasiOptions): Imports {
  const stdio = openStdio(platform, options);
  const granted = preopens(platform, options);
  const network = networkOf(platform, options);
  const send = sender(platform, options);
  return {
    ...cli(options, stdio),
    ...clocks(platform),
    ...random(),
    ...http(platform, send),
    ...sockets(network),
    ...filesystem(granted),
    ...p2({ platform, options, stdio, preopens: granted, network, send }),
  };
}
