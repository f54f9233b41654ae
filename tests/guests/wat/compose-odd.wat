;; `step` has another type than elsewhere.
(component
  (core module $m (func (export "step") (param i64) (result i64) (local.get 0)))
  (core instance $i (instantiate $m))
  (func $f (param "n" u64) (result u64) (canon lift (core func $i "step")))
  (instance $out (export "step" (func $f)))
  (export "test:chain/step@1.0.1" (instance $out)))
