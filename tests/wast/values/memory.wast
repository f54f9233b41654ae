;; Values that go through memory: strings, lists, records, variants and nested options come back as they went in.

(component
  (core module $m
    (memory (export "mem") 1)
    (global $next (mut i32) (i32.const 64))
    (func (export "realloc") (param $old i32) (param $from i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at
        (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      local.get $at)
    ;; A pointer and a length, as parameters and as the result at 0.
    (func (export "slice") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      i32.const 0)
    ;; `record { a: u8, b: u64, c: option<char> }`
    (func (export "record") (param i32 i64 i32 i32) (result i32)
      (i32.store8 (i32.const 0) (local.get 0))
      (i64.store (i32.const 8) (local.get 1))
      (i32.store8 (i32.const 16) (local.get 2))
      (i32.store (i32.const 20) (local.get 3))
      i32.const 0)
    ;; `variant { none, number(u32), text(string) }`
    (func (export "variant") (param i32 i32 i32) (result i32)
      (i32.store8 (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.store (i32.const 8) (local.get 2))
      i32.const 0)
    ;; `option<option<u32>>`
    (func (export "nested") (param i32 i32 i32) (result i32)
      (i32.store8 (i32.const 0) (local.get 0))
      (i32.store8 (i32.const 4) (local.get 1))
      (i32.store (i32.const 8) (local.get 2))
      i32.const 0)
    ;; `result<u8, string>`
    (func (export "result") (param i32 i32 i32) (result i32)
      (i32.store8 (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.store (i32.const 8) (local.get 2))
      i32.const 0))
  (core instance $i (instantiate $m))
  (alias core export $i "mem" (core memory $mem))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "string") (param "x" string) (result string)
    (canon lift (core func $i "slice") (memory $mem) (realloc $realloc)))
  (func (export "bytes") (param "x" (list u8)) (result (list u8))
    (canon lift (core func $i "slice") (memory $mem) (realloc $realloc)))
  (func (export "longs") (param "x" (list s64)) (result (list s64))
    (canon lift (core func $i "slice") (memory $mem) (realloc $realloc)))
  (func (export "pairs") (param "x" (list (tuple char (list string)))) (result (list (tuple char (list string))))
    (canon lift (core func $i "slice") (memory $mem) (realloc $realloc)))
  (type $r' (record (field "a" u8) (field "b-two" u64) (field "c" (option char))))
  (export $r "r" (type $r'))
  (func (export "record") (param "x" $r) (result $r)
    (canon lift (core func $i "record") (memory $mem) (realloc $realloc)))
  (type $v' (variant (case "none") (case "a-number" u32) (case "text" string)))
  (export $v "v" (type $v'))
  (func (export "variant") (param "x" $v) (result $v)
    (canon lift (core func $i "variant") (memory $mem) (realloc $realloc)))
  (func (export "nested") (param "x" (option (option u32))) (result (option (option u32)))
    (canon lift (core func $i "nested") (memory $mem) (realloc $realloc)))
  (func (export "result") (param "x" (result u8 (error string))) (result (result u8 (error string)))
    (canon lift (core func $i "result") (memory $mem) (realloc $realloc))))

(assert_return (invoke "string" (str.const "")) (str.const ""))
(assert_return (invoke "string" (str.const "a\u{0}\u{e9}\u{1f30a}")) (str.const "a\u{0}\u{e9}\u{1f30a}"))
(assert_return (invoke "bytes" (list.const)) (list.const))
(assert_return (invoke "bytes" (list.const (u8.const 0) (u8.const 255))) (list.const (u8.const 0) (u8.const 255)))
(assert_return
  (invoke "longs" (list.const (s64.const -1) (s64.const 9223372036854775807)))
  (list.const (s64.const -1) (s64.const 9223372036854775807)))
(assert_return
  (invoke "pairs"
    (list.const
      (tuple.const (char.const "x") (list.const (str.const "one") (str.const "")))
      (tuple.const (char.const "\u{1f30a}") (list.const))))
  (list.const
    (tuple.const (char.const "x") (list.const (str.const "one") (str.const "")))
    (tuple.const (char.const "\u{1f30a}") (list.const))))
(assert_return
  (invoke "record"
    (record.const
      (field "a" u8.const 1)
      (field "b-two" u64.const 18446744073709551615)
      (field "c" option.some (char.const "c"))))
  (record.const
    (field "a" u8.const 1)
    (field "b-two" u64.const 18446744073709551615)
    (field "c" option.some (char.const "c"))))
(assert_return
  (invoke "record"
    (record.const (field "a" u8.const 2) (field "b-two" u64.const 0) (field "c" option.none)))
  (record.const (field "a" u8.const 2) (field "b-two" u64.const 0) (field "c" option.none)))
(assert_return (invoke "variant" (variant.const "none")) (variant.const "none"))
(assert_return
  (invoke "variant" (variant.const "a-number" (u32.const 7)))
  (variant.const "a-number" (u32.const 7)))
(assert_return
  (invoke "variant" (variant.const "text" (str.const "seven")))
  (variant.const "text" (str.const "seven")))
(assert_return (invoke "nested" (option.none)) (option.none))
(assert_return (invoke "nested" (option.some (option.none))) (option.some (option.none)))
(assert_return
  (invoke "nested" (option.some (option.some (u32.const 0))))
  (option.some (option.some (u32.const 0))))
(assert_return (invoke "result" (result.ok (u8.const 9))) (result.ok (u8.const 9)))
(assert_return (invoke "result" (result.err (str.const "no"))) (result.err (str.const "no")))
