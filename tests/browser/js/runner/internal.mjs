/** As `tests/js/support/internal.mjs`, in a page: the modules that suites ask for are a part of the bundle. */

const MODULES = {
  demangle: () => import('../../../../js/host/demangle.ts'),
  frames: () => import('../../../../js/host/frames.ts'),
  machine: () => import('../../../../js/host/machine.ts'),
  trace: () => import('../../../../js/host/trace.ts'),
};

export function internal(name) {
  return MODULES[name]();
}
