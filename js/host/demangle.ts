/**
 * Rust's mangled names for messages: their identifiers, joined, without hashes. No parser of types: of an implementation's
 * method and of type arguments it gives all names in the order in which they are mangled. Source: the Rust reference, "Symbol
 * mangling"; what is of another kind or not understood stays as it is.
 */

export function demangled(name: string): string {
  const token = name.startsWith('_R') ? V0 : name.startsWith('_ZN') ? LEGACY : undefined;
  if (token === undefined || name.length > 1000) return name;
  const parts: string[] = [];
  for (let at = 2; ; ) {
    token.lastIndex = at;
    const digits = token.exec(name)?.[1];
    if (digits === undefined) return parts.join('::') || name;
    at = token.lastIndex + Number(digits);
    const part = name.slice(token.lastIndex, at);
    // A closure has an empty name, the last part of an old symbol is a hash.
    if (!/^h[\da-f]{16}$/.test(part))
      parts.push(/closure\$u7d/.test(part) ? CLOSURE : part || CLOSURE);
  }
}

const CLOSURE = '{closure}';

/** Tags, and numbers in base 62 which `_` ends, up to an identifier with its length in front. */
const V0 = /(?:[sBKL][\da-zA-Z]*_|[AC-JM-Za-rt-z])*(\d+)_?/y;
const LEGACY = /[A-Z]*(\d+)/y;
