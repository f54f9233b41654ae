/** A described world as WIT. Enters: what `component.describe()` gives. Leaves: text. */

import { funcName } from './names.mjs';

/** Longer texts of types are cut: a type can be exponentially longer than its description. */
const LONGEST = 4000;

const SCALARS = /^(bool|[su](8|16|32|64)|f32|f64|char|string)$/;

/** Names of types and resources in one interface, by identity. */
export function namesOf(items) {
  const names = new Map();
  for (const item of items) {
    if (item.kind === 'type' && !SCALARS.test(item.type.kind) && !names.has(item.type)) {
      names.set(item.type, item.name);
    } else if (item.kind === 'resource' && !names.has(item.resource)) {
      names.set(item.resource, item.name);
    }
  }
  return names;
}

/**
 * @param {object} type as `describe` has it
 * @param {Map<object, string>} names
 */
export function typeText(type, names) {
  const text = new Text(names).type(type);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** `async func(a: u8) -> string` */
export function funcText(func, names, skip = 0) {
  const params = func.params
    .slice(skip)
    .map(({ name, type }) => `${name}: ${typeText(type, names)}`);
  const list = params.join(', ');
  const inside = list.length > 72 ? `\n    ${params.join(',\n    ')},\n  ` : list;
  const result = func.result ? ` -> ${typeText(func.result, names)}` : '';
  return `${func.async ? 'async ' : ''}func(${inside})${result}`;
}

/** The lines that say what a world has. */
export function worldText(world, name) {
  const lines = (keyword, items) => items.map((item) => `  ${keyword} ${worldItem(item, items)}`);
  return [
    `world ${name} {`,
    ...lines('import', world.imports),
    ...lines('export', world.exports),
    '}',
  ].join('\n');
}

function worldItem(item, items) {
  switch (item.kind) {
    case 'interface':
      return `${item.name};`;
    case 'func':
      return `${item.name}: ${funcText(item, namesOf(items))};`;
    case 'resource':
      return `${item.name}: resource;`;
    default:
      return definition(item, namesOf(items)).trimEnd();
  }
}

/** All of an interface. `known` has the types that earlier interfaces have named, and gets those of this one. */
export function interfaceText({ name, items }, known = new Map()) {
  const names = namesOf(items);
  const short = name.replace(/@.*/, '');
  const used = new Map();
  const blocks = [];
  for (const item of items) {
    if (item.kind === 'func') {
      if (funcName(item.name).kind !== 'plain') continue;
      blocks.push(`${item.name}: ${funcText(item, names)};`);
      continue;
    }
    const what = item.kind === 'type' ? item.type : item.resource;
    const first = known.get(what)?.find((one) => one.name === item.name);
    if (first && first.from !== short) {
      used.set(first.from, [...(used.get(first.from) ?? []), item.name]);
      continue;
    }
    if (!first) known.set(what, [...(known.get(what) ?? []), { from: short, name: item.name }]);
    blocks.push(item.kind === 'type' ? definition(item, names) : resource(item, items, names));
  }
  const uses = [...used].map(([from, list]) => `use ${from}.{${list.join(', ')}};`);
  return `interface ${name} {\n${indent(join([...uses, ...blocks]))}\n}`;
}

/** Blocks of several lines stand apart. */
function join(blocks) {
  let text = '';
  blocks.forEach((block, i) => {
    const apart = i > 0 && (block.includes('\n') || blocks[i - 1].includes('\n'));
    text += `${i > 0 ? '\n' : ''}${apart ? '\n' : ''}${block}`;
  });
  return text;
}

function definition({ name, type }, names) {
  const text = new Text(names);
  switch (type.kind) {
    case 'record':
      return `record ${name} {\n${type.fields.map((f) => `  ${f.name}: ${text.type(f.type)},\n`).join('')}}`;
    case 'variant':
      return `variant ${name} {\n${type.cases.map((one) => `  ${text.case(one)},\n`).join('')}}`;
    case 'enum':
    case 'flags':
      return `${type.kind} ${name} { ${type.labels.join(', ')} }`;
    default:
      return `type ${name} = ${text.structure(type)};`;
  }
}

function resource({ name }, items, names) {
  const lines = [];
  for (const item of items) {
    if (item.kind !== 'func') continue;
    const { kind, resource: of, name: member } = funcName(item.name);
    if (kind === 'plain' || of !== name) continue;
    if (kind === 'constructor') {
      const [params] = funcText({ ...item, result: undefined }, names).match(/\((.|\n)*\)$/);
      lines.push(`  constructor${params};\n`);
    } else if (kind === 'static') {
      lines.push(`  ${member}: static ${funcText(item, names)};\n`);
    } else {
      lines.push(`  ${member}: ${funcText(item, names, 1)};\n`);
    }
  }
  return lines.length === 0 ? `resource ${name};` : `resource ${name} {\n${lines.join('')}}`;
}

class Text {
  #left = LONGEST;

  constructor(names) {
    this.names = names;
  }

  type(type) {
    return this.names.get(type) ?? this.structure(type);
  }

  structure(type) {
    this.#left -= 8;
    if (this.#left < 0) return '…';
    const { kind } = type;
    switch (kind) {
      case 'list':
      case 'option':
      case 'stream':
      case 'future':
        return type.element ? `${kind}<${this.type(type.element)}>` : kind;
      case 'map':
        return `map<${this.type(type.key)}, ${this.type(type.value)}>`;
      case 'tuple':
        return `tuple<${type.types.map((one) => this.type(one)).join(', ')}>`;
      case 'record':
        return `record { ${type.fields.map((f) => `${f.name}: ${this.type(f.type)}`).join(', ')} }`;
      case 'variant':
        return `variant { ${type.cases.map((one) => this.case(one)).join(', ')} }`;
      case 'enum':
      case 'flags':
        return `${kind} { ${type.labels.join(', ')} }`;
      case 'result':
        return this.#result(type);
      case 'own':
        return this.#resource(type);
      case 'borrow':
        return `borrow<${this.#resource(type)}>`;
      default:
        return kind;
    }
  }

  case({ name, type }) {
    return type ? `${name}(${this.type(type)})` : name;
  }

  #result({ ok, err }) {
    if (err) return `result<${ok ? this.type(ok) : '_'}, ${this.type(err)}>`;
    return ok ? `result<${this.type(ok)}>` : 'result';
  }

  #resource({ resource: of }) {
    return this.names.get(of) ?? of.name;
  }
}

function indent(text) {
  return text.replace(/^(?=.)/gm, '  ');
}
