/** Times that run out while a message is waited for. */

/** Of a duration in nanoseconds; what timers take. */
export function milliseconds(duration: bigint | undefined): number | undefined {
  if (duration === undefined) return undefined;
  return Math.min(Number(duration / 1_000_000n), 2 ** 31 - 1);
}

/** Whether `patience` ran out before `listen`'s callback was called. */
export function late(
  listen: (resolve: () => void) => void,
  patience: number | undefined,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = patience === undefined ? undefined : setTimeout(() => resolve(true), patience);
    listen(() => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
