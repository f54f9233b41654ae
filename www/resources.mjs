/** Resources that the component has given to the page: shown with a button to drop each, chosen in forms. */

import { freshId, make } from './dom.mjs';
import { FieldError, labelled } from './scalars.mjs';

export class Resources {
  /** Indices of their resource types, by handles. */
  #live = new Map();
  #changed = new EventTarget();
  #world;

  /**
   * @param {HTMLElement} section is hidden while there are none
   * @param {HTMLElement} list
   * @param {(handle: number) => void} drop
   */
  constructor(section, list, drop) {
    this.section = section;
    this.list = list;
    this.drop = drop;
  }

  /** Another component: fields that were made before are gone. */
  load(world) {
    this.#world = world;
    this.#changed = new EventTarget();
    this.clear();
  }

  /** A new instance has none. */
  clear() {
    this.#live.clear();
    this.#show();
  }

  /** One has come, or gone. */
  change({ handle, resource, live }) {
    if (live) this.#live.set(handle, resource);
    else this.#live.delete(handle);
    this.#show();
  }

  /** A field for one of a type. */
  field({ resource }, label, text) {
    const index = this.#world.resources.indexOf(resource);
    const control = make('select', { id: freshId() });
    const fill = () => {
      const before = control.value;
      const handles = [...this.#live].filter(([, of]) => of === index).map(([handle]) => handle);
      const options = handles.map((handle) =>
        make('option', { value: `${handle}` }, `${resource.name} #${handle}`),
      );
      if (options.length === 0)
        options.push(make('option', { value: '' }, `no ${resource.name} yet`));
      control.replaceChildren(...options);
      if (handles.includes(Number(before))) control.value = before;
      else if (handles.length > 0) control.value = `${handles.at(-1)}`;
    };
    fill();
    this.#changed.addEventListener('change', fill);
    return {
      element: labelled(label, text, control),
      read() {
        if (control.value !== '') return { handle: Number(control.value) };
        throw new FieldError(`${label}: there is no ${resource.name} yet`, control);
      },
    };
  }

  #show() {
    this.section.hidden = this.#live.size === 0;
    this.list.replaceChildren(
      ...[...this.#live].map(([handle, index]) => {
        const name = `${this.#world.resources[index]?.name ?? 'resource'} #${handle}`;
        const button = make(
          'button',
          { type: 'button', className: 'small', 'aria-label': `Drop ${name}` },
          'Drop',
        );
        button.addEventListener('click', () => this.drop(handle));
        return make('li', {}, make('code', {}, name), button);
      }),
    );
    this.#changed.dispatchEvent(new Event('change'));
  }
}
