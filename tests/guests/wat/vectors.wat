;; Core modules whose initial values are vectors, which few have: a global that another module imports, and one of its own.
(component
  (core module $constants
    (global (export "mask") v128 (v128.const i32x4 1 2 3 4)))
  (core module $main
    (import "constants" "mask" (global $mask v128))
    (global $more v128 (v128.const i32x4 10 20 30 40))
    (func (export "sum") (result i32)
      (local $sum v128)
      (local.set $sum (i32x4.add (global.get $mask) (global.get $more)))
      (i32.add
        (i32x4.extract_lane 0 (local.get $sum))
        (i32x4.extract_lane 3 (local.get $sum)))))
  (core instance $constants (instantiate $constants))
  (core instance $main (instantiate $main (with "constants" (instance $constants))))
  (func (export "sum") (result u32) (canon lift (core func $main "sum"))))
