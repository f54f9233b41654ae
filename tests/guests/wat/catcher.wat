;; Catches everything that an engine lets a guest catch. With the legacy instructions, because they are
;; what every engine has.
(component
  (import "boom" (func $boom (result u32)))
  (import "later" (func $later async (result u32)))

  (core module $Memory (memory (export "memory") 1))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (core func $boom' (canon lower (func $boom)))
  (core func $later' (canon lower (func $later) async (memory $mem)))
  (core func $return (canon task.return (result u32)))
  (core func $set-new (canon waitable-set.new))
  (core func $set-drop (canon waitable-set.drop))
  (core func $join (canon waitable.join))

  (core module $Main
    (import "" "boom" (func $boom (result i32)))
    (import "" "later" (func $later (param i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "set-new" (func $set-new (result i32)))
    (import "" "set-drop" (func $set-drop (param i32)))
    (import "" "join" (func $join (param i32 i32)))
    (tag $own)
    (global $caught (mut i32) (i32.const 0))

    ;; Every one of these returns 1 when nothing happened and 2 when it caught something.
    (func (export "catch-import") (result i32)
      try (result i32) (drop (call $boom)) (i32.const 1)
      catch_all (global.set $caught (i32.const 1)) (i32.const 2) end)
    (func (export "catch-trap") (result i32)
      try (result i32) unreachable catch_all (i32.const 2) end)
    (func (export "catch-built-in") (result i32)
      try (result i32) (call $set-drop (i32.const 99)) (i32.const 1)
      catch_all (i32.const 2) end)
    (func (export "catch-own") (result i32)
      try (result i32) (throw $own) catch_all (i32.const 2) end)
    (func $deep (export "catch-overflow") (result i32)
      try (result i32) (i32.add (call $deep) (i32.const 0)) catch_all (i32.const 2) end)
    ;; The stack is used up sometimes by the guest, sometimes by the import, sometimes by what is
    ;; between them.
    (func $deep-import (export "catch-overflow-in-import") (result i32)
      try (result i32)
        (drop (call $boom)) (i32.and (call $deep-import) (i32.const 2))
      catch_all (i32.const 2) end)
    (func $deep-built-in (export "catch-overflow-in-built-in") (result i32)
      try (result i32)
        (call $set-drop (call $set-new)) (i32.and (call $deep-built-in) (i32.const 2))
      catch_all (i32.const 2) end)
    (func (export "throw") (result i32) (throw $own))
    (func (export "caught") (result i32) (global.get $caught))

    (func (export "catch-async-import") (result i32) (local $status i32) (local $set i32)
      try
        (local.set $status (call $later (i32.const 16)))
      catch_all (call $return (i32.const 2)) (return (i32.const 0)) end
      (if (i32.eq (i32.and (local.get $status) (i32.const 15)) (i32.const 2))
        (then (call $return (i32.const 1)) (return (i32.const 0))))
      (call $join
        (i32.shr_u (local.get $status) (i32.const 4))
        (local.tee $set (call $set-new)))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "callback") (param i32 i32 i32) (result i32)
      try (call $return (i32.const 1)) catch_all (call $return (i32.const 2)) end
      (i32.const 0)))

  (core instance $main (instantiate $Main (with "" (instance
    (export "boom" (func $boom'))
    (export "later" (func $later'))
    (export "return" (func $return))
    (export "set-new" (func $set-new))
    (export "set-drop" (func $set-drop))
    (export "join" (func $join))))))

  (type $plain (func (result u32)))
  (func (export "catch-import") (type $plain) (canon lift (core func $main "catch-import")))
  (func (export "catch-trap") (type $plain) (canon lift (core func $main "catch-trap")))
  (func (export "catch-built-in") (type $plain) (canon lift (core func $main "catch-built-in")))
  (func (export "catch-own") (type $plain) (canon lift (core func $main "catch-own")))
  (func (export "catch-overflow") (type $plain) (canon lift (core func $main "catch-overflow")))
  (func (export "catch-overflow-in-import") (type $plain)
    (canon lift (core func $main "catch-overflow-in-import")))
  (func (export "catch-overflow-in-built-in") (type $plain)
    (canon lift (core func $main "catch-overflow-in-built-in")))
  (func (export "throw") (type $plain) (canon lift (core func $main "throw")))
  (func (export "caught") (type $plain) (canon lift (core func $main "caught")))
  (func (export "catch-async-import") async (result u32)
    (canon lift (core func $main "catch-async-import") async (callback (core func $main "callback")))))
