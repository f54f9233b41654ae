/**
 * The API reference, from the doc comments of the declarations that are published: for each entry of the package a page in
 * Markdown. What is public and undocumented is an error.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, Stop } from './run.mjs';

const TYPES = join(root, 'build/types');
const OUT = join(root, 'build/docs');

/** What a program imports, the declarations behind it, and the page. */
const ENTRIES = [
  { name: 'tidegate', file: 'index.d.ts', page: 'tidegate.md' },
  { name: 'tidegate/wasi', file: 'entry/wasi-node.d.ts', page: 'wasi.md' },
  { name: 'tidegate/trace', file: 'trace/index.d.ts', page: 'trace.md' },
  { name: 'tidegate/vite', file: 'vite/index.d.ts', page: 'vite.md' },
  { name: 'tidegate/register', file: 'register/index.d.ts', page: 'register.md' },
];

/** Says nothing that its class or the language does not say. */
const PLAIN = /^(constructor|new|name|\[.*|\(.*|then)$/s;

/** Their members are Vite's and Rollup's own. */
const FOREIGN = ['TidegatePlugin', 'TidegatePluginContext'];

export async function writeReference() {
  const { modules, close } = await open();
  try {
    rmSync(OUT, { recursive: true, force: true });
    mkdirSync(OUT, { recursive: true });
    const missing = [];
    const contents = [];
    for (const entry of ENTRIES) {
      const { about, items } = modules(entry, missing);
      writeFileSync(join(OUT, entry.page), page(entry, about, items));
      const names = items.map(({ name }) => link(name, entry.page));
      contents.push(
        `- [\`${entry.name}\`](${entry.page})${names.length > 0 ? ': ' : ''}${names.join(', ')}`,
      );
    }
    writeFileSync(join(OUT, 'index.md'), `# API reference\n\n${contents.join('\n')}\n`);
    if (missing.length > 0) {
      throw new Stop(`public, but without a doc comment: ${missing.join(', ')}`);
    }
  } finally {
    close();
  }
}

/** The compiler's view of the declarations. */
async function open() {
  const { API, SymbolFlags } = await import('typescript/unstable/sync');
  const config = join(root, 'build/docs.tsconfig.json');
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  writeFileSync(
    config,
    JSON.stringify({
      compilerOptions: { ...compilerOptions, typeRoots: [join(root, 'node_modules/@types')] },
      files: ENTRIES.map(({ file }) => join(TYPES, file)),
    }),
  );
  const api = new API({ cwd: TYPES });
  const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
  const { program, checker } = project;
  const modules = ({ name, file }, missing) => {
    const source = program.getSourceFile(join(TYPES, file));
    const module = checker.getSymbolAtLocation(source);
    const exported = module ? checker.getExportsOfModule(module) : [];
    const about = comments(source.text)[0] ?? '';
    const items = exported.map((symbol) => {
      const alias = (symbol.flags & SymbolFlags.Alias) !== 0;
      const { declarations } = alias ? checker.getAliasedSymbol(symbol) : symbol;
      return describe(symbol.name, declarations[0].resolve(), `${name}: `, missing);
    });
    return { about, items };
  };
  return { modules, close: () => api.close() };
}

/** An export: its name, comment, declaration and members. */
function describe(name, node, where, missing) {
  const about = commentOf(node);
  if (about === '') missing.push(where + name);
  const members = (node.members ?? [])
    .map((member) => describeMember(member, node))
    .filter((member) => member !== undefined);
  for (const member of members) {
    if (member.about === '' && !PLAIN.test(member.name) && !FOREIGN.includes(name))
      missing.push(`${where}${name}.${member.name}`);
  }
  return { name, about, text: head(node), members };
}

/** Undefined for what is private. */
function describeMember(member, parent) {
  const text = bare(member);
  if (/^(#|private )/.test(text) || /^constructor\(\);$/.test(text)) return undefined;
  const [, name] = /^(?:(?:static|readonly|override|get|set) )*(\[[^\]]+\]|\w+)/.exec(text) ?? [
    text,
    text,
  ];
  return { name, about: commentOf(member) || inherited(name, parent), text };
}

/** A property that is a parameter of its class's constructor has its comment there. */
function inherited(name, { members }) {
  const maker = members.find((member) => bare(member).startsWith('constructor('));
  const parameter = maker?.parameters.find((node) => bare(node).startsWith(`${name}:`));
  return parameter ? commentOf(parameter) : '';
}

/** A declaration without its members, which follow one by one. */
function head(node) {
  const text = bare(node).replace(/^export (default )?(declare )?/, '');
  return node.members ? text.slice(0, text.indexOf('{')).trim() : text;
}

/** A node's text without comments. */
function bare(node) {
  return node
    .getText()
    .replace(/\/\*\*.*?\*\//gs, '')
    .replace(/\n\s*(?=\n)/g, '')
    .replace(/\(\n\s*/g, '(')
    .trim();
}

/** The comment in front of a node. */
function commentOf(node) {
  const { text } = node.getSourceFile();
  return comments(text.slice(node.pos, node.getStart())).at(-1) ?? '';
}

function comments(text) {
  return [...text.matchAll(/\/\*\*(.*?)\*\//gs)].map(([, body]) =>
    body
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/, ''))
      .join('\n')
      .trim(),
  );
}

function page({ name, page: file }, about, items) {
  const names = items.map((item) => item.name);
  const parts = items.map((item) => section(item, names, file));
  return `# ${name}\n\n${[about, ...parts].filter(Boolean).join('\n\n')}\n`;
}

function section({ name, about, text, members }, names, file) {
  const all = [text, ...members.map((member) => member.text)].join('\n');
  const used = names.filter((other) => other !== name && new RegExp(`\\b${other}\\b`).test(all));
  return [
    `## ${name}`,
    about,
    fence(text),
    ...members.flatMap((member) => [fence(member.text), member.about]),
    used.length > 0 ? `See ${used.map((other) => link(other, file)).join(', ')}.` : '',
  ]
    .filter(Boolean)
    .join('\n\n');
}

const fence = (text) => `\`\`\`ts\n${text}\n\`\`\``;
const link = (name, file) => `[\`${name}\`](${file}#${name.toLowerCase()})`;
