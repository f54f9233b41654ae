/**
 * `npm test`: all tests, from nothing. The last line counts them.
 * `npm test -- --only js,native` runs some suites, `npm test -- --list` names them.
 */

import { main, Stop } from './lib/run.mjs';
import { runSuites, suites } from './lib/suites.mjs';

await main(async (args) => {
  if (args.includes('--list')) {
    for (const { name, about } of suites) process.stdout.write(`${name.padEnd(15)}${about}\n`);
    return 0;
  }
  return runSuites(chosen(args));
});

function chosen(args) {
  const names = suites.map(({ name }) => name);
  const at = args.indexOf('--only');
  if (args.length > (at < 0 ? 0 : 2)) throw new Stop(`unknown arguments: ${args.join(' ')}`);
  if (at < 0) return names;
  const wanted = (args[at + 1] ?? '').split(',');
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length === 0) return wanted;
  throw new Stop(`no such suite: ${unknown.join(', ')}`, `\`--only\` takes ${names.join(',')}`);
}
