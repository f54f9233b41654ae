;; While a guest's realloc or post-return function runs, its instance may call nothing but what needs no way out:
;; context.get and set, backpressure.inc and dec, resource.rep.
;; covers: may-leave, may-leave-realloc, may-leave-post-return

(component definition $Tries
  (type $r' (resource (rep i32)))
  (core func $new (canon resource.new $r'))
  (core func $rep (canon resource.rep $r'))
  (core func $drop (canon resource.drop $r'))
  (core func $context.get (canon context.get i32 0))
  (core func $context.set (canon context.set i32 0))
  (core func $inc (canon backpressure.inc))
  (core func $dec (canon backpressure.dec))
  (core func $set.new (canon waitable-set.new))
  (core func $set.drop (canon waitable-set.drop))
  (core func $join (canon waitable.join))
  (core func $subtask.drop (canon subtask.drop))
  (core func $subtask.cancel (canon subtask.cancel))
  (core func $task.cancel (canon task.cancel))
  (core func $task.return (canon task.return))
  (type $s (stream u8))
  (type $f (future u8))
  (core func $stream.new (canon stream.new $s))
  (core func $stream.drop (canon stream.drop-readable $s))
  (core func $future.new (canon future.new $f))
  (core func $future.drop (canon future.drop-writable $f))
  (core func $stream.cancel (canon stream.cancel-read $s))
  (core module $m
    (import "" "resource.new" (func $resource.new (param i32) (result i32)))
    (import "" "resource.rep" (func $resource.rep (param i32) (result i32)))
    (import "" "resource.drop" (func $resource.drop (param i32)))
    (import "" "context.get" (func $context.get (result i32)))
    (import "" "context.set" (func $context.set (param i32)))
    (import "" "inc" (func $inc))
    (import "" "dec" (func $dec))
    (import "" "set.new" (func $set.new (result i32)))
    (import "" "set.drop" (func $set.drop (param i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "subtask.drop" (func $subtask.drop (param i32)))
    (import "" "subtask.cancel" (func $subtask.cancel (param i32) (result i32)))
    (import "" "task.cancel" (func $task.cancel))
    (import "" "task.return" (func $task.return))
    (import "" "stream.new" (func $stream.new (result i64)))
    (import "" "stream.drop" (func $stream.drop (param i32)))
    (import "" "stream.cancel" (func $stream.cancel (param i32) (result i32)))
    (import "" "future.new" (func $future.new (result i64)))
    (import "" "future.drop" (func $future.drop (param i32)))
    (memory (export "mem") 1)
    (global $handle (mut i32) (i32.const 0))
    (global $what (mut i32) (i32.const 0))
    (func (export "prepare") (param $what i32)
      (global.set $what (local.get $what))
      (global.set $handle (call $resource.new (i32.const 77))))
    (func $act
      (block $default
        (block $14 (block $13 (block $12 (block $11 (block $10 (block $9 (block $8 (block $7
        (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
          (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $default (global.get $what)))
          ;; 0: what is allowed
          (call $context.set (i32.const 3))
          (if (i32.ne (call $context.get) (i32.const 3)) (then unreachable))
          (call $inc)
          (call $dec)
          (if (i32.ne (call $resource.rep (global.get $handle)) (i32.const 77)) (then unreachable))
          (return))
          (drop (call $resource.new (i32.const 1))) (return))
          (call $resource.drop (global.get $handle)) (return))
          (drop (call $set.new)) (return))
          (call $set.drop (i32.const 9)) (return))
          (call $join (i32.const 9) (i32.const 0)) (return))
          (call $subtask.drop (i32.const 9)) (return))
          (drop (call $subtask.cancel (i32.const 9))) (return))
          (call $task.cancel) (return))
          (call $task.return) (return))
          (drop (call $stream.new)) (return))
          (call $stream.drop (i32.const 9)) (return))
          (drop (call $stream.cancel (i32.const 9))) (return))
          (drop (call $future.new)) (return))
          (call $future.drop (i32.const 9)) (return)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (call $act)
      (i32.const 64))
    (func (export "take") (param i32 i32))
    (func (export "give") (result i32) (i32.const 5))
    (func (export "post") (param i32) (call $act)))
  (core instance $i (instantiate $m (with "" (instance
    (export "resource.new" (func $new))
    (export "resource.rep" (func $rep))
    (export "resource.drop" (func $drop))
    (export "context.get" (func $context.get))
    (export "context.set" (func $context.set))
    (export "inc" (func $inc))
    (export "dec" (func $dec))
    (export "set.new" (func $set.new))
    (export "set.drop" (func $set.drop))
    (export "join" (func $join))
    (export "subtask.drop" (func $subtask.drop))
    (export "subtask.cancel" (func $subtask.cancel))
    (export "task.cancel" (func $task.cancel))
    (export "task.return" (func $task.return))
    (export "stream.new" (func $stream.new))
    (export "stream.drop" (func $stream.drop))
    (export "stream.cancel" (func $stream.cancel))
    (export "future.new" (func $future.new))
    (export "future.drop" (func $future.drop))))))
  (func (export "prepare") (param "what" u32) (canon lift (core func $i "prepare")))
  (func (export "take") (param "s" string)
    (canon lift (core func $i "take") (memory (core memory $i "mem")) (realloc (core func $i "realloc"))))
  (func (export "give") (result u32)
    (canon lift (core func $i "give") (post-return (core func $i "post")))))

(component instance $allowed $Tries)
(assert_return (invoke "prepare" (u32.const 0)))
(assert_return (invoke "take" (str.const "x")))
(assert_return (invoke "give") (u32.const 5))


;; In realloc.
;; resource.new
(component instance $t0-1 $Tries)
(assert_return (invoke "prepare" (u32.const 1)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; resource.drop
(component instance $t0-2 $Tries)
(assert_return (invoke "prepare" (u32.const 2)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; waitable-set.new
(component instance $t0-3 $Tries)
(assert_return (invoke "prepare" (u32.const 3)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; waitable-set.drop
(component instance $t0-4 $Tries)
(assert_return (invoke "prepare" (u32.const 4)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; waitable.join
(component instance $t0-5 $Tries)
(assert_return (invoke "prepare" (u32.const 5)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; subtask.drop
(component instance $t0-6 $Tries)
(assert_return (invoke "prepare" (u32.const 6)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; subtask.cancel
(component instance $t0-7 $Tries)
(assert_return (invoke "prepare" (u32.const 7)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; task.cancel
(component instance $t0-8 $Tries)
(assert_return (invoke "prepare" (u32.const 8)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; task.return
(component instance $t0-9 $Tries)
(assert_return (invoke "prepare" (u32.const 9)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; stream.new
(component instance $t0-10 $Tries)
(assert_return (invoke "prepare" (u32.const 10)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; stream.drop-readable
(component instance $t0-11 $Tries)
(assert_return (invoke "prepare" (u32.const 11)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; stream.cancel-read
(component instance $t0-12 $Tries)
(assert_return (invoke "prepare" (u32.const 12)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; future.new
(component instance $t0-13 $Tries)
(assert_return (invoke "prepare" (u32.const 13)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")
;; future.drop-writable
(component instance $t0-14 $Tries)
(assert_return (invoke "prepare" (u32.const 14)))
(assert_trap (invoke "take" (str.const "x")) "cannot-leave")

;; In post-return.
;; resource.new
(component instance $t1-1 $Tries)
(assert_return (invoke "prepare" (u32.const 1)))
(assert_trap (invoke "give") "cannot-leave")
;; resource.drop
(component instance $t1-2 $Tries)
(assert_return (invoke "prepare" (u32.const 2)))
(assert_trap (invoke "give") "cannot-leave")
;; waitable-set.new
(component instance $t1-3 $Tries)
(assert_return (invoke "prepare" (u32.const 3)))
(assert_trap (invoke "give") "cannot-leave")
;; waitable-set.drop
(component instance $t1-4 $Tries)
(assert_return (invoke "prepare" (u32.const 4)))
(assert_trap (invoke "give") "cannot-leave")
;; waitable.join
(component instance $t1-5 $Tries)
(assert_return (invoke "prepare" (u32.const 5)))
(assert_trap (invoke "give") "cannot-leave")
;; subtask.drop
(component instance $t1-6 $Tries)
(assert_return (invoke "prepare" (u32.const 6)))
(assert_trap (invoke "give") "cannot-leave")
;; subtask.cancel
(component instance $t1-7 $Tries)
(assert_return (invoke "prepare" (u32.const 7)))
(assert_trap (invoke "give") "cannot-leave")
;; task.cancel
(component instance $t1-8 $Tries)
(assert_return (invoke "prepare" (u32.const 8)))
(assert_trap (invoke "give") "cannot-leave")
;; task.return
(component instance $t1-9 $Tries)
(assert_return (invoke "prepare" (u32.const 9)))
(assert_trap (invoke "give") "cannot-leave")
;; stream.new
(component instance $t1-10 $Tries)
(assert_return (invoke "prepare" (u32.const 10)))
(assert_trap (invoke "give") "cannot-leave")
;; stream.drop-readable
(component instance $t1-11 $Tries)
(assert_return (invoke "prepare" (u32.const 11)))
(assert_trap (invoke "give") "cannot-leave")
;; stream.cancel-read
(component instance $t1-12 $Tries)
(assert_return (invoke "prepare" (u32.const 12)))
(assert_trap (invoke "give") "cannot-leave")
;; future.new
(component instance $t1-13 $Tries)
(assert_return (invoke "prepare" (u32.const 13)))
(assert_trap (invoke "give") "cannot-leave")
;; future.drop-writable
(component instance $t1-14 $Tries)
(assert_return (invoke "prepare" (u32.const 14)))
(assert_trap (invoke "give") "cannot-leave")
