/** Assertions that something fails: each waits for an action and throws unless it has failed in the right way. */

import { isTrap } from './messages.mjs';

/** @typedef {object} Tidegate the package */

/**
 * @param {Tidegate} tidegate
 * @param {string} text the message of the script
 * @param {() => Promise<{ value?: unknown, core?: boolean } | undefined>} act
 */
export async function assertTrap({ ComponentTrap }, text, act) {
  let done;
  try {
    done = await act();
  } catch (error) {
    if (!(error instanceof ComponentTrap)) throw error;
    if (isTrap(text, error)) return;
    throw new Error(`wanted "${text}", got ${error.code}: ${error.message}`);
  }
  throw new Error(`wanted a trap "${text}", got ${show(done?.value)}`);
}

/**
 * Of bytes that are no valid component. Valid but not supported is another thing, unless the script says so.
 *
 * @param {Tidegate} tidegate
 * @param {string} text
 * @param {() => Promise<unknown>} compile
 */
export async function assertRefused({ ComponentCompileError }, text, compile) {
  try {
    await compile();
  } catch (error) {
    const may = error.code !== 'unsupported' || /not (supported|implemented)/.test(text);
    if (error instanceof ComponentCompileError && may) return;
    if (error instanceof WebAssembly.CompileError) return;
    throw error;
  }
  throw new Error(`wanted a rejection (${text}), got none`);
}

/**
 * @param {Tidegate} tidegate
 * @param {string} text
 * @param {() => Promise<unknown>} instantiate
 */
export async function assertUnlinkable({ ComponentLinkError }, text, instantiate) {
  try {
    await instantiate();
  } catch (error) {
    if (error instanceof ComponentLinkError || error instanceof WebAssembly.LinkError) return;
    throw error;
  }
  throw new Error(`wanted a refusal to link (${text}), got none`);
}

/** A value for messages. */
export const show = (value) =>
  JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) ?? String(value);
