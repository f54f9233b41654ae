/**
 * Values of `.wast` scripts against JS values in tidegate's conventions.
 *
 * A constant of a script is not fully typed: a list does not say what of, an option not whether it is nested. So a constant
 * is turned into a JS value, and compared with one, by the type that the component's description has in its place.
 */

/** As `js/host/names.ts` spells names. */
export const camel = (name) =>
  name
    .toLowerCase()
    .split('-')
    .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');

/**
 * The JS value that a constant stands for.
 *
 * @param {import('../../js/host/world.ts').ValueType} type
 * @param {{ type: string, value: unknown }} constant
 * @throws when the constant is not of that type
 */
export function toJs(type, constant) {
  const { value } = constant;
  switch (checkedKind(type, constant)) {
    case 'bool':
    case 'string':
    case 'char':
    case 'enum':
      return value;
    case 'u64':
    case 's64':
      return BigInt(value);
    case 'f32':
    case 'f64':
      return float(type.kind, value);
    case 'list':
      return value.map((item) => toJs(type.element, item));
    case 'map':
      return new Map(
        entries(type, value).map(([k, v]) => [toJs(type.key, k), toJs(type.value, v)]),
      );
    case 'tuple':
      return zip(type.types, value).map(([each, item]) => toJs(each, item));
    case 'record':
      return Object.fromEntries(fields(type, value).map(([k, each, v]) => [k, toJs(each, v)]));
    case 'flags':
      return Object.fromEntries(value.map((label) => [camel(label), true]));
    case 'variant': {
      const { case: tag, payload } = value;
      return tagged(tag, caseType(type, tag), payload);
    }
    case 'result':
      return tagged(...resultCase(type, value));
    case 'option':
      if (type.element.kind !== 'option')
        return value === null ? undefined : toJs(type.element, value);
      return value === null ? { tag: 'none' } : tagged('some', type.element, value);
    default:
      return Number(value);
  }
}

/** Whether `actual` is the JS value of `constant`. NaNs are alike: JS does not tell them apart. */
export function matches(type, constant, actual) {
  const { value } = constant;
  switch (checkedKind(type, constant)) {
    case 'list':
      return every(Array(value.length).fill(type.element), value, actual);
    case 'tuple':
      return every(type.types, value, actual);
    case 'map': {
      const wanted = entries(type, value);
      if (!(actual instanceof Map) || actual.size !== wanted.length) return false;
      return zip(wanted, [...actual]).every(
        ([[k, v], [key, val]]) => matches(type.key, k, key) && matches(type.value, v, val),
      );
    }
    case 'record':
      return (
        isObject(actual) && fields(type, value).every(([k, each, v]) => matches(each, v, actual[k]))
      );
    case 'flags': {
      const on = isObject(actual) ? Object.keys(actual).filter((label) => actual[label]) : [];
      return on.length === value.length && value.every((label) => actual[camel(label)] === true);
    }
    case 'variant':
      return isCase(actual, value.case, caseType(type, value.case), value.payload);
    case 'result':
      return isCase(actual, ...resultCase(type, value));
    case 'option':
      if (type.element.kind !== 'option') {
        return value === null ? actual === undefined : matches(type.element, value, actual);
      }
      return value === null ? isCase(actual, 'none') : isCase(actual, 'some', type.element, value);
    default:
      return Object.is(toJs(type, constant), actual);
  }
}

/** The type's kind, when the constant is of that type as far as it says. */
function checkedKind({ kind }, constant) {
  // The text format has no constants of maps: they are lists of pairs, as in memory.
  if (constant.type === kind || (kind === 'map' && constant.type === 'list')) return kind;
  throw new Error(`the script has ${constant.type} where the component has ${kind}`);
}

/** The float of a kind that has these bits. */
export function float(kind, bits) {
  const view = new DataView(new ArrayBuffer(8));
  if (kind === 'f32') {
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  }
  view.setBigUint64(0, BigInt(bits));
  return view.getFloat64(0);
}

function entries(type, items) {
  return items.map((item) => zip([type.key, type.value], item.value).map(([, part]) => part));
}

/** Name in JS, type and constant of each field. */
function fields(type, value) {
  return zip(type.fields, value).map(([field, [name, item]]) => {
    if (field.name !== name) throw new Error(`the script has field ${name} for ${field.name}`);
    return [camel(name), field.type, item];
  });
}

function caseType(type, name) {
  const found = type.cases.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the component has no case ${name}`);
  return found.type;
}

function resultCase(type, value) {
  return 'Ok' in value ? ['ok', type.ok, value.Ok] : ['err', type.err, value.Err];
}

function tagged(tag, type, payload) {
  checkPayload(tag, type, payload);
  return type === undefined ? { tag } : { tag, val: toJs(type, payload) };
}

function isCase(actual, tag, type, payload) {
  checkPayload(tag, type, payload);
  if (!isObject(actual) || actual.tag !== tag) return false;
  return type === undefined ? actual.val === undefined : matches(type, payload, actual.val);
}

function checkPayload(tag, type, payload) {
  if ((type === undefined) !== ((payload ?? undefined) === undefined)) {
    throw new Error(`the script and the component differ about the payload of ${tag}`);
  }
}

function every(types, constants, actual) {
  const items = ArrayBuffer.isView(actual) ? Array.from(actual) : actual;
  if (!Array.isArray(items) || items.length !== constants.length) return false;
  return zip(types, constants).every(([type, item], i) => matches(type, item, items[i]));
}

function zip(a, b) {
  if (a.length !== b.length)
    throw new Error(`wanted ${a.length} parts, the script has ${b.length}`);
  return a.map((item, i) => [item, b[i]]);
}

const isObject = (v) => typeof v === 'object' && v !== null;
