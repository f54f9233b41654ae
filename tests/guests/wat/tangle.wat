;; Two components that wait: the outer one for the inner one, which waits for nothing.
(component
  (component $inner
    (core func $set-new (canon waitable-set.new))
    (core module $m
      (import "" "set-new" (func $set-new (result i32)))
      (func (export "stay") (result i32)
        (i32.or (i32.const 2) (i32.shl (call $set-new) (i32.const 4))))
      (func (export "never") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance (export "set-new" (func $set-new))))))
    (func (export "stay") async (canon lift (core func $i "stay")
      async (callback (core func $i "never")))))
  (instance $inner (instantiate $inner))
  (core func $stay (canon lower (func $inner "stay") async))
  (core func $set-new (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core module $m
    (import "" "stay" (func $stay (result i32)))
    (import "" "set-new" (func $set-new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (func (export "wait") (result i32) (local $set i32)
      (local.set $set (call $set-new))
      (call $join (i32.shr_u (call $stay) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "never") (param i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m (with "" (instance
    (export "stay" (func $stay))
    (export "set-new" (func $set-new))
    (export "join" (func $join))))))
  (func (export "wait") async (canon lift (core func $i "wait")
    async (callback (core func $i "never")))))
