;; A component in a component, instantiated twice, with imports handed in and exports handed out.
(component $Outer
  (import "next" (func $next (param "n" u32) (result u32)))
  (core module $Count
    (import "" "next" (func $next (param i32) (result i32)))
    (global $n (mut i32) (i32.const 0))
    (func (export "step") (result i32)
      (global.set $n (call $next (global.get $n))) (global.get $n)))
  (component $Inner
    (import "f" (func $f (param "n" u32) (result u32)))
    (alias outer $Outer $Count (core module $Module))
    (core func $f' (canon lower (func $f)))
    (core instance $m (instantiate $Module (with "" (instance (export "next" (func $f'))))))
    (func $step (result u32) (canon lift (core func $m "step")))
    (instance (export "counter") (export "step" (func $step))))
  (instance $a (instantiate $Inner (with "f" (func $next))))
  (instance $b (instantiate $Inner (with "f" (func $next))))
  (alias export $a "counter" (instance $ca))
  (alias export $b "counter" (instance $cb))
  (export "tidegate:nested/first" (instance $ca))
  (export "tidegate:nested/second@1.0.0" (instance $cb)))
