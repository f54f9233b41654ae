/** Which of the given import keys serves an interface. Spec: `Explainer.md`, "Name uniqueness" and canonical versions. */

import { interfaceName } from './names.js';

interface Version {
  readonly parts: readonly number[];
  readonly pre: string | undefined;
}

/**
 * The key that serves `name`, most exact first: the name itself, then a compatible version (the lowest that is not older,
 * else the newest that is older), then a shortened version (`@0.3`), then the bare name. Pre-releases are compatible
 * with nothing but themselves.
 */
export function findKey(keys: readonly string[], name: string): string | undefined {
  if (keys.includes(name)) return name;
  const wanted = interfaceName(name);
  const version = wanted.version === undefined ? undefined : parse(wanted.version);
  const same = keys.filter((key) => interfaceName(key).path === wanted.path);
  const bare = same.find((key) => key === wanted.path);
  if (version === undefined) return bare ?? newest(same);
  if (version.pre !== undefined) return bare;
  const candidates = same.filter((key) => serves(key, version));
  const exactness = (key: string) => parse(interfaceName(key).version!)?.parts.length ?? 0;
  const full = candidates.filter((key) => exactness(key) === 3);
  const short = candidates.filter((key) => exactness(key) < 3);
  short.sort((a, b) => exactness(b) - exactness(a));
  return closest(full, version) ?? short[0] ?? bare;
}

function serves(key: string, wanted: Version): boolean {
  const { version } = interfaceName(key);
  const given = version === undefined ? undefined : parse(version);
  if (given === undefined || given.pre !== undefined) return false;
  const track = trackOf(wanted.parts);
  if (given.parts.length < 3) return given.parts.every((part, i) => part === wanted.parts[i]);
  return track.every((part, i) => part === given.parts[i]);
}

/** What compatible versions share: up to the first part that is not 0. */
function trackOf(parts: readonly number[]): readonly number[] {
  const first = parts.findIndex((part) => part !== 0);
  return first < 0 ? parts : parts.slice(0, first + 1);
}

function closest(keys: string[], wanted: Version): string | undefined {
  const ordered = keys
    .map((key) => ({
      key,
      order: compare(parse(interfaceName(key).version!)!.parts, wanted.parts),
    }))
    .sort((a, b) => compareKeys(a.key, b.key));
  return (ordered.find(({ order }) => order >= 0) ?? ordered.at(-1))?.key;
}

function newest(keys: string[]): string | undefined {
  return [...keys].sort(compareKeys).at(-1);
}

function compareKeys(a: string, b: string): number {
  const parts = (key: string) => parse(interfaceName(key).version ?? '')?.parts ?? [];
  return compare(parts(a), parts(b));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parse(version: string): Version | undefined {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([^+]+))?(?:\+.*)?$/.exec(version);
  if (match === null) return undefined;
  const parts = match.slice(1, 4).filter((part) => part !== undefined);
  return { parts: parts.map(Number), pre: match[4] };
}
