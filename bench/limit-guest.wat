;; What the guests of builtins.wat, calls.wat and streams.wat do, as a core module that JS uses by hand.
(module
  (import "builtins" "context.get" (func $context.get (result i32)))
  (import "builtins" "context.set" (func $context.set (param i32)))
  (import "builtins" "waitable-set.new" (func $waitable-set.new (result i32)))
  (import "builtins" "waitable-set.drop" (func $waitable-set.drop (param i32)))
  (import "js" "return" (func $return (param i32)))
  (import "js" "host" (func $host (param i32)))
  (memory (export "memory") 2)
  (global $left (mut i32) (i32.const 0))
  (global $sum (mut i32) (i32.const 0))
  (global $bytes (mut i64) (i64.const 0))

  (func (export "context") (param $n i32) (result i32)
    (local $sum i32)
    (loop $again
      (call $context.set (local.get $n))
      (local.set $sum (i32.add (local.get $sum) (call $context.get)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "sets") (param $n i32) (result i32)
    (local $set i32)
    (loop $again
      (local.set $set (call $waitable-set.new))
      (call $waitable-set.drop (local.get $set))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $set))

  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "add-async") (param i32 i32)
    (call $return (i32.add (local.get 0) (local.get 1))))

  ;; each call of the host is answered by `resolved`, later
  (func (export "await-host") (param $n i32)
    (global.set $left (local.get $n))
    (global.set $sum (i32.const 0))
    (call $go-on))
  (func (export "resolved") (param i32)
    (global.set $sum (i32.add (global.get $sum) (local.get 0)))
    (call $go-on))
  (func $go-on
    (if (i32.eqz (global.get $left))
      (then
        (call $return (global.get $sum))
        (return)))
    (global.set $left (i32.sub (global.get $left) (i32.const 1)))
    (call $host (global.get $left)))

  ;; a chunk has been put at 65536; how many bytes have come in all
  (func (export "consume") (param $length i32) (result i64)
    (global.set $bytes (i64.add (global.get $bytes) (i64.extend_i32_u (local.get $length))))
    (global.get $bytes))
  ;; where the next chunk is
  (func (export "produce") (result i32) (i32.const 65536)))
