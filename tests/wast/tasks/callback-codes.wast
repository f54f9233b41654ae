;; What a callback answers: EXIT, YIELD, or WAIT with a waitable set. Nothing else.
;; covers: callback-code, handle-kind, handle-unknown

(component definition $Codes
  (type $r (resource (rep i32)))
  (core func $resource.new (canon resource.new $r))
  (core func $set.new (canon waitable-set.new))
  (core func $set.drop (canon waitable-set.drop))
  (core func $return (canon task.return (result u32)))
  (core module $m
    (import "" "resource.new" (func $resource.new (param i32) (result i32)))
    (import "" "set.new" (func $set.new (result i32)))
    (import "" "set.drop" (func $set.drop (param i32)))
    (import "" "return" (func $return (param i32)))
    (func (export "first") (param $packed i32) (result i32) (local.get $packed))
    (func (export "resource") (result i32)
      (i32.or (i32.const 2) (i32.shl (call $resource.new (i32.const 1)) (i32.const 4))))
    (func (export "gone") (result i32)
      (local $set i32)
      (local.set $set (call $set.new))
      (call $set.drop (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    ;; Returns 10 * event + payload, then EXIT.
    (func (export "then") (param $event i32) (param $p1 i32) (param $p2 i32) (result i32)
      (call $return (i32.add (i32.mul (local.get $event) (i32.const 10)) (i32.add (local.get $p1) (local.get $p2))))
      (i32.const 0))
    ;; YIELD from the callback as often as there are turns, then an invalid code.
    (global $turns (mut i32) (i32.const 3))
    (func (export "turns") (param i32 i32 i32) (result i32)
      (global.set $turns (i32.sub (global.get $turns) (i32.const 1)))
      (select (i32.const 1) (i32.const 3) (global.get $turns))))
  (core instance $i (instantiate $m (with "" (instance
    (export "resource.new" (func $resource.new)) (export "set.new" (func $set.new))
    (export "set.drop" (func $set.drop)) (export "return" (func $return))))))
  (func (export "first") async (param "packed" u32) (result u32)
    (canon lift (core func $i "first") async (callback (core func $i "then"))))
  (func (export "resource") async (result u32)
    (canon lift (core func $i "resource") async (callback (core func $i "then"))))
  (func (export "gone") async (result u32)
    (canon lift (core func $i "gone") async (callback (core func $i "then"))))
  (func (export "later") async (param "packed" u32) (result u32)
    (canon lift (core func $i "first") async (callback (core func $i "turns")))))

(component instance $yield $Codes)
;; After YIELD the event is NONE, without a payload.
(assert_return (invoke "first" (u32.const 1)) (u32.const 0))
;; What is packed beside YIELD means nothing.
(assert_return (invoke "first" (u32.const 0x71)) (u32.const 0))

(component instance $c1 $Codes)
(assert_trap (invoke "first" (u32.const 3)) "invalid-callback-code")
(component instance $c2 $Codes)
(assert_trap (invoke "first" (u32.const 15)) "invalid-callback-code")
(component instance $c3 $Codes)
(assert_trap (invoke "first" (u32.const 0xffffffff)) "invalid-callback-code")
(component instance $c4 $Codes)
(assert_trap (invoke "later" (u32.const 1)) "invalid-callback-code")

(component instance $w1 $Codes)
(assert_trap (invoke "first" (u32.const 2)) "unknown-handle")
(component instance $w2 $Codes)
(assert_trap (invoke "first" (u32.const 0x12)) "unknown-handle")
(component instance $w3 $Codes)
(assert_trap (invoke "resource") "wrong-handle-type")
(component instance $w4 $Codes)
(assert_trap (invoke "gone") "unknown-handle")
