/** What people type, as a command wants it: arguments and environment variables. */

/**
 * Splits a command line at white space. Quotes of either kind keep it; inside of double quotes,
 * and outside of any, a backslash keeps the next character.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function splitArguments(text) {
  const words = [];
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(['"\\])/gs;
  let word;
  for (const [, single, double, escaped, plain, stray] of text.matchAll(piece)) {
    const part = single ?? double?.replace(/\\(.)/gs, '$1') ?? escaped ?? plain ?? stray;
    if (part !== undefined) word = (word ?? '') + part;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * Reads one `NAME=value` a line. The value is taken as it stands, its spaces too.
 *
 * @param {string} text
 * @returns {Record<string, string>}
 * @throws {Error} naming a line that is not of this form
 */
export function readEnvironment(text) {
  const env = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    if (at < 1) throw new Error(`not an environment variable: ${line}`);
    env[line.slice(0, at)] = line.slice(at + 1);
  }
  return env;
}
