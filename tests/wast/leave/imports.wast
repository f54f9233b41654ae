;; An import may not be called while a realloc or post-return function of the instance runs; another instance's may.

(component definition $Tries
  (component $Callee
    (core module $m (func (export "one") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "one") (result u32) (canon lift (core func $i "one"))))
  (component $Caller
    (import "one" (func $one (result u32)))
    (core func $one' (canon lower (func $one)))
    (core module $m
      (import "" "one" (func $one (result i32)))
      (memory (export "mem") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (drop (call $one))
        (i32.const 64))
      (func (export "take") (param i32 i32))
      (func (export "give") (result i32) (call $one))
      (func (export "post") (param i32) (drop (call $one))))
    (core instance $i (instantiate $m (with "" (instance (export "one" (func $one'))))))
    (func (export "take") (param "s" string)
      (canon lift (core func $i "take") (memory (core memory $i "mem")) (realloc (core func $i "realloc"))))
    (func (export "give") (result u32)
      (canon lift (core func $i "give")))
    (func (export "give-and-call") (result u32)
      (canon lift (core func $i "give") (post-return (core func $i "post")))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller (with "one" (func $callee "one"))))
  (func (export "take") (alias export $caller "take"))
  (func (export "give") (alias export $caller "give"))
  (func (export "give-and-call") (alias export $caller "give-and-call")))

(component instance $plain $Tries)
(assert_return (invoke "give") (u32.const 1))
(component instance $in-realloc $Tries)
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
(component instance $in-post-return $Tries)
(assert_trap (invoke "give-and-call") "cannot-leave")

;; The flag is one instance's own: while the callee's realloc runs for a call that it makes, the caller is not in it.
;; A post-return function that has ended leaves nothing behind.
(component
  (component $Callee
    (core module $m
      (memory (export "mem") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "length") (param i32 i32) (result i32) (local.get 1))
      (func (export "post") (param i32)))
    (core instance $i (instantiate $m))
    (func (export "length") (param "s" string) (result u32)
      (canon lift (core func $i "length") (memory (core memory $i "mem"))
        (realloc (core func $i "realloc")) (post-return (core func $i "post")))))
  (component $Caller
    (import "length" (func $length (param "s" string) (result u32)))
    (core module $libc (memory (export "mem") 1))
    (core instance $libc (instantiate $libc))
    (core func $length' (canon lower (func $length) (memory (core memory $libc "mem"))))
    (core module $m
      (import "" "length" (func $length (param i32 i32) (result i32)))
      (func (export "twice") (result i32)
        (i32.add
          (call $length (i32.const 0) (i32.const 3))
          (call $length (i32.const 0) (i32.const 4)))))
    (core instance $i (instantiate $m (with "" (instance (export "length" (func $length'))))))
    (func (export "twice") (result u32) (canon lift (core func $i "twice"))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller (with "length" (func $callee "length"))))
  (func (export "twice") (alias export $caller "twice")))
(assert_return (invoke "twice") (u32.const 7))
(assert_return (invoke "twice") (u32.const 7))
