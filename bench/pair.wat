;; Calls between components: of a sync function, and of an async one that returns at once.
(component
  (component $Callee
    (core module $m
      (import "" "task.return" (func $task.return (param i32)))
      (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1)))
      (func (export "add-async") (param i32 i32) (result i32)
        (call $task.return (i32.add (local.get 0) (local.get 1)))
        (i32.const 0 (; EXIT ;)))
      (func (export "callback") (param i32 i32 i32) (result i32)
        (unreachable)))
    (canon task.return (result u32) (core func $task.return))
    (core instance $i (instantiate $m (with "" (instance (export "task.return" (func $task.return))))))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32)
      (canon lift (core func $i "add")))
    (func (export "add-async") async (param "a" u32) (param "b" u32) (result u32)
      (canon lift (core func $i "add-async") async (callback (core func $i "callback")))))

  (component $Caller
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (import "add-async" (func $add-async async (param "a" u32) (param "b" u32) (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (import "" "add-async" (func $add-async (param i32 i32 i32) (result i32)))
      (func (export "count") (param $n i32) (result i32)
        (local $sum i32)
        (loop $again
          (local.set $sum (call $add (local.get $sum) (i32.const 1)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "count-async") (param $n i32) (result i32)
        (i32.store (i32.const 16) (i32.const 0))
        (loop $again
          (if (i32.ne (call $add-async (i32.load (i32.const 16)) (i32.const 1) (i32.const 16)) (i32.const 2 (; RETURNED ;)))
            (then (unreachable)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.load (i32.const 16))))
    (canon lower (func $add) (core func $add'))
    (canon lower (func $add-async) async (memory (core memory $memory "memory")) (core func $add-async'))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $memory "memory"))
      (export "add" (func $add'))
      (export "add-async" (func $add-async'))))))
    (func (export "count") (param "n" u32) (result u32) (canon lift (core func $i "count")))
    (func (export "count-async") (param "n" u32) (result u32) (canon lift (core func $i "count-async"))))

  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller
    (with "add" (func $callee "add"))
    (with "add-async" (func $callee "add-async"))))
  (export "count" (func $caller "count"))
  (export "count-async" (func $caller "count-async")))
