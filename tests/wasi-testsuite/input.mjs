/** Text that comes in pieces, and is taken by the length or by the line. */
export class Input {
  rest = '';
  #ended = false;
  #wake = () => {};

  push(text) {
    this.rest += text;
    this.#wake();
  }

  end() {
    this.#ended = true;
    this.#wake();
  }

  /** What a stream of Node gives. */
  follow(stream) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => this.push(text));
    stream.on('close', () => this.end());
    stream.on('error', () => {});
    return this;
  }

  async take(count) {
    await this.#until(() => this.rest.length >= count);
    const text = this.rest.slice(0, count);
    this.rest = this.rest.slice(count);
    return text;
  }

  async line() {
    await this.#until(() => this.rest.includes('\n'));
    return this.take(this.rest.indexOf('\n') + 1 || this.rest.length);
  }

  async #until(enough) {
    while (!enough() && !this.#ended) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
