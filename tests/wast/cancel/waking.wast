;; A task that waits by its callback's answer and may not run, as another one has the exclusive lock, is told of its cancellation when
;; it may, before any other event.
;; covers: cancel-wakes

;; The instance calls itself, so that its own task has the lock when it cancels another.
(component definition $Waking
  (core module $libc (memory (export "mem") 1))
  (core instance $libc (instantiate $libc))
  (type $future (future u32))
  (core func $return (canon task.return))
  (core func $task.cancel (canon task.cancel))
  (core func $set.new (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $future.new (canon future.new $future))
  (core func $future.read (canon future.read $future async (memory (core memory $libc "mem"))))
  (core func $future.write (canon future.write $future async (memory (core memory $libc "mem"))))
  (core func $cancel (canon subtask.cancel async))
  (core func $drop (canon subtask.drop))
  (core module $callee
    (import "" "task.cancel" (func $task.cancel))
    (import "" "set.new" (func $set.new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "future.new" (func $future.new (result i64)))
    (import "" "future.read" (func $future.read (param i32 i32) (result i32)))
    (global $writable (export "writable") (mut i32) (i32.const 0))
    (func (export "wait") (result i32)
      (local $ends i64) (local $set i32)
      (local.set $ends (call $future.new))
      (global.set $writable (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      (local.set $set (call $set.new))
      (drop (call $future.read (i32.wrap_i64 (local.get $ends)) (i32.const 16)))
      (call $join (i32.wrap_i64 (local.get $ends)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "event") (param $event i32) (param i32 i32) (result i32)
      ;; TASK_CANCELLED
      (if (i32.ne (local.get $event) (i32.const 6)) (then unreachable))
      (call $task.cancel)
      (i32.const 0)))
  (core instance $callee (instantiate $callee (with "" (instance
    (export "task.cancel" (func $task.cancel)) (export "set.new" (func $set.new)) (export "join" (func $join))
    (export "future.new" (func $future.new)) (export "future.read" (func $future.read))))))
  (func $wait async (canon lift (core func $callee "wait") async (callback (core func $callee "event"))))
  (core func $wait' (canon lower (func $wait) async))
  (core module $m
    (import "" "wait" (func $wait (result i32)))
    (import "" "writable" (global $writable (mut i32)))
    (import "" "return" (func $return))
    (import "" "set.new" (func $set.new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "cancel" (func $cancel (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "future.write" (func $future.write (param i32 i32) (result i32)))
    (global $set (mut i32) (i32.const 0))
    (global $writes (mut i32) (i32.const 0))
    (func $go-on (result i32) (i32.or (i32.const 2) (i32.shl (global.get $set) (i32.const 4))))
    (func $run (export "run") (result i32)
      (local $packed i32)
      (local.set $packed (call $wait))
      ;; STARTING
      (if (i32.and (local.get $packed) (i32.const 15)) (then unreachable))
      (global.set $set (call $set.new))
      (call $join (i32.shr_u (local.get $packed) (i32.const 4)) (global.get $set))
      (call $go-on))
    (func (export "run-with-event") (result i32) (global.set $writes (i32.const 1)) (call $run))
    (func (export "event") (param i32) (param $h i32) (param $state i32) (result i32)
      ;; STARTED: it waits by now.
      (if (i32.eq (local.get $state) (i32.const 1)) (then
        (if (global.get $writes) (then
          (if (call $future.write (global.get $writable) (i32.const 32)) (then unreachable))))
        (call $join (local.get $h) (i32.const 0))
        (if (i32.ne (call $cancel (local.get $h)) (i32.const -1)) (then unreachable))
        (call $join (local.get $h) (global.get $set))
        (return (call $go-on))))
      ;; CANCELLED_BEFORE_RETURNED
      (if (i32.ne (local.get $state) (i32.const 4)) (then unreachable))
      (call $drop (local.get $h))
      (call $return)
      (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance
    (export "wait" (func $wait')) (export "writable" (global $callee "writable")) (export "return" (func $return))
    (export "set.new" (func $set.new)) (export "join" (func $join)) (export "cancel" (func $cancel))
    (export "drop" (func $drop)) (export "future.write" (func $future.write))))))
  (func (export "run") async (canon lift (core func $i "run") async (callback (core func $i "event"))))
  (func (export "run-with-event") async (canon lift (core func $i "run-with-event") async (callback (core func $i "event")))))

(component instance $alone $Waking)
(assert_return (invoke "run"))
(component instance $with-event $Waking)
(assert_return (invoke "run-with-event"))
