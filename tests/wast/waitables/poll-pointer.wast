;; Where waitable-set.poll puts an event is aligned and in memory, also when there is none.

(component definition $Polls
  (core module $libc (memory (export "mem") 1))
  (core instance $libc (instantiate $libc))
  (core func $set.new (canon waitable-set.new))
  (core func $set.poll (canon waitable-set.poll (memory (core memory $libc "mem"))))
  (core module $m
    (import "" "set.new" (func $set.new (result i32)))
    (import "" "set.poll" (func $set.poll (param i32 i32) (result i32)))
    (func (export "poll") (param $ptr i32) (result i32)
      (call $set.poll (call $set.new) (local.get $ptr))))
  (core instance $i (instantiate $m (with "" (instance
    (export "set.new" (func $set.new)) (export "set.poll" (func $set.poll))))))
  (func (export "poll") (param "ptr" u32) (result u32) (canon lift (core func $i "poll"))))

(component instance $p0 $Polls)
(assert_return (invoke "poll" (u32.const 0)) (u32.const 0))
(assert_return (invoke "poll" (u32.const 65528)) (u32.const 0))
(component instance $p1 $Polls)
(assert_trap (invoke "poll" (u32.const 2)) "unaligned-pointer")
(component instance $p2 $Polls)
(assert_trap (invoke "poll" (u32.const 65532)) "out-of-bounds")
(component instance $p3 $Polls)
(assert_trap (invoke "poll" (u32.const 0xfffffffc)) "out-of-bounds")
