/** A program of the world wasi:cli/command 0.2 in JavaScript, for componentize-qjs: answers each line of its stdin, a moment later. */

import environment from 'wasi:cli/environment@0.2.12';
import stdin from 'wasi:cli/stdin@0.2.12';
import stdout from 'wasi:cli/stdout@0.2.12';
import clock from 'wasi:clocks/monotonic-clock@0.2.12';

const bytesOf = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const textOf = (bytes) => String.fromCharCode(...bytes);

/** What there is to read next, `undefined` at the end. */
function next(input) {
  try {
    return input.blockingRead(4096);
  } catch {
    return undefined;
  }
}

export const run = {
  run() {
    const output = stdout.getStdout();
    const say = (text) => output.blockingWriteAndFlush(bytesOf(text));
    const input = stdin.getStdin();
    say(`${environment.getArguments().join(' ')}\n`);
    for (let bytes = next(input); bytes !== undefined; bytes = next(input)) {
      clock.subscribeDuration(10_000_000).block();
      say(textOf(bytes).toUpperCase());
    }
  },
};
