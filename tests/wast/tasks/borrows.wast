;; A task may not return, nor cancel itself, while it holds what it has borrowed.
;; covers: task-return-borrows, borrows-remain-async

(component definition $Borrows
  (component $Owner
    (type $r' (resource (rep i32)))
    (core func $new (canon resource.new $r'))
    (export $r "r" (type $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 4))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $i "make"))))
  (component $Callee
    (import "r" (type $r (sub resource)))
    (core func $drop (canon resource.drop $r))
    (core func $return (canon task.return))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return))
      (func (export "good") (param i32) (result i32)
        (call $drop (local.get 0))
        (call $return)
        (i32.const 0))
      (func (export "bad") (param i32) (result i32)
        (call $return)
        (call $drop (local.get 0))
        (i32.const 0))
      ;; Lifted without async: it returns when its core function does.
      (func (export "sync") (param i32))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop)) (export "return" (func $return))))))
    (func (export "good") async (param "r" (borrow $r))
      (canon lift (core func $i "good") async (callback (core func $i "callback"))))
    (func (export "bad") async (param "r" (borrow $r))
      (canon lift (core func $i "bad") async (callback (core func $i "callback"))))
    (func (export "sync") async (param "r" (borrow $r)) (canon lift (core func $i "sync"))))
  (component $Main
    (import "owner" (instance $owner
      (export "r" (type $r (sub resource)))
      (export "make" (func (result (own $r))))))
    (alias export $owner "r" (type $r))
    (import "callee" (instance $callee
      (export "good" (func async (param "r" (borrow $r))))
      (export "bad" (func async (param "r" (borrow $r))))
      (export "sync" (func async (param "r" (borrow $r))))))
    (core func $make (canon lower (func $owner "make")))
    (core func $good (canon lower (func $callee "good") async))
    (core func $bad (canon lower (func $callee "bad") async))
    (core func $sync (canon lower (func $callee "sync") async))
    (core module $m
      (import "" "make" (func $make (result i32)))
      (import "" "good" (func $good (param i32) (result i32)))
      (import "" "bad" (func $bad (param i32) (result i32)))
      (import "" "sync" (func $sync (param i32) (result i32)))
      (func (export "good") (result i32) (call $good (call $make)))
      (func (export "bad") (result i32) (call $bad (call $make)))
      (func (export "sync") (result i32) (call $sync (call $make))))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "good" (func $good)) (export "bad" (func $bad)) (export "sync" (func $sync))))))
    (func (export "good") async (result u32) (canon lift (core func $i "good")))
    (func (export "bad") async (result u32) (canon lift (core func $i "bad")))
    (func (export "sync") async (result u32) (canon lift (core func $i "sync"))))
  (instance $owner (instantiate $Owner))
  (instance $callee (instantiate $Callee (with "r" (type $owner "r"))))
  (instance $main (instantiate $Main (with "owner" (instance $owner)) (with "callee" (instance $callee))))
  (func (export "good") (alias export $main "good"))
  (func (export "bad") (alias export $main "bad"))
  (func (export "sync") (alias export $main "sync")))

;; RETURNED is 2.
(component instance $b1 $Borrows)
(assert_return (invoke "good") (u32.const 2))
(component instance $b2 $Borrows)
(assert_trap (invoke "bad") "borrows-remain")
(component instance $b3 $Borrows)
(assert_trap (invoke "sync") "borrows-remain")
