/**
 * An output on the page. Bytes or lines in, text out, at most once per frame; the pane keeps the last lines when there is too
 * much, because a page that holds everything stands still. Bytes can be shown as hex instead, the first of them.
 */

/** Most characters that a pane shows. */
const SHOWN = 400_000;
/** Most bytes that are kept to be shown as hex. */
const KEPT = 16_384;

export class Pane {
  #pre;
  #size;
  #decoder = new TextDecoder();
  #text = '';
  #count = 0;
  #shown = 0;
  #frame = 0;
  /** Of bytes, the first. */
  #head = new Uint8Array(0);
  #hex = false;
  #unit = 'bytes';

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
    this.#count = 0;
    this.#shown = 0;
    this.#head = new Uint8Array(0);
    this.#pre.replaceChildren();
    this.#size.textContent = '';
  }

  /** @param {Uint8Array} bytes may end inside of a character, whose rest then comes next */
  write(bytes) {
    this.#count += bytes.byteLength;
    this.#keep(bytes);
    this.#append(this.#decoder.decode(bytes, { stream: true }));
  }

  /** @param {string} text a line; counted as one of `unit` */
  line(text, unit = 'lines') {
    this.#unit = unit;
    this.#count++;
    this.#append(`${text}\n`);
  }

  /** Shows all that came, without waiting for a frame: nothing more will come. */
  end() {
    this.#text += this.#decoder.decode();
    cancelAnimationFrame(this.#frame);
    this.#show();
  }

  /** Whether bytes are shown as hex; what came as text before comes again only from the first bytes. */
  set hex(on) {
    this.#hex = on;
    this.#pre.replaceChildren();
    this.#shown = 0;
    this.#text = on ? '' : new TextDecoder().decode(this.#head);
    if (!on && this.#count > this.#head.length) this.#text += '\n…\n';
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  #keep(bytes) {
    const room = KEPT - this.#head.length;
    if (room <= 0) return;
    const more = bytes.subarray(0, room);
    const all = new Uint8Array(this.#head.length + more.length);
    all.set(this.#head);
    all.set(more, this.#head.length);
    this.#head = all;
  }

  #append(text) {
    // More than the pane shows is not kept either: frames do not come while the tab is hidden.
    this.#text = (this.#text + text).slice(-SHOWN);
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  #show() {
    this.#frame = 0;
    if (this.#count > 0) {
      this.#size.textContent = `${this.#count.toLocaleString('en')} ${this.#unit}`;
    }
    if (this.#hex) {
      this.#text = '';
      const more = this.#count > this.#head.length ? '…\n' : '';
      this.#pre.textContent = hexText(this.#head) + more;
      return;
    }
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

/** Sixteen bytes a line, with where they are and what they are as ASCII. */
function hexText(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = row.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('');
    text += `${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${ascii}\n`;
  }
  return text;
}
