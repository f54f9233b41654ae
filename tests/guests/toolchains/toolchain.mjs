/** The world of `world.wit` in JavaScript, for componentize-qjs. */

import host from 'tidegate:toolchains/host';

export const greet = (name) => {
  host.log(`greet ${name}`);
  return `Hello, ${name}!`;
};
export const sum = (values) => Array.from(values).reduce((a, b) => a + b, 0);
export const older = (who, years) => ({
  ...who,
  age: who.age + years,
  tags: [...who.tags, 'older'],
});
export const choose = (how) => (how.tag === 'formal' ? `Dear ${how.val}` : null);

export function divide(a, b) {
  if (b === 0) throw 'division by zero';
  return Math.floor(a / b);
}

export async function join(first, second) {
  const found = await Promise.all([host.lookup(first), host.lookup(second)].map((f) => f.read()));
  for (const { tag, val } of found) if (tag === 'err') throw val;
  return found.map(({ val }) => val).join(' ');
}

export async function digest(data) {
  let count = 0;
  let total = 0;
  for await (const chunk of data) {
    count += chunk.length;
    for (const byte of chunk) total = (total + byte) >>> 0;
  }
  return [count, total];
}
