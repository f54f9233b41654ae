;; The end of a chain: `step` asks the host.
(component
  (import "test:chain/say@1.2.0" (instance $say
    (export "say" (func (param "n" u32) (result u32)))))
  (core func $say (canon lower (func $say "say")))
  (core module $m
    (import "host" "say" (func $say (param i32) (result i32)))
    (func (export "step") (param i32) (result i32) (call $say (local.get 0))))
  (core instance $i (instantiate $m (with "host" (instance (export "say" (func $say))))))
  (func $f (param "n" u32) (result u32) (canon lift (core func $i "step")))
  (instance $out (export "step" (func $f)))
  (export "test:chain/step@1.1.0" (instance $out)))
