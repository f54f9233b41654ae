;; A command that waits for something that will never happen: a waitable set with nothing in it.
(component
  (core module $Main
    (import "host" "set-new" (func $set-new (result i32)))
    (func (export "run") (result i32)
      (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (call $set-new) (i32.const 4))))
    (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
  (core func $set-new (canon waitable-set.new))
  (core instance $main (instantiate $Main (with "host" (instance
    (export "set-new" (func $set-new))))))
  (func $run async (result (result))
    (canon lift (core func $main "run") async (callback (core func $main "callback"))))
  (instance $cli (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $cli)))
