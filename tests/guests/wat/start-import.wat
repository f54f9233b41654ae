;; Calls an import while it is instantiated.
(component
  (import "greet" (func $greet (param "n" u32) (result u32)))
  (core func $greet' (canon lower (func $greet)))
  (core module $Main
    (import "" "greet" (func $greet (param i32) (result i32)))
    (global $answer (mut i32) (i32.const 0))
    (func $start (global.set $answer (call $greet (i32.const 20))))
    (start $start)
    (func (export "answer") (result i32) (global.get $answer)))
  (core instance $main (instantiate $Main (with "" (instance (export "greet" (func $greet'))))))
  (func (export "answer") (result u32) (canon lift (core func $main "answer"))))
