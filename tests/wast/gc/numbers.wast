;; The canonical option `gc`: a function of numbers is the same with it and without, on either side of a call.
;;! component_model_gc = true
;; also: one-memory

(component definition $Numbers
  (type $colour' (enum "red" "green" "blue"))
  (type $access' (flags "read" "write"))
  (export $colour "colour" (type $colour'))
  (export $access "access" (type $access'))
  (core module $m
    (func (export "mix")
      (param i32 i32 i32 i32 i64 f32 f64 i32 i32 i32) (result f64)
      (f64.add
        (f64.add
          (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i32_s (local.get 1)))
          (f64.add (f64.convert_i32_u (local.get 2)) (f64.convert_i32_u (local.get 3))))
        (f64.add
          (f64.add (f64.convert_i64_s (local.get 4)) (f64.promote_f32 (local.get 5)))
          (f64.add
            (f64.add (local.get 6) (f64.convert_i32_u (local.get 7)))
            (f64.convert_i32_u (i32.add (local.get 8) (local.get 9)))))))
    (global $seen (mut i32) (i32.const 0))
    (func (export "see") (param i32) (global.set $seen (local.get 0)))
    (func (export "seen") (result i32) (global.get $seen))
    (func (export "byte") (param i32) (result i32) (local.get 0))
    (func (export "done") (param i32) (global.set $seen (i32.const 77))))
  (core instance $i (instantiate $m))
  (func (export "mix")
    (param "a" bool) (param "b" s8) (param "c" u16) (param "d" u32) (param "e" s64) (param "f" f32) (param "g" f64)
    (param "h" char) (param "i" $colour) (param "j" $access) (result f64)
    (canon lift (core func $i "mix") gc))
  (func (export "see") (param "x" u32) (canon lift (core func $i "see") gc))
  (func (export "seen") (result u32) (canon lift (core func $i "seen") gc))
  (func (export "byte") (param "x" u32) (result u8) (canon lift (core func $i "byte") gc))
  (func (export "wide") (param "x" u32) (result bool) (canon lift (core func $i "byte") gc (post-return (core func $i "done")))))

(component instance $numbers $Numbers)
(assert_return
  (invoke "mix" (bool.const true) (s8.const -3) (u16.const 500) (u32.const 4000000000) (s64.const -7) (f32.const 0.5) (f64.const 0.25)
    (char.const "A") (enum.const "blue") (flags.const "write"))
  (f64.const 4000000560.75))
(assert_return (invoke "see" (u32.const 5)))
(assert_return (invoke "seen") (u32.const 5))
;; What a core function leaves in the bits beyond a small type does not count.
(assert_return (invoke "byte" (u32.const 0x1ff)) (u8.const 255))
(assert_return (invoke "wide" (u32.const 256)) (bool.const true))
(assert_return (invoke "seen") (u32.const 77))

;; A caller and a callee, each with the option or without.
(component definition $Pairs
  (component $Collected
    (core module $m
      (func (export "add") (param i32 i64) (result i64)
        (i64.add (i64.extend_i32_u (local.get 0)) (local.get 1)))
      (func (export "fail") unreachable))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u8) (param "b" s64) (result s64) (canon lift (core func $i "add") gc))
    (func (export "fail") (canon lift (core func $i "fail") gc)))
  (component $Linear
    (core module $m
      (func (export "add") (param i32 i64) (result i64)
        (i64.add (i64.extend_i32_u (local.get 0)) (local.get 1)))
      (func (export "fail") unreachable))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u8) (param "b" s64) (result s64) (canon lift (core func $i "add")))
    (func (export "fail") (canon lift (core func $i "fail"))))
  (component $CallsCollected
    (import "add" (func $add (param "a" u8) (param "b" s64) (result s64)))
    (import "fail" (func $fail))
    (core type $add' (func (param i32 i64) (result i64)))
    (core type $fail' (func))
    (core func $add'' (canon lower (func $add) gc (core-type $add')))
    (core func $fail'' (canon lower (func $fail) gc (core-type $fail')))
    (core module $m
      (import "" "add" (func $add (param i32 i64) (result i64)))
      (import "" "fail" (func $fail))
      (func (export "add") (param i32 i64) (result i64)
        (call $add (i32.add (i32.const 0x100) (local.get 0)) (i64.mul (local.get 1) (i64.const 2))))
      (func (export "fail") (call $fail)))
    (core instance $i (instantiate $m (with "" (instance (export "add" (func $add'')) (export "fail" (func $fail''))))))
    (func (export "add") (param "a" u8) (param "b" s64) (result s64) (canon lift (core func $i "add") gc))
    (func (export "fail") (canon lift (core func $i "fail") gc)))
  (component $CallsLinear
    (import "add" (func $add (param "a" u8) (param "b" s64) (result s64)))
    (import "fail" (func $fail))
    (core func $add'' (canon lower (func $add)))
    (core func $fail'' (canon lower (func $fail)))
    (core module $m
      (import "" "add" (func $add (param i32 i64) (result i64)))
      (import "" "fail" (func $fail))
      (func (export "add") (param i32 i64) (result i64)
        (call $add (i32.add (i32.const 0x100) (local.get 0)) (i64.mul (local.get 1) (i64.const 2))))
      (func (export "fail") (call $fail)))
    (core instance $i (instantiate $m (with "" (instance (export "add" (func $add'')) (export "fail" (func $fail''))))))
    (func (export "add") (param "a" u8) (param "b" s64) (result s64) (canon lift (core func $i "add")))
    (func (export "fail") (canon lift (core func $i "fail"))))
  (instance $collected (instantiate $Collected))
  (instance $linear (instantiate $Linear))
  (instance $cc (instantiate $CallsCollected (with "add" (func $collected "add")) (with "fail" (func $collected "fail"))))
  (instance $cl (instantiate $CallsCollected (with "add" (func $linear "add")) (with "fail" (func $linear "fail"))))
  (instance $lc (instantiate $CallsLinear (with "add" (func $collected "add")) (with "fail" (func $collected "fail"))))
  (func (export "collected-collected") (alias export $cc "add"))
  (func (export "collected-linear") (alias export $cl "add"))
  (func (export "linear-collected") (alias export $lc "add"))
  (func (export "fail") (alias export $cl "fail")))

(component instance $pairs $Pairs)
(assert_return (invoke "collected-collected" (u8.const 5) (s64.const -10)) (s64.const -15))
(assert_return (invoke "collected-linear" (u8.const 5) (s64.const -10)) (s64.const -15))
(assert_return (invoke "linear-collected" (u8.const 5) (s64.const -10)) (s64.const -15))
(assert_trap (invoke "fail") "unreachable")
