;; A char is a Unicode scalar value: neither above U+10FFFF nor a surrogate.
;; covers: char-range, char-surrogate

(component definition $Chars
  (core module $m
    (memory (export "mem") 1)
    (func (export "flat") (param $bits i32) (result i32)
      (local.get $bits))
    ;; In memory, as the second of a pair.
    (func (export "stored") (param $bits i32) (result i32)
      (i32.store (i32.const 16) (i32.const 0x61))
      (i32.store (i32.const 20) (local.get $bits))
      (i32.const 16)))
  (core instance $i (instantiate $m))
  (func (export "flat") (param "bits" u32) (result char)
    (canon lift (core func $i "flat")))
  (func (export "stored") (param "bits" u32) (result (tuple char char))
    (canon lift (core func $i "stored") (memory (core memory $i "mem")))))

(component instance $edges $Chars)
(assert_return (invoke "flat" (u32.const 0)) (char.const "\u{0}"))
(assert_return (invoke "flat" (u32.const 0xd7ff)) (char.const "\u{d7ff}"))
(assert_return (invoke "flat" (u32.const 0xe000)) (char.const "\u{e000}"))
(assert_return (invoke "flat" (u32.const 0x10ffff)) (char.const "\u{10ffff}"))
(assert_return (invoke "stored" (u32.const 0x62))
  (tuple.const (char.const "a") (char.const "b")))

(component instance $above $Chars)
(assert_trap (invoke "flat" (u32.const 0x110000)) "invalid-char")
(component instance $far-above $Chars)
(assert_trap (invoke "flat" (u32.const 0xffffffff)) "invalid-char")
(component instance $first-surrogate $Chars)
(assert_trap (invoke "flat" (u32.const 0xd800)) "invalid-char")
(component instance $last-surrogate $Chars)
(assert_trap (invoke "stored" (u32.const 0xdfff)) "invalid-char")
(component instance $stored-above $Chars)
(assert_trap (invoke "stored" (u32.const 0x110000)) "invalid-char")
