/** Values of any type from JSON: as the package wants them, with numbers or strings for 64-bit integers. */

import { camel } from './names.mjs';

/**
 * @param {object} type as `describe` has it
 * @param {unknown} json
 * @returns {unknown} as `wire.mjs` wants it; what is not of the type is left for the package to refuse
 */
export function fromJson(type, json) {
  switch (type.kind) {
    case 's64':
    case 'u64':
      return typeof json === 'number' || typeof json === 'string' ? BigInt(json) : json;
    case 'list':
      return array(json).map((item) => fromJson(type.element, item));
    case 'map': {
      const entries = Array.isArray(json) ? json : Object.entries(json ?? {});
      return entries.map(([key, value]) => [fromJson(type.key, key), fromJson(type.value, value)]);
    }
    case 'record':
      return Object.fromEntries(
        type.fields.map(({ name, type: of }) => {
          const key = camel(name);
          return [key, fromJson(of, json?.[key] ?? json?.[name])];
        }),
      );
    case 'tuple':
      return type.types.map((one, i) => fromJson(one, array(json)[i]));
    case 'option':
      if (type.element.kind === 'option') return tagged(json, type.element);
      return json === null || json === undefined ? undefined : fromJson(type.element, json);
    case 'variant':
      return tagged(json, type.cases.find(({ name }) => name === json?.tag)?.type);
    case 'result':
      return tagged(json, type[json?.tag]);
    case 'own':
    case 'borrow':
      return { handle: json };
    case 'stream':
      if (type.element?.kind === 'u8') return { blob: new Blob([json ?? '']), pace: 0 };
      return { items: array(json).map((i) => type.element && fromJson(type.element, i)), pace: 0 };
    case 'future':
      return { value: type.element && fromJson(type.element, json), pace: 0 };
    default:
      return json;
  }
}

function tagged(json, type) {
  const { tag, val } = json ?? {};
  return type && val !== undefined ? { tag, val: fromJson(type, val) } : { tag };
}

function array(json) {
  if (!Array.isArray(json)) throw new Error('expected an array');
  return json;
}
