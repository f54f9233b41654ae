/**
 * Values between the page and the worker. Most pass as they are; what cannot be cloned has a stand-in:
 *
 * - to the worker, a resource is `{ handle }`, a stream `{ blob, pace }` or `{ items, pace }`, a future `{ value, pace }`, with
 *   `pace` in ms, and a map the list of its entries;
 * - to the page, a resource is `{ handle }`, a stream or future `{ end }`.
 */

import { camel } from './names.mjs';

/** Calls `each` for the parts of a value, and makes a value like it of what comes back. */
function rebuild(type, value, each) {
  switch (type.kind) {
    case 'list':
      return ArrayBuffer.isView(value) ? value : value.map((item) => each(type.element, item));
    case 'map':
      return new Map(
        [...value].map(([key, item]) => [each(type.key, key), each(type.value, item)]),
      );
    case 'record':
      return Object.fromEntries(
        type.fields.map((field) => {
          const key = camel(field.name);
          return [key, each(field.type, value[key])];
        }),
      );
    case 'tuple':
      return type.types.map((one, i) => each(one, value[i]));
    case 'variant':
      return tagged(value, type.cases.find(({ name }) => name === value.tag)?.type, each);
    case 'result':
      return tagged(value, type[value.tag], each);
    case 'option':
      if (type.element.kind !== 'option') {
        return value === undefined ? undefined : each(type.element, value);
      }
      return tagged(value, value.tag === 'some' ? type.element : undefined, each);
    default:
      return value;
  }
}

function tagged({ tag, val }, type, each) {
  return type ? { tag, val: each(type, val) } : { tag };
}

/**
 * What the package gave, for the page.
 *
 * @param {{ keep(resource: object, object: object): number, follow(type: object, end: object): number }} handles
 */
export function toPage(type, value, handles) {
  const each = (inner, part) => toPage(inner, part, handles);
  switch (type.kind) {
    case 'own':
    case 'borrow':
      return { handle: handles.keep(type.resource, value) };
    case 'stream':
    case 'future':
      return { end: handles.follow(type, value) };
    default:
      return rebuild(type, value, each);
  }
}

/**
 * What the page gave, for the package.
 *
 * @param {{ take(handle: number, own: boolean): object }} handles
 */
export function fromPage(type, value, handles) {
  const each = (inner, part) => fromPage(inner, part, handles);
  switch (type.kind) {
    case 'own':
    case 'borrow':
      return handles.take(value.handle, type.kind === 'own');
    case 'stream':
      if (value.blob) return value.pace > 0 ? lines(value) : value.blob;
      return slowly(
        value.items.map((item) => (type.element ? each(type.element, item) : undefined)),
        value.pace,
      );
    case 'future': {
      const settled = type.element ? each(type.element, value.value) : undefined;
      return wait(value.pace).then(() => settled);
    }
    default:
      return rebuild(type, value, each);
  }
}

/** Bytes, a line every `pace` milliseconds, and only when the component reads. */
async function* lines({ blob, pace }) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (start > 0) await wait(pace);
    yield bytes.slice(start, end);
    start = end;
  }
}

async function* slowly(items, pace) {
  for (const [i, item] of items.entries()) {
    if (i > 0 && pace > 0) await wait(pace);
    yield item;
  }
}

/** @param {number} [time] in ms */
export function wait(time = 0) {
  return new Promise((resolve) => setTimeout(resolve, time));
}
