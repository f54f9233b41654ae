;; The least that the built-ins of builtins.wat could be: context in a global, waitable sets as numbers of
;; a free list. No instance, no task, no check.
(module
  (memory 1)
  (global $context (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 0))
  (global $next (mut i32) (i32.const 1))

  (func (export "context.get") (result i32) (global.get $context))
  (func (export "context.set") (param i32) (global.set $context (local.get 0)))

  ;; the free list is a stack of numbers in memory
  (func (export "waitable-set.new") (result i32)
    (if (global.get $free)
      (then
        (global.set $free (i32.sub (global.get $free) (i32.const 4)))
        (return (i32.load (global.get $free)))))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (i32.const 1))))
  (func (export "waitable-set.drop") (param $set i32)
    (i32.store (global.get $free) (local.get $set))
    (global.set $free (i32.add (global.get $free) (i32.const 4)))))
