/** The import of calls.wat, as jco wants it. */
export { hostCall as default } from '../host.mjs';
