/**
 * Gives the functions of a wasm module that has no names one name in an engine's stack, so that the host can tell from it in
 * whose code an error struck (`js/host/frames.ts`).
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { CUSTOM, FUNCTION, leb, number, section, sections, text } from './wasm.mjs';

/** Appends a name section: the module is called `module`, each function `func`. It must import no function. */
export function nameAll(file, module, func) {
  const bytes = readFileSync(file);
  const functions = sections(bytes).find(({ id }) => id === FUNCTION);
  const count = functions === undefined ? 0 : number({ bytes, at: functions.at });
  const names = [];
  for (let index = 0; index < count; index++) names.push(...leb(index), ...text(func));
  const content = [
    ...text('name'),
    ...section(0, text(module)),
    ...section(1, [...leb(count), ...names]),
  ];
  writeFileSync(file, Buffer.concat([bytes, section(CUSTOM, content)]));
}
