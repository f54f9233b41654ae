;; Who may enter an instance, or go on in it, while a task of it waits on its stack.
;; requires: jspi
;; covers: exclusive-callback, enter-sync-typed

(component definition $Stacks
  (component $Callee
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core func $inc (canon backpressure.inc))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (import "" "inc" (func $inc))
      (global $held (mut i32) (i32.const 0))
      (global $turns (mut i32) (i32.const 0))
      ;; It has the lock from its beginning to its end.
      (func (export "hold")
        (local $n i32)
        (if (global.get $held) (then unreachable))
        (global.set $held (i32.const 1))
        (loop $more
          (drop (call $yield))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $more (i32.lt_u (local.get $n) (i32.const 5))))
        (global.set $held (i32.const 0)))
      ;; It gives the lock back after each turn, and gets it for the next.
      (func (export "turn") (result i32)
        (if (global.get $held) (then unreachable))
        (i32.const 1))
      (func (export "event") (param i32 i32 i32) (result i32)
        (if (global.get $held) (then unreachable))
        (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
        (if (i32.lt_u (global.get $turns) (i32.const 5)) (then (return (i32.const 1))))
        (call $return)
        (i32.const 0))
      (func (export "press") (call $inc))
      (func (export "held") (result i32) (global.get $held)))
    (core instance $i (instantiate $m (with "" (instance
      (export "yield" (func $yield)) (export "return" (func $return)) (export "inc" (func $inc))))))
    (func (export "hold") async (canon lift (core func $i "hold")))
    (func (export "turn") async (canon lift (core func $i "turn") async (callback (core func $i "event"))))
    (func (export "press") (canon lift (core func $i "press")))
    (func (export "held") (result u32) (canon lift (core func $i "held"))))

  (component $Caller
    (import "callee" (instance $callee
      (export "hold" (func async))
      (export "turn" (func async))
      (export "held" (func (result u32)))))
    (core func $hold (canon lower (func $callee "hold") async))
    (core func $turn (canon lower (func $callee "turn") async))
    (core func $held (canon lower (func $callee "held")))
    (core func $set.new (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $return (canon task.return))
    (core module $m
      (import "" "hold" (func $hold (result i32)))
      (import "" "turn" (func $turn (result i32)))
      (import "" "held" (func $held (result i32)))
      (import "" "set.new" (func $set.new (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "return" (func $return))
      (global $set (mut i32) (i32.const 0))
      (global $left (mut i32) (i32.const 3))
      (func $keep (param $packed i32) (call $join (i32.shr_u (local.get $packed) (i32.const 4)) (global.get $set)))
      (func $wait (result i32) (i32.or (i32.const 2) (i32.shl (global.get $set) (i32.const 4))))
      (func (export "both") (result i32)
        (global.set $set (call $set.new))
        (call $keep (call $turn))
        (call $keep (call $hold))
        (call $keep (call $hold))
        ;; The first that holds it does; a sync-typed function enters meanwhile.
        (if (i32.ne (call $held) (i32.const 1)) (then unreachable))
        (call $wait))
      (func (export "event") (param i32 i32) (param $state i32) (result i32)
        (if (i32.eq (local.get $state) (i32.const 2)) (then
          (global.set $left (i32.sub (global.get $left) (i32.const 1)))))
        (if (global.get $left) (then (return (call $wait))))
        (call $return)
        (i32.const 0)))
    (core instance $i (instantiate $m (with "" (instance
      (export "hold" (func $hold)) (export "turn" (func $turn)) (export "held" (func $held)) (export "set.new" (func $set.new))
      (export "join" (func $join)) (export "return" (func $return))))))
    (func (export "both") async (canon lift (core func $i "both") async (callback (core func $i "event")))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller (with "callee" (instance $callee))))
  (export "both" (func $caller "both"))
  (export "press" (func $callee "press"))
  (export "held" (func $callee "held")))

(component instance $both $Stacks)
(assert_return (invoke "both"))

;; Functions of a sync type that may wait have tasks, which backpressure does not keep out.
(component instance $pressed $Stacks)
(assert_return (invoke "press"))
(assert_return (invoke "held") (u32.const 0))
