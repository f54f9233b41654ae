;; A program for WASI 0.2 and 0.3: the older one traps.
(component
  (core module $Main
    (func (export "old") (result i32) unreachable)
    (func (export "new") (result i32) (i32.const 0)))
  (core instance $main (instantiate $Main))
  (func $old (result (result)) (canon lift (core func $main "old")))
  (func $new async (result (result)) (canon lift (core func $main "new")))
  (instance $run2 (export "run" (func $old)))
  (instance $run3 (export "run" (func $new)))
  (export "wasi:cli/run@0.2.0" (instance $run2))
  (export "wasi:cli/run@0.3.0" (instance $run3)))
