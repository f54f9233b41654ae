;; An exception does not leave its component: whoever called it traps, and cannot catch it.
;; requires: exceptions
;; also: one-memory, precompiled

(component definition $Throwing
  (component $Callee
    (core module $m
      (tag $t)
      (memory (export "memory") 1)
      (func (export "f") (throw $t))
      (func (export "g") (param i32 i32))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (throw $t)))
    (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f")))
    (func (export "g") (param "s" string)
      (canon lift (core func $i "g") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $Caller
    (import "f" (func $f))
    (import "g" (func $g (param "s" string)))
    (core module $Libc (memory (export "memory") 1))
    (core instance $libc (instantiate $Libc))
    (core func $f' (canon lower (func $f)))
    (core func $g' (canon lower (func $g) (memory (core memory $libc "memory"))))
    (core module $m
      (import "" "f" (func $f))
      (import "" "g" (func $g (param i32 i32)))
      (func (export "f") (block $caught (try_table (catch_all $caught) (call $f))))
      (func (export "g") (block $caught (try_table (catch_all $caught) (call $g (i32.const 0) (i32.const 1))))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f')) (export "g" (func $g'))))))
    (func (export "f") (canon lift (core func $i "f")))
    (func (export "g") (canon lift (core func $i "g"))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller (with "f" (func $callee "f")) (with "g" (func $callee "g"))))
  (export "f" (func $caller "f"))
  (export "g" (func $caller "g"))
)

(component instance $function $Throwing)
(assert_trap (invoke "f") "uncaught-exception")
(component instance $realloc $Throwing)
(assert_trap (invoke "g") "uncaught-exception")
