/**
 * One of the command's outputs on the page. Bytes in, text out, at most once per frame; the pane
 * keeps the last lines when there is too much, because a page that holds everything stands still.
 */

/** Most characters that a pane shows. */
const SHOWN = 400_000;

export class Pane {
  #pre;
  #size;
  #decoder = new TextDecoder();
  #text = '';
  #bytes = 0;
  #shown = 0;
  #frame = 0;

  /**
   * @param {HTMLElement} pre
   * @param {HTMLElement} size where the number of bytes goes
   */
  constructor(pre, size) {
    this.#pre = pre;
    this.#size = size;
  }

  /** Empties the pane, for the next run. */
  clear() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#decoder = new TextDecoder();
    this.#text = '';
    this.#bytes = 0;
    this.#shown = 0;
    this.#pre.replaceChildren();
    this.#size.textContent = '';
  }

  /** @param {Uint8Array} bytes may end inside of a character, whose rest then comes next */
  write(bytes) {
    this.#bytes += bytes.byteLength;
    // More than the pane shows is not kept either: frames do not come while the tab is hidden.
    this.#text = (this.#text + this.#decoder.decode(bytes, { stream: true })).slice(-SHOWN);
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  /** Shows all that came, without waiting for a frame: nothing more will come. */
  end() {
    this.#text += this.#decoder.decode();
    cancelAnimationFrame(this.#frame);
    this.#show();
  }

  #show() {
    this.#frame = 0;
    if (this.#bytes > 0) this.#size.textContent = `${this.#bytes.toLocaleString('en')} bytes`;
    if (this.#text === '') return;
    const pre = this.#pre;
    const atEnd = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 8;
    this.#shown += this.#text.length;
    pre.append(this.#text);
    this.#text = '';
    while (this.#shown > SHOWN && pre.childNodes.length > 1) {
      this.#shown -= pre.firstChild.data.length;
      pre.firstChild.remove();
    }
    // Whoever scrolled up wants to read.
    if (atEnd) pre.scrollTop = pre.scrollHeight;
  }
}
