;; A table has an end. The specification's is 2^28 - 1 handles, a store's own limit comes before it, of all instances together.
;; covers: handle-limit

(component
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "churn") (result i32)
      (local $n i32) (local $h i32)
      (loop $again
        (local.set $h (call $new (i32.const 1)))
        (call $drop (local.get $h))
        (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20000))))
      (local.get $h))
    (func (export "hoard") (param $n i32)
      (loop $again
        (drop (call $new (i32.const 1)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "drop" (func $drop))))))
  ;; Handles that are given back do not count.
  (func (export "churn") (result u32) (canon lift (core func $i "churn")))
  (func (export "hoard") (param "n" u32) (canon lift (core func $i "hoard"))))
(assert_return (invoke "churn") (u32.const 1))
(assert_return (invoke "hoard" (u32.const 1000)))
;; A runner of scripts allows fewer than this.
(assert_trap (invoke "hoard" (u32.const 10000)) "table-full")

;; What one instance has had, others have not.
(component
  (component $Hoards
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "hoard") (param $n i32)
        (loop $again
          (drop (call $new (i32.const 1)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "hoard") (param "n" u32) (canon lift (core func $i "hoard"))))
  (instance $a (instantiate $Hoards))
  (instance $b (instantiate $Hoards))
  (func (export "a") (alias export $a "hoard"))
  (func (export "b") (alias export $b "hoard")))
(assert_return (invoke "a" (u32.const 3000)))
(assert_return (invoke "b" (u32.const 1000)))
(assert_trap (invoke "b" (u32.const 1000)) "table-full")
