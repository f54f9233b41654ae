;; Built-ins in a loop; limit-guest.wat has the same loops without a component.
(component
  (core module $Guest
    (import "" "context.get" (func $context.get (result i32)))
    (import "" "context.set" (func $context.set (param i32)))
    (import "" "waitable-set.new" (func $waitable-set.new (result i32)))
    (import "" "waitable-set.drop" (func $waitable-set.drop (param i32)))

    ;; n pairs of context.set and context.get
    (func (export "context") (param $n i32) (result i32)
      (local $sum i32)
      (loop $again
        (call $context.set (local.get $n))
        (local.set $sum (i32.add (local.get $sum) (call $context.get)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))

    ;; n pairs of waitable-set.new and waitable-set.drop
    (func (export "sets") (param $n i32) (result i32)
      (local $set i32)
      (loop $again
        (local.set $set (call $waitable-set.new))
        (call $waitable-set.drop (local.get $set))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $set)))

  (canon context.get i32 0 (core func $context.get))
  (canon context.set i32 0 (core func $context.set))
  (canon waitable-set.new (core func $waitable-set.new))
  (canon waitable-set.drop (core func $waitable-set.drop))
  (core instance $guest (instantiate $Guest (with "" (instance
    (export "context.get" (func $context.get))
    (export "context.set" (func $context.set))
    (export "waitable-set.new" (func $waitable-set.new))
    (export "waitable-set.drop" (func $waitable-set.drop))))))
  (func (export "context") (param "n" u32) (result u32) (canon lift (core func $guest "context")))
  (func (export "sets") (param "n" u32) (result u32) (canon lift (core func $guest "sets"))))
