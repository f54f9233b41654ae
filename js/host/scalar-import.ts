/**
 * The fast path of sync imports whose parameters and result are single numbers: no array, no closure per call.
 * It differs from `hostfuncs.ts` in nothing else.
 */

import { ComponentTrap, show } from './errors.js';
import { failed, hostError, type ImportPlan, notAsync } from './hostfuncs.js';
import { isThenable } from './promise-end.js';
import type { Core, Scalar } from './values/conv.js';

/** Undefined when the function has parameters or a result of another kind, or too many. */
export function scalarImport(
  plan: ImportPlan,
): ((...flat: Core[]) => Core | undefined) | undefined {
  const { machine, host, sig } = plan;
  const params = sig.params.map(({ scalar }) => scalar);
  if (params.length > 3 || sig.throws || params.includes(undefined)) return undefined;
  const result = sig.result?.scalar;
  if (sig.result !== undefined && result === undefined) return undefined;
  const [a, b, c] = params as Scalar[];
  const { call } = host;
  const nothing = failed(sig);

  /** What the guest gets for a value of the host. */
  function finish(value: unknown): Core | undefined {
    if (machine.locked) return nothing;
    if (result === undefined) {
      if (value === undefined || !isThenable(value)) return undefined;
      throw notAsync(host);
    }
    if (result.test(value)) return result.toCore(value);
    if (isThenable(value)) throw notAsync(host);
    const cause = sig.result!.check(plan.cx, value)?.toError('result');
    const message = `the host import ${host.name} returned a wrong value: ${cause?.message ?? show(value)}`;
    throw new ComponentTrap('wrong-value', message, { cause });
  }
  function fail(error: unknown): Core {
    machine.fail(error instanceof ComponentTrap ? error : hostError(host, error));
    return nothing;
  }

  switch (params.length) {
    case 0:
      return () => {
        try {
          return finish(call());
        } catch (error) {
          return fail(error);
        }
      };
    case 1:
      return (x) => {
        try {
          return finish(call(a!.fromCore(x!)));
        } catch (error) {
          return fail(error);
        }
      };
    case 2:
      return (x, y) => {
        try {
          return finish(call(a!.fromCore(x!), b!.fromCore(y!)));
        } catch (error) {
          return fail(error);
        }
      };
    default:
      return (x, y, z) => {
        try {
          return finish(call(a!.fromCore(x!), b!.fromCore(y!), c!.fromCore(z!)));
        } catch (error) {
          return fail(error);
        }
      };
  }
}
