;; A sync call of another component is a task of its own whoever notices that, and when: before it calls on, after, or never.
;; also: one-memory

;; Four calls deep. Two bits of the mask are each level's: 1, it sets its context before it calls on; 2, it looks at it afterwards.
(component
  (component $Async
    (core func $get (canon context.get i32 0))
    (core func $return (canon task.return))
    (core module $m
      (import "" "get" (func $get (result i32)))
      (import "" "return" (func $return))
      (func (export "f") (result i32)
        (if (call $get) (then (unreachable)))
        (call $return)
        (i32.const 0 (; EXIT ;)))
      (func (export "callback") (param i32 i32 i32) (result i32) (unreachable)))
    (core instance $i (instantiate $m (with "" (instance (export "get" (func $get)) (export "return" (func $return))))))
    (func (export "f") async (canon lift (core func $i "f") async (callback (core func $i "callback")))))
  (component $Leaf
    (import "f" (func $f async))
    (core func $f' (canon lower (func $f) async))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (func (export "f") (param $mask i32)
        (if (i32.and (local.get $mask) (i32.const 1))
          (then (if (i32.ne (call $f) (i32.const 2 (; RETURNED ;))) (then (unreachable)))))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
    (func (export "f") (param "mask" u32) (canon lift (core func $i "f"))))
  (component $Level
    (import "next" (func $next (param "mask" u32)))
    (core func $next' (canon lower (func $next)))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $m
      (import "" "next" (func $next (param i32)))
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (func (export "f") (param $mask i32)
        (if (i32.and (local.get $mask) (i32.const 1))
          (then
            (if (call $get) (then (unreachable)))
            (call $set (i32.const 1))))
        (call $next (i32.shr_u (local.get $mask) (i32.const 2)))
        (if (i32.and (local.get $mask) (i32.const 2))
          (then (if (i32.ne (call $get) (i32.and (local.get $mask) (i32.const 1))) (then (unreachable))))))
      (func (export "all")
        (local $mask i32)
        (call $set (i32.const 77))
        (loop $again
          (call $next (local.get $mask))
          (if (i32.ne (call $get) (i32.const 77)) (then (unreachable)))
          (local.set $mask (i32.add (local.get $mask) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $mask) (i32.const 128))))))
    (core instance $i (instantiate $m (with "" (instance
      (export "next" (func $next')) (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "f") (param "mask" u32) (canon lift (core func $i "f")))
    (func (export "all") (canon lift (core func $i "all"))))
  (instance $async (instantiate $Async))
  (instance $leaf (instantiate $Leaf (with "f" (func $async "f"))))
  (instance $a (instantiate $Level (with "next" (func $leaf "f"))))
  (instance $b (instantiate $Level (with "next" (func $a "f"))))
  (instance $c (instantiate $Level (with "next" (func $b "f"))))
  (instance $d (instantiate $Level (with "next" (func $c "f"))))
  (export "all" (func $d "all"))
)
(assert_return (invoke "all"))
(assert_return (invoke "all"))

;; A destructor that runs in such a call has a context of its own; the call has, too, afterwards.
(component
  (component $Owner
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $m
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (func (export "dtor") (param i32)
        (if (call $get) (then (unreachable)))
        (call $set (i32.const 5))))
    (core instance $i (instantiate $m (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
    (type $r (resource (rep i32) (dtor (core func $i "dtor"))))
    (core func $new (canon resource.new $r))
    (core func $drop (canon resource.drop $r))
    (core module $n
      (import "" "get" (func $get (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "f")
        (call $drop (call $new (i32.const 1)))
        (if (call $get) (then (unreachable)))))
    (core instance $j (instantiate $n (with "" (instance
      (export "get" (func $get)) (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "f") (canon lift (core func $j "f"))))
  (component $Caller
    (import "f" (func $f))
    (core func $f' (canon lower (func $f)))
    (core func $get (canon context.get i32 0))
    (core module $m
      (import "" "f" (func $f))
      (import "" "get" (func $get (result i32)))
      (func (export "run")
        (call $f)
        (call $f)
        (if (call $get) (then (unreachable)))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f')) (export "get" (func $get))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $owner (instantiate $Owner))
  (instance $caller (instantiate $Caller (with "f" (func $owner "f"))))
  (export "run" (func $caller "run"))
)
(assert_return (invoke "run"))
(assert_return (invoke "run"))

;; A sync function that an async task of the same instance has led to cannot return for that task.
(component
  (core func $return (canon task.return))
  (core module $Return
    (import "" "return" (func $return))
    (func (export "f") (call $return)))
  (core instance $sync (instantiate $Return (with "" (instance (export "return" (func $return))))))
  (func $back (canon lift (core func $sync "f")))
  (component $Between
    (import "back" (func $back))
    (core func $back' (canon lower (func $back)))
    (func (export "f") (canon lift (core func $back'))))
  (instance $between (instantiate $Between (with "back" (func $back))))
  (core func $f' (canon lower (func $between "f")))
  (core module $m
    (import "" "f" (func $f))
    (func (export "run") (result i32)
      (call $f)
      (i32.const 0 (; EXIT ;)))
    (func (export "callback") (param i32 i32 i32) (result i32) (unreachable)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
  (func (export "run") async (canon lift (core func $i "run") async (callback (core func $i "callback"))))
)
(assert_trap (invoke "run") "wrong-task-return")
