/** wasi:http's `request-options` in a page, where `fetch` does not tell when it has connected. */

import { ComponentError } from '../../index.js';
import { RequestOptions as Options } from '../http/messages.js';

export class RequestOptions extends Options {
  override setConnectTimeout(duration: bigint | undefined): void {
    if (duration !== undefined) throw new ComponentError({ tag: 'not-supported' });
    super.setConnectTimeout(duration);
  }

  protected override empty(): RequestOptions {
    return new RequestOptions();
  }
}
