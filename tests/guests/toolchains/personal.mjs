/** `tidegate:chain/personal` in JavaScript, for componentize-qjs. */

/** QuickJS has no TextEncoder. */
const utf8 = (text) =>
  Uint8Array.from(unescape(encodeURIComponent(text)), (character) => character.charCodeAt(0));

export const personal = {
  async personalise(name, text) {
    return (async function* () {
      yield utf8(`Dear ${name},\n`);
      for await (const chunk of text) yield chunk;
    })();
  },
};
