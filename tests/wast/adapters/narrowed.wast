;; A string that is UTF-16 and could have been Latin-1 becomes Latin-1: its realloc keeps the alignment of the first one.
;; also: one-memory, precompiled

(component definition $Narrowed
  (component $Callee
    (core module $m
      (memory (export "memory") 1)
      (global $second (mut i32) (i32.const 0))
      ;; Where the string ends up.
      (func (export "place") (param i32) (global.set $second (local.get 0)))
      (func (export "realloc") (param $old i32) (param $from i32) (param $align i32) (param $size i32) (result i32)
        (if (i32.ne (local.get $align) (i32.const 2)) (then unreachable))
        (if (i32.eqz (local.get $old)) (then (return (i32.const 64))))
        (if (i32.ne (local.get $from) (i32.const 4)) (then unreachable))
        (if (i32.ne (local.get $size) (i32.const 2)) (then unreachable))
        (i32.store16 (global.get $second) (i32.load16_u (local.get $old)))
        (global.get $second))
      ;; The two letters, when there are two.
      (func (export "take") (param i32 i32) (result i32)
        (i32.add (i32.load16_u (local.get 0)) (i32.shl (local.get 1) (i32.const 16)))))
    (core instance $i (instantiate $m))
    (func (export "place") (param "at" u32) (canon lift (core func $i "place")))
    (func (export "take") (param "s" string) (result u32)
      (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
        string-encoding=latin1+utf16)))
  (component $Caller
    (import "take" (func $take (param "s" string) (result u32)))
    (core module $Libc (memory (export "memory") 1) (data (i32.const 32) "A\00B\00"))
    (core instance $libc (instantiate $Libc))
    (core func $take' (canon lower (func $take) (memory (core memory $libc "memory")) string-encoding=latin1+utf16))
    (core module $m
      (import "" "take" (func $take (param i32 i32) (result i32)))
      (func (export "give") (result i32) (call $take (i32.const 32) (i32.const 0x80000002))))
    (core instance $i (instantiate $m (with "" (instance (export "take" (func $take'))))))
    (func (export "give") (result u32) (canon lift (core func $i "give"))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller (with "take" (func $callee "take"))))
  (export "place" (func $callee "place"))
  (export "give" (func $caller "give"))
)

(component instance $n $Narrowed)
(assert_return (invoke "place" (u32.const 128)))
(assert_return (invoke "give") (u32.const 0x24241))
(assert_return (invoke "place" (u32.const 129)))
(assert_trap (invoke "give") "unaligned-pointer")
