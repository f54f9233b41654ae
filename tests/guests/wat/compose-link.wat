;; `step(n)` is 1 more than what the imported `step(n + 1)` gives: of compatible versions.
(component
  (import "test:chain/step@1.0.1" (instance $next
    (export "step" (func (param "n" u32) (result u32)))))
  (core func $step (canon lower (func $next "step")))
  (core module $m
    (import "next" "step" (func $step (param i32) (result i32)))
    (func (export "step") (param i32) (result i32)
      (i32.add (call $step (i32.add (local.get 0) (i32.const 1))) (i32.const 1))))
  (core instance $i (instantiate $m (with "next" (instance (export "step" (func $step))))))
  (func $f (param "n" u32) (result u32) (canon lift (core func $i "step")))
  (instance $out (export "step" (func $f)))
  (export "test:chain/step@1.0.0" (instance $out)))
