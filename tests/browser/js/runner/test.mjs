/** What the suites of `tests/js` use of `node:test`, in a page. They define themselves when they are loaded; then `run`. */

const root = group('');
let current = root;

function group(name, options = {}) {
  return { name, options, children: [], before: [], after: [], beforeEach: [], afterEach: [] };
}

export function describe(name, ...rest) {
  const [options, body] = rest.length > 1 ? rest : [{}, rest[0]];
  const outer = current;
  const inner = group(name, options);
  outer.children.push(inner);
  current = inner;
  body();
  current = outer;
}

export function test(name, ...rest) {
  const [options, body] = rest.length > 1 ? rest : [{}, rest[0]];
  current.children.push({ name, options, body });
}

const hook = (when) => (body) => void current[when].push(body);
export const before = hook('before');
export const after = hook('after');
export const beforeEach = hook('beforeEach');
export const afterEach = hook('afterEach');

/**
 * @param {Record<string, string>} excluded reasons, by names of tests
 * @returns {Promise<{ name: string, error?: string, skipped?: string }[]>} names are those of the groups and the test
 */
export async function run(excluded) {
  const results = [];
  await runGroup(root, { path: [], each: [], excluded, results });
  return results;
}

async function runGroup(node, { path, each, excluded, results }) {
  const inside = [...each, node];
  for (const body of node.before) await body();
  for (const child of node.children) {
    const names = [...path, child.name];
    const name = names.join(' > ');
    const skipped = excluded[name] ?? child.options.skip;
    if (skipped) results.push({ name, skipped: String(skipped) });
    else if (child.body === undefined) {
      await runGroup(child, { path: names, each: inside, excluded, results });
    } else results.push({ name, ...(await runTest(child, inside)) });
  }
  for (const body of node.after) await body();
}

async function runTest({ body }, groups) {
  const restores = [];
  try {
    for (const { beforeEach: hooks } of groups) for (const one of hooks) await one();
    await body({ mock: { method: (...args) => mocked(restores, ...args) } });
    return {};
  } catch (error) {
    return { error: `${error?.name}: ${error?.message}\n${error?.stack}` };
  } finally {
    // Browsers are slow to collect the memories of WebAssembly, of which they have room for few.
    globalThis.gc?.();
    for (const restore of restores) restore();
    for (const { afterEach: hooks } of groups) for (const one of hooks) await one();
  }
}

/** `t.mock.method`. */
function mocked(restores, object, name, implementation) {
  const original = object[name];
  const calls = [];
  object[name] = function method(...args) {
    calls.push({ arguments: args });
    return implementation.apply(this, args);
  };
  restores.push(() => {
    object[name] = original;
  });
  object[name].mock = { calls, callCount: () => calls.length };
  return object[name];
}
