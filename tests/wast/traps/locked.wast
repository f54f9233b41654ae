;; A trap is the end of everything in its store: of the component that trapped, of others beside it, and of whoever called.

(component definition $Siblings
  (component $A
    (core module $m
      (func (export "trap") unreachable)
      (func (export "one") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "trap") (canon lift (core func $i "trap")))
    (func (export "one") (result u32) (canon lift (core func $i "one")))
    (func (export "one-async") async (result u32) (canon lift (core func $i "one"))))
  (component $B
    (import "trap" (func $trap))
    (core func $trap' (canon lower (func $trap)))
    (core module $m
      (import "" "trap" (func $trap))
      (func (export "call") (call $trap))
      (func (export "two") (result i32) (i32.const 2)))
    (core instance $i (instantiate $m (with "" (instance (export "trap" (func $trap'))))))
    (func (export "call") (canon lift (core func $i "call")))
    (func (export "two") (result u32) (canon lift (core func $i "two"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "trap" (func $a "trap"))))
  (func (export "trap") (alias export $a "trap"))
  (func (export "one") (alias export $a "one"))
  (func (export "one-async") (alias export $a "one-async"))
  (func (export "call") (alias export $b "call"))
  (func (export "two") (alias export $b "two")))

(component instance $direct $Siblings)
(assert_return (invoke "one") (u32.const 1))
(assert_return (invoke "one-async") (u32.const 1))
(assert_return (invoke "two") (u32.const 2))
(assert_trap (invoke "trap") "core-trap")
(assert_trap (invoke "one") "store-locked")
(assert_trap (invoke "one-async") "store-locked")
(assert_trap (invoke "two") "store-locked")
(assert_trap (invoke "trap") "store-locked")

(component instance $through $Siblings)
(assert_trap (invoke "call") "core-trap")
(assert_trap (invoke "one") "store-locked")
(assert_trap (invoke "two") "store-locked")

;; Another store does not notice.
(component instance $fresh $Siblings)
(assert_return (invoke "one") (u32.const 1))
