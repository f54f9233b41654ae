;; A task that returns by task.return, or agrees to its cancellation, has dropped what it borrowed.
;; covers: task-return-borrows

(component definition $Borrows
  (component $Owner
    (type $r' (resource (rep i32)))
    (core func $new (canon resource.new $r'))
    (export $r "r" (type $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $i "make"))))
  (component $Borrower
    (import "owner" (instance $owner (export "r" (type $r (sub resource)))))
    (alias export $owner "r" (type $r))
    (core func $drop (canon resource.drop $r))
    (core func $return (canon task.return))
    (core func $cancel (canon task.cancel))
    (core func $set.new (canon waitable-set.new))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return))
      (import "" "cancel" (func $cancel))
      (import "" "set.new" (func $set.new (result i32)))
      (global $borrowed (mut i32) (i32.const 0))
      (global $drops (mut i32) (i32.const 0))
      (func (export "returns") (param $h i32) (param $drops i32) (result i32)
        (if (local.get $drops) (then (call $drop (local.get $h))))
        (call $return)
        (i32.const 0))
      ;; It waits until it is told to stop.
      (func (export "waits") (param $h i32) (param $drops i32) (result i32)
        (global.set $borrowed (local.get $h))
        (global.set $drops (local.get $drops))
        (i32.or (i32.const 2) (i32.shl (call $set.new) (i32.const 4))))
      (func (export "callback") (param i32 i32 i32) (result i32)
        (if (global.get $drops) (then (call $drop (global.get $borrowed))))
        (call $cancel)
        (i32.const 0)))
    (core instance $i (instantiate $m (with "" (instance
      (export "drop" (func $drop)) (export "return" (func $return)) (export "cancel" (func $cancel))
      (export "set.new" (func $set.new))))))
    (func (export "returns") async (param "r" (borrow $r)) (param "drops" bool)
      (canon lift (core func $i "returns") async (callback (core func $i "callback"))))
    (func (export "waits") async (param "r" (borrow $r)) (param "drops" bool)
      (canon lift (core func $i "waits") async (callback (core func $i "callback")))))
  (component $Main
    (import "owner" (instance $owner
      (export "r" (type $r (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $r))))))
    (alias export $owner "r" (type $r))
    (import "borrower" (instance $borrower
      (export "returns" (func async (param "r" (borrow $r)) (param "drops" bool)))
      (export "waits" (func async (param "r" (borrow $r)) (param "drops" bool)))))
    (core func $make (canon lower (func $owner "make")))
    (core func $returns (canon lower (func $borrower "returns") async))
    (core func $waits (canon lower (func $borrower "waits") async))
    (core func $subtask.cancel (canon subtask.cancel async))
    (core module $m
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "returns" (func $returns (param i32 i32) (result i32)))
      (import "" "waits" (func $waits (param i32 i32) (result i32)))
      (import "" "subtask.cancel" (func $subtask.cancel (param i32) (result i32)))
      ;; The state of the call in the end: RETURNED is 2, CANCELLED_BEFORE_RETURNED is 4.
      (func (export "returns") (param $drops i32) (result i32)
        (i32.and (call $returns (call $make (i32.const 5)) (local.get $drops)) (i32.const 15)))
      (func (export "cancels") (param $drops i32) (result i32)
        (call $subtask.cancel (i32.shr_u
          (call $waits (call $make (i32.const 5)) (local.get $drops)) (i32.const 4)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "returns" (func $returns)) (export "waits" (func $waits))
      (export "subtask.cancel" (func $subtask.cancel))))))
    (func (export "returns") async (param "drops" bool) (result u32) (canon lift (core func $i "returns")))
    (func (export "cancels") async (param "drops" bool) (result u32) (canon lift (core func $i "cancels"))))
  (instance $owner (instantiate $Owner))
  (instance $borrower (instantiate $Borrower (with "owner" (instance $owner))))
  (instance $main (instantiate $Main (with "owner" (instance $owner)) (with "borrower" (instance $borrower))))
  (func (export "returns") (alias export $main "returns"))
  (func (export "cancels") (alias export $main "cancels")))

(component instance $well $Borrows)
(assert_return (invoke "returns" (bool.const true)) (u32.const 2))
(assert_return (invoke "cancels" (bool.const true)) (u32.const 4))
(component instance $t1 $Borrows)
(assert_trap (invoke "returns" (bool.const false)) "borrows-remain")
(component instance $t2 $Borrows)
(assert_trap (invoke "cancels" (bool.const false)) "borrows-remain")
