;; The caller of pair.wat by hand.
(module
  (import "callee" "memory" (memory 1))
  (import "callee" "add" (func $add (param i32 i32) (result i32)))
  (import "callee" "add-async" (func $add-async (param i32 i32 i32) (result i32)))
  (func (export "count") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (call $add (local.get $sum) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "count-async") (param $n i32) (result i32)
    (i32.store (i32.const 16) (i32.const 0))
    (loop $again
      (if (i32.ne (call $add-async (i32.load (i32.const 16)) (i32.const 1) (i32.const 16)) (i32.const 2))
        (then (unreachable)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.load (i32.const 16))))
