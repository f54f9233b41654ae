;; Dropping an owned handle runs the destructor in the instance that implements the resource, with the rep; dropping a
;; borrowed one does not. A destructor may leave its instance.
;; covers: drop-runs-dtor

(component definition $Dtors
  (component $Log
    (core module $m
      (global $sum (mut i32) (i32.const 0))
      (func (export "note") (param i32) (global.set $sum (i32.add (i32.mul (global.get $sum) (i32.const 10)) (local.get 0))))
      (func (export "read") (result i32) (global.get $sum)))
    (core instance $i (instantiate $m))
    (func (export "note") (param "n" u32) (canon lift (core func $i "note")))
    (func (export "read") (result u32) (canon lift (core func $i "read"))))
  (component $Owner
    (import "note" (func $note (param "n" u32)))
    (core func $note' (canon lower (func $note)))
    (core module $d
      (import "" "note" (func $note (param i32)))
      (func (export "dtor") (param $rep i32)
        (if (i32.eq (local.get $rep) (i32.const 9)) (then unreachable))
        (call $note (local.get $rep))))
    (core instance $d (instantiate $d (with "" (instance (export "note" (func $note'))))))
    (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
    (core func $new (canon resource.new $r'))
    (core func $drop (canon resource.drop $r'))
    (export $r "r" (type $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "make-drop") (param i32) (call $drop (call $new (local.get 0)))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $i "make")))
    (func (export "make-drop") (param "rep" u32) (canon lift (core func $i "make-drop"))))
  (component $Borrower
    (import "r" (type $r (sub resource)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (func (export "borrow") (param i32) (call $drop (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
    (func (export "borrow") (param "r" (borrow $r)) (canon lift (core func $i "borrow"))))
  (component $Main
    (import "owner" (instance $owner
      (export "r" (type $r (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $r))))))
    (alias export $owner "r" (type $r))
    (import "borrow" (func $borrow (param "r" (borrow $r))))
    (core func $make (canon lower (func $owner "make")))
    (core func $borrow' (canon lower (func $borrow)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "borrow" (func $borrow (param i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (param $rep i32)
        (local $a i32) (local $b i32)
        (local.set $a (call $make (local.get $rep)))
        (local.set $b (call $make (i32.add (local.get $rep) (i32.const 1))))
        (call $borrow (local.get $b))
        (call $drop (local.get $b))
        (call $borrow (local.get $a))
        (call $drop (local.get $a))))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "borrow" (func $borrow')) (export "drop" (func $drop))))))
    (func (export "run") (param "rep" u32) (canon lift (core func $i "run"))))
  (instance $log (instantiate $Log))
  (instance $owner (instantiate $Owner (with "note" (func $log "note"))))
  (instance $borrower (instantiate $Borrower (with "r" (type $owner "r"))))
  (instance $main (instantiate $Main
    (with "owner" (instance $owner)) (with "borrow" (func $borrower "borrow"))))
  (func (export "run") (alias export $main "run"))
  (func (export "make-drop") (alias export $owner "make-drop"))
  (func (export "read") (alias export $log "read")))

(component instance $d1 $Dtors)
(assert_return (invoke "make-drop" (u32.const 7)))
(assert_return (invoke "read") (u32.const 7))
(assert_return (invoke "run" (u32.const 1)))
(assert_return (invoke "read") (u32.const 721))
;; A destructor's trap is the trap of whoever dropped.
(component instance $d2 $Dtors)
(assert_trap (invoke "run" (u32.const 8)) "core-trap")
