/**
 * A component that computes for ever, and never waits:
 *
 *     (component
 *       (core module (func (export "f") (loop (br 0))))
 *       (core instance (instantiate 0))
 *       (alias core export 0 "f" (core func))
 *       (type (func))
 *       (func (type 0) (canon lift (core func 0)))
 *       (instance (export "compute" (func 0)))
 *       (export "example:text/tools" (instance 0)))
 */
const BASE64 =
  'AGFzbQ0AAQABJABhc20BAAAAAQQBYAAAAwIBAAcFAQFmAAAKCQEHAANADAALCwIEAQAAAAYHAQAAAQABZgcFAUAAAQ' +
  'AIBgEAAAAAAAUOAQEBAAdjb21wdXRlAQALGAEAEmV4YW1wbGU6dGV4dC90b29scwUAAA==';

export const endless = Uint8Array.from(atob(BASE64), (char) => char.charCodeAt(0));
