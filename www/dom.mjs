/** Elements, made in one expression. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] of the element; those with a `-`, `for`, `role` and `list` are attributes
 * @param {...(Node | string | undefined)} children
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (/-|^(for|role)$/.test(key)) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

let last = 0;

/** An id that no other element has. */
export function freshId() {
  return `field-${++last}`;
}

export function milliseconds(time) {
  return `${time.toFixed(time < 10 ? 1 : 0)} ms`;
}

export function bytesText(count) {
  if (count < 10_000) return `${count.toLocaleString('en')} bytes`;
  const [size, unit] = count < 1_000_000 ? [count / 1000, 'kB'] : [count / 1_000_000, 'MB'];
  return `${size.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;
}
