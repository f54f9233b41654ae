/** A component's world as WIT, and the facts about it. */

import { bytesText, make } from './dom.mjs';
import { interfaceText, worldText } from './wit.mjs';

/** Most characters that are shown of one text. */
const SHOWN = 200_000;

/**
 * @param {object} world as `describe` gives it
 * @param {{ text: HTMLElement, interfaces: HTMLElement }} where
 */
export function showWorld(world, { text, interfaces }) {
  text.textContent = worldText(world, 'root').slice(0, SHOWN);
  const known = new Map();
  const entries = (items, keyword) =>
    items
      .filter(({ kind }) => kind === 'interface')
      .map((item) => {
        const wit = interfaceText(item, known).slice(0, SHOWN);
        const label = `${keyword} ${item.name}`;
        const kind = make('span', { className: 'type' }, keyword);
        return make(
          'details',
          { className: 'line' },
          make('summary', { className: 'line' }, kind, ' ', make('code', {}, item.name)),
          make('pre', { className: 'wit', tabIndex: 0, 'aria-label': label }, wit),
        );
      });
  interfaces.replaceChildren(
    ...entries(world.imports, 'import'),
    ...entries(world.exports, 'export'),
  );
}

/** `3: 906 bytes, 270.4 kB, 680 bytes` */
export function modulesText({ modules }) {
  const sizes = modules.slice(0, 6).map(({ size }) => bytesText(size));
  if (modules.length > sizes.length) sizes.push('…');
  return modules.length === 0 ? 'none' : `${modules.length} (${sizes.join(', ')})`;
}

/**
 * Why a component that is refused would need JSPI: what it does blocks the guest's stack. Undefined when that is not why.
 */
export function needsJspi({ construct, message }) {
  return /stack/.test(message) ? (construct ?? 'a blocking call') : undefined;
}
