;; Error contexts to and from JS: `pass` hands one to the import and returns what comes back; `message` asks for the message,
;; `make` makes one of a text, `forget` also drops it.
(component
  (import "pass" (func $pass (param "e" error-context) (result error-context)))
  (core module $Libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      ;; What shrinks stays; nothing grows here.
      (if (local.get 0) (then (return (local.get 0))))
      (local.set $at (global.get $next))
      (global.set $next (i32.and
        (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 7)) (i32.const -8)))
      (if (i32.gt_u (global.get $next) (i32.shl (memory.size) (i32.const 16)))
        (then (drop (memory.grow (i32.const 2)))))
      (local.get $at)))
  (core instance $libc (instantiate $Libc))
  (core func $pass (canon lower (func $pass)))
  (core func $new (canon error-context.new (memory (core memory $libc "memory"))))
  (core func $message (canon error-context.debug-message
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $drop (canon error-context.drop))
  (core module $m
    (import "" "pass" (func $pass (param i32) (result i32)))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "message" (func $message (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "pass") (param $e i32) (result i32)
      (local $back i32)
      (local.set $back (call $pass (local.get $e)))
      (call $drop (local.get $e))
      (local.get $back))
    (func (export "message") (param $e i32) (result i32)
      (call $message (local.get $e) (i32.const 16))
      (call $drop (local.get $e))
      (i32.const 16))
    (func (export "make") (param i32 i32) (result i32) (call $new (local.get 0) (local.get 1)))
    (func (export "forget") (param i32 i32) (call $drop (call $new (local.get 0) (local.get 1)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "pass" (func $pass)) (export "new" (func $new)) (export "message" (func $message))
    (export "drop" (func $drop))))))
  (func (export "pass") (param "e" error-context) (result error-context) (canon lift (core func $i "pass")))
  (func (export "message") (param "e" error-context) (result string)
    (canon lift (core func $i "message") (memory (core memory $libc "memory"))))
  (func (export "make") (param "text" string) (result error-context)
    (canon lift (core func $i "make") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "forget") (param "text" string)
    (canon lift (core func $i "forget") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
