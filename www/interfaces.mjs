/** `component.imports` and `component.exports` as text that resembles WIT. */

/**
 * @param {readonly object[]} imports items as the package describes them
 * @param {readonly object[]} exports
 * @returns {string}
 */
export function interfacesText(imports, exports) {
  return [...describe('import', imports), ...describe('export', exports)].join('\n\n');
}

function describe(keyword, items) {
  return items.map((item) => `${keyword} ${itemText(item)}`);
}

function itemText(item) {
  switch (item.kind) {
    case 'interface': {
      // The functions are what one looks for; the types they use are named in them.
      const functions = item.items.filter(({ kind }) => kind === 'func' || kind === 'resource');
      if (functions.length === 0) return item.name;
      return `${item.name} {\n${functions.map((one) => `  ${itemText(one)}\n`).join('')}}`;
    }
    case 'func':
      return `${item.name}: ${item.wit}`;
    case 'resource':
      return `resource ${item.name}`;
    default:
      return `type ${item.name} = ${item.type}`;
  }
}
