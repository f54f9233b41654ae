/**
 * Values of `.wast` scripts against JS values in tidegate's conventions.
 *
 * Constants in a script are tagged but not fully typed (an `option` does not say whether it is nested), so a
 * constant becomes a JS value with the parameter's type at hand, and a result is compared structurally.
 */

/** As `js/host/names.ts` spells names. */
const camel = (name) =>
  name
    .toLowerCase()
    .split('-')
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');

const float = (bits, size) => {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) {
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  }
  view.setBigUint64(0, BigInt(bits));
  return view.getFloat64(0);
};

/** The JS value that a constant stands for. Numeric lists become plain arrays, which tidegate takes as well. */
export function toJs({ type, value }) {
  switch (type) {
    case 'bool':
    case 'string':
    case 'char':
    case 'enum':
      return value;
    case 'u64':
    case 's64':
      return BigInt(value);
    case 'f32':
      return float(value, 4);
    case 'f64':
      return float(value, 8);
    case 'list':
    case 'tuple':
      return value.map(toJs);
    case 'map':
      return new Map(value.map(([k, v]) => [toJs(k), toJs(v)]));
    case 'record':
      return Object.fromEntries(value.map(([k, v]) => [camel(k), toJs(v)]));
    case 'flags':
      return Object.fromEntries(value.map((k) => [camel(k), true]));
    case 'variant': {
      const { case: tag, payload } = value;
      return payload === undefined ? { tag } : { tag, val: toJs(payload) };
    }
    case 'option':
      return value === null ? undefined : toJs(value);
    case 'result': {
      const tag = 'Ok' in value ? 'ok' : 'err';
      const val = tag === 'ok' ? value.Ok : value.Err;
      return val === null ? { tag } : { tag, val: toJs(val) };
    }
    default:
      return Number(value);
  }
}

/** Whether `actual` is the value that `expected` describes. */
export function matches(expected, actual) {
  const { type, value } = expected;
  switch (type) {
    case 'list':
    case 'tuple': {
      const items = ArrayBuffer.isView(actual) ? Array.from(actual) : actual;
      return (
        Array.isArray(items) &&
        items.length === value.length &&
        value.every((v, i) => matches(v, items[i]))
      );
    }
    case 'map': {
      const entries = actual instanceof Map ? [...actual] : [];
      return (
        entries.length === value.length &&
        value.every(([k, v], i) => matches(k, entries[i][0]) && matches(v, entries[i][1]))
      );
    }
    case 'record':
      return isObject(actual) && value.every(([k, v]) => matches(v, actual[camel(k)]));
    case 'flags': {
      const on = Object.keys(actual).filter((k) => actual[k]);
      return on.length === value.length && value.every((k) => actual[camel(k)] === true);
    }
    case 'variant':
      return (
        isObject(actual) &&
        actual.tag === value.case &&
        (value.payload === undefined || matches(value.payload, actual.val))
      );
    case 'option':
      if (isObject(actual) && (actual.tag === 'some' || actual.tag === 'none')) {
        return value === null
          ? actual.tag === 'none'
          : actual.tag === 'some' && matches(value, actual.val);
      }
      return value === null ? actual === undefined : matches(value, actual);
    case 'result': {
      const tag = 'Ok' in value ? 'ok' : 'err';
      const val = tag === 'ok' ? value.Ok : value.Err;
      return isObject(actual) && actual.tag === tag && (val === null || matches(val, actual.val));
    }
    default:
      return Object.is(toJs(expected), actual);
  }
}

const isObject = (v) => typeof v === 'object' && v !== null;

export { camel };
