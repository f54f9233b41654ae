;; Where a tuple of parameters or results lies is aligned and in memory, in each of the four directions.
;; covers: pointer-aligned, pointer-bounds

;; Results: the guest returns a pointer.
(component definition $Results
  (core module $m
    (memory (export "mem") 1)
    (func (export "at") (param $ptr i32) (result i32) (local.get $ptr))
    (data (i32.const 65528) "\07\00\00\00\09\00\00\00"))
  (core instance $i (instantiate $m))
  (func (export "pair") (param "at" u32) (result (tuple u32 u32))
    (canon lift (core func $i "at") (memory (core memory $i "mem")))))
(component instance $r $Results)
(assert_return (invoke "pair" (u32.const 65528)) (tuple.const (u32.const 7) (u32.const 9)))
(component instance $r1 $Results)
(assert_trap (invoke "pair" (u32.const 65530)) "unaligned-pointer")
(component instance $r2 $Results)
(assert_trap (invoke "pair" (u32.const 65532)) "out-of-bounds")
(component instance $r3 $Results)
(assert_trap (invoke "pair" (u32.const 0xfffffffc)) "out-of-bounds")

;; Parameters of an export, seventeen flat values: the guest's realloc gives the place.
(component definition $Params
  (core module $m
    (memory (export "mem") 1)
    (global $next (mut i32) (i32.const 0))
    (func (export "place") (param $at i32) (global.set $next (local.get $at)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $next))
    (func (export "last") (param $ptr i32) (result i32)
      (i32.load offset=64 (local.get $ptr))))
  (core instance $i (instantiate $m))
  (func (export "place") (param "at" u32) (canon lift (core func $i "place")))
  (func (export "last")
    (param "p1" u32) (param "p2" u32) (param "p3" u32) (param "p4" u32) (param "p5" u32)
    (param "p6" u32) (param "p7" u32) (param "p8" u32) (param "p9" u32) (param "p10" u32)
    (param "p11" u32) (param "p12" u32) (param "p13" u32) (param "p14" u32) (param "p15" u32)
    (param "p16" u32) (param "p17" u32) (result u32)
    (canon lift (core func $i "last") (memory (core memory $i "mem")) (realloc (core func $i "realloc")))))
(component instance $p $Params)
(assert_return (invoke "place" (u32.const 65468)))
(assert_return (invoke "last"
  (u32.const 1) (u32.const 2) (u32.const 3) (u32.const 4) (u32.const 5) (u32.const 6)
  (u32.const 7) (u32.const 8) (u32.const 9) (u32.const 10) (u32.const 11) (u32.const 12)
  (u32.const 13) (u32.const 14) (u32.const 15) (u32.const 16) (u32.const 17)) (u32.const 17))
(component instance $p1 $Params)
(assert_return (invoke "place" (u32.const 65466)))
(assert_trap (invoke "last"
  (u32.const 1) (u32.const 2) (u32.const 3) (u32.const 4) (u32.const 5) (u32.const 6)
  (u32.const 7) (u32.const 8) (u32.const 9) (u32.const 10) (u32.const 11) (u32.const 12)
  (u32.const 13) (u32.const 14) (u32.const 15) (u32.const 16) (u32.const 17)) "unaligned-pointer")
(component instance $p2 $Params)
(assert_return (invoke "place" (u32.const 65472)))
(assert_trap (invoke "last"
  (u32.const 1) (u32.const 2) (u32.const 3) (u32.const 4) (u32.const 5) (u32.const 6)
  (u32.const 7) (u32.const 8) (u32.const 9) (u32.const 10) (u32.const 11) (u32.const 12)
  (u32.const 13) (u32.const 14) (u32.const 15) (u32.const 16) (u32.const 17)) "out-of-bounds")

