;; Calls: a sync one, an async one that returns at once, and one that awaits a host import n times.
(component
  (import "host" (func $host async (param "x" u32) (result u32)))

  (core module $Memory (memory (export "memory") 1))
  (core instance $memory (instantiate $Memory))

  (core module $Guest
    (import "" "memory" (memory 1))
    (import "" "host" (func $host (param i32 i32) (result i32)))
    (import "" "task.return" (func $task.return (param i32)))
    (import "" "waitable-set.new" (func $waitable-set.new (result i32)))
    (import "" "waitable.join" (func $waitable.join (param i32 i32)))
    (import "" "subtask.drop" (func $subtask.drop (param i32)))

    (global $set (mut i32) (i32.const 0))
    (global $left (mut i32) (i32.const 0))
    (global $sum (mut i32) (i32.const 0))

    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))

    (func (export "add-async") (param i32 i32) (result i32)
      (call $task.return (i32.add (local.get 0) (local.get 1)))
      (i32.const 0 (; EXIT ;)))
    (func (export "add-async-callback") (param i32 i32 i32) (result i32)
      (unreachable))

    (func (export "await-host") (param $n i32) (result i32)
      (global.set $left (local.get $n))
      (global.set $sum (i32.const 0))
      (if (i32.eqz (global.get $set)) (then (global.set $set (call $waitable-set.new))))
      (call $go-on))
    (func (export "await-host-callback") (param $event i32) (param $subtask i32) (param $state i32)
      (result i32)
      (if (i32.ne (local.get $event) (i32.const 1 (; SUBTASK ;))) (then (unreachable)))
      (if (i32.ne (local.get $state) (i32.const 2 (; RETURNED ;))) (then (unreachable)))
      (call $subtask.drop (local.get $subtask))
      (call $take)
      (call $go-on))

    ;; adds the result of the last call
    (func $take
      (global.set $sum (i32.add (global.get $sum) (i32.load (i32.const 16)))))

    ;; calls the host until a call has to be awaited or all have been made; the callback code
    (func $go-on (result i32)
      (local $packed i32)
      (loop $again
        (if (i32.eqz (global.get $left))
          (then
            (call $task.return (global.get $sum))
            (return (i32.const 0 (; EXIT ;)))))
        (global.set $left (i32.sub (global.get $left) (i32.const 1)))
        (local.set $packed (call $host (global.get $left) (i32.const 16)))
        (if (i32.eq (i32.and (local.get $packed) (i32.const 15)) (i32.const 2 (; RETURNED ;)))
          (then
            (call $take)
            (br $again))))
      (call $waitable.join (i32.shr_u (local.get $packed) (i32.const 4)) (global.get $set))
      (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (global.get $set) (i32.const 4)))))

  (canon lower (func $host) async (memory (core memory $memory "memory")) (core func $host'))
  (canon task.return (result u32) (core func $task.return))
  (canon waitable-set.new (core func $waitable-set.new))
  (canon waitable.join (core func $waitable.join))
  (canon subtask.drop (core func $subtask.drop))
  (core instance $guest (instantiate $Guest (with "" (instance
    (export "memory" (memory $memory "memory"))
    (export "host" (func $host'))
    (export "task.return" (func $task.return))
    (export "waitable-set.new" (func $waitable-set.new))
    (export "waitable.join" (func $waitable.join))
    (export "subtask.drop" (func $subtask.drop))))))

  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $guest "add")))
  (func (export "add-async") async (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $guest "add-async")
      async (callback (core func $guest "add-async-callback"))))
  (func (export "await-host") async (param "n" u32) (result u32)
    (canon lift (core func $guest "await-host")
      async (callback (core func $guest "await-host-callback")))))
