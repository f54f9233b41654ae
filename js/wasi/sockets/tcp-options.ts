/** Options of TCP sockets. Most are kept here only: no JavaScript engine can set them. Times are nanoseconds, sizes bytes. */

import { BufferOptions, positive } from './buffer-options.js';
import { attempt } from './errors.js';

const SECOND = 1_000_000_000n;

/** The options of a `tcp-socket`. */
export abstract class TcpOptions extends BufferOptions {
  protected keepAlive = false;
  protected idleTime = 7200n * SECOND;
  #interval = 75n * SECOND;
  #count = 9;
  #hopLimit = 64;

  getKeepAliveEnabled(): boolean {
    return this.keepAlive;
  }

  setKeepAliveEnabled(value: boolean): void {
    this.keepAlive = value;
    this.changed();
  }

  getKeepAliveIdleTime(): bigint {
    return this.idleTime;
  }

  setKeepAliveIdleTime(value: bigint): void {
    this.idleTime = attempt(() => seconds(value));
    this.changed();
  }

  getKeepAliveInterval(): bigint {
    return this.#interval;
  }

  setKeepAliveInterval(value: bigint): void {
    this.#interval = attempt(() => seconds(value));
  }

  getKeepAliveCount(): number {
    return this.#count;
  }

  setKeepAliveCount(value: number): void {
    this.#count = Math.min(
      attempt(() => positive(value)),
      MOST_PROBES,
    );
  }

  getHopLimit(): number {
    return this.#hopLimit;
  }

  setHopLimit(value: number): void {
    this.#hopLimit = attempt(() => positive(value));
  }

  /** A connection has the options of the socket that accepted it. */
  protected inherit(from: TcpOptions): void {
    this.keepAlive = from.keepAlive;
    this.idleTime = from.idleTime;
    this.#interval = from.#interval;
    this.#count = from.#count;
    this.#hopLimit = from.#hopLimit;
    this.setReceiveBufferSize(from.getReceiveBufferSize());
    this.setSendBufferSize(from.getSendBufferSize());
  }

  /** What a network can set has changed. */
  protected abstract changed(): void;
}

/** Systems count whole seconds, up to 32,767. */
function seconds(value: bigint): bigint {
  const whole = (positive(value) + SECOND - 1n) / SECOND;
  return (whole > MOST_SECONDS ? MOST_SECONDS : whole) * SECOND;
}

const MOST_SECONDS = 32_767n;
const MOST_PROBES = 127;
