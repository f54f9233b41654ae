/**
 * What `wasi:cli/exit` throws: it ends the component's store. The call that was under way rejects with a `ComponentTrap` whose
 * `cause` is this.
 */
export class WasiExit extends Error {
  override readonly name = 'WasiExit';
  /** The exit code, 0 to 255. */
  readonly code: number;

  constructor(code: number) {
    super(`the component exited with code ${code}`);
    this.code = code;
  }
}