;; Calls from one component to another: parameters that the caller has in memory, and a result that it wants there.
(component definition $Calls
  (component $Callee
    (core module $m
      (memory (export "mem") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "sum") (param $ptr i32) (result i32)
        (i32.add (i32.load (local.get $ptr)) (i32.load offset=64 (local.get $ptr))))
      (func (export "pair") (result i32)
        (i32.store (i32.const 16) (i32.const 5))
        (i32.store (i32.const 20) (i32.const 6))
        (i32.const 16)))
    (core instance $i (instantiate $m))
    (func (export "sum")
      (param "p1" u32) (param "p2" u32) (param "p3" u32) (param "p4" u32) (param "p5" u32)
      (param "p6" u32) (param "p7" u32) (param "p8" u32) (param "p9" u32) (param "p10" u32)
      (param "p11" u32) (param "p12" u32) (param "p13" u32) (param "p14" u32) (param "p15" u32)
      (param "p16" u32) (param "p17" u32) (result u32)
      (canon lift (core func $i "sum") (memory (core memory $i "mem")) (realloc (core func $i "realloc"))))
    (func (export "pair") (result (tuple u32 u32))
      (canon lift (core func $i "pair") (memory (core memory $i "mem")))))
  (component $Caller
    (import "sum" (func $sum
      (param "p1" u32) (param "p2" u32) (param "p3" u32) (param "p4" u32) (param "p5" u32)
      (param "p6" u32) (param "p7" u32) (param "p8" u32) (param "p9" u32) (param "p10" u32)
      (param "p11" u32) (param "p12" u32) (param "p13" u32) (param "p14" u32) (param "p15" u32)
      (param "p16" u32) (param "p17" u32) (result u32)))
    (import "pair" (func $pair (result (tuple u32 u32))))
    (core module $libc (memory (export "mem") 1))
    (core module $m
      (import "libc" "mem" (memory 1))
      (import "" "sum" (func $sum (param i32) (result i32)))
      (import "" "pair" (func $pair (param i32)))
      (func (export "sum") (param $ptr i32) (result i32)
        (i32.store (i32.const 65468) (i32.const 3))
        (i32.store (i32.const 65532) (i32.const 4))
        (call $sum (local.get $ptr)))
      (func (export "pair") (param $ptr i32) (result i32)
        (call $pair (local.get $ptr))
        (i32.add (i32.load (local.get $ptr)) (i32.load offset=4 (local.get $ptr)))))
    (core instance $libc (instantiate $libc))
    (core func $sum' (canon lower (func $sum) (memory (core memory $libc "mem"))))
    (core func $pair' (canon lower (func $pair) (memory (core memory $libc "mem"))))
    (core instance $i (instantiate $m
      (with "libc" (instance $libc))
      (with "" (instance (export "sum" (func $sum')) (export "pair" (func $pair'))))))
    (func (export "sum") (param "at" u32) (result u32) (canon lift (core func $i "sum")))
    (func (export "pair") (param "at" u32) (result u32) (canon lift (core func $i "pair"))))
  (instance $callee (instantiate $Callee))
  (instance $caller (instantiate $Caller
    (with "sum" (func $callee "sum"))
    (with "pair" (func $callee "pair"))))
  (func (export "sum") (alias export $caller "sum"))
  (func (export "pair") (alias export $caller "pair")))

(component instance $c $Calls)
(assert_return (invoke "sum" (u32.const 65468)) (u32.const 7))
(assert_return (invoke "pair" (u32.const 65528)) (u32.const 11))
(component instance $c1 $Calls)
(assert_trap (invoke "sum" (u32.const 65466)) "unaligned-pointer")
(component instance $c2 $Calls)
(assert_trap (invoke "sum" (u32.const 65472)) "out-of-bounds")
(component instance $c3 $Calls)
(assert_trap (invoke "pair" (u32.const 65526)) "unaligned-pointer")
(component instance $c4 $Calls)
(assert_trap (invoke "pair" (u32.const 65532)) "out-of-bounds")
