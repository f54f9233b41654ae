;; Threads count as tasks do: the store's limit ends a guest that makes ever more.
;; requires: jspi, gc

(component
  (core module $libc (table (export "table") 1 funcref))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "table" (core table $table))
  (core type $start (func (param i32)))
  (core func $new (canon thread.new-indirect $start (core table $table)))
  (core module $m
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "libc" "table" (table $table 1 funcref))
    (func $nothing (param i32))
    (elem (i32.const 0) $nothing)
    (func (export "hoard") (param $n i32)
      (loop $again
        (drop (call $new (i32.const 0) (i32.const 0)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  (core instance $i (instantiate $m
    (with "" (instance (export "new" (func $new))))
    (with "libc" (instance $libc))))
  (func (export "hoard") (param "n" u32) (canon lift (core func $i "hoard"))))
;; A runner of scripts allows fewer than this.
(assert_trap (invoke "hoard" (u32.const 10000)) "limit-exceeded")
