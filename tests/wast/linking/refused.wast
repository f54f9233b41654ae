;; What never runs: bytes that are no component, components that are not valid, imports that are not there.

(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\7f") "unexpected end")
(assert_malformed (component quote "(core func)") "expected")

(assert_invalid
  (component (func (export "f") (canon lift (core func 0))))
  "unknown core function 0")
(assert_invalid
  (component
    (core module $m (func (export "f") (result i64) i64.const 0))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "lowered result types `[I32]` do not match result types `[I64]`")
(assert_invalid
  (component (import "a" (func)) (import "A" (func)))
  "import name `A` conflicts with previous name `a`")
(assert_invalid (component (import "a_b" (func))) "is not in kebab case")

(assert_unlinkable
  (component (import "nobody-has-it" (func)))
  "is missing")
(assert_unlinkable
  (component (import "nobody-has-it" (instance (export "f" (func)))))
  "is missing")

;; One that has a name serves later ones; `register` gives it another one.
(component $first
  (core module $m (func (export "f") (result i32) i32.const 5))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
(register "second")
(component
  (import "first" (instance $a (export "f" (func (result u32)))))
  (import "second" (instance $b (export "f" (func (result u32)))))
  (core func $a (canon lower (func $a "f")))
  (core func $b (canon lower (func $b "f")))
  (core module $m
    (import "" "a" (func $a (result i32)))
    (import "" "b" (func $b (result i32)))
    (func (export "f") (result i32) (i32.add (call $a) (i32.mul (i32.const 10) (call $b)))))
  (core instance $i (instantiate $m (with "" (instance (export "a" (func $a)) (export "b" (func $b))))))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
(assert_return (invoke "f") (u32.const 55))
(assert_return (invoke $first "f") (u32.const 5))
(assert_unlinkable
  (component (import "first" (instance (export "g" (func)))))
  "is missing")
