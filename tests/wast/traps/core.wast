;; What a guest can do wrong in a sync call, one trap a component, and that a trap locks what it happened in.

(component definition $c
  (core module $m
    (memory (export "mem") 1)
    (func (export "unreachable") unreachable)
    (func (export "zero") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (func $deep (export "deep") (call $deep))
    (func (export "out-of-memory") (result i32) (i32.load (i32.const 65536)))
    (func (export "slice") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      i32.const 0)
    (func (export "pointer") (param i32) (result i32) local.get 0)
    (data (i32.const 16) "\61\ff\c3\a9"))
  (core instance $i (instantiate $m))
  (func (export "unreachable") (canon lift (core func $i "unreachable")))
  (func (export "zero") (param "by" u32) (result u32) (canon lift (core func $i "zero")))
  (func (export "deep") (canon lift (core func $i "deep")))
  (func (export "out-of-memory") (result u32) (canon lift (core func $i "out-of-memory")))
  (func (export "string") (param "ptr" u32) (param "len" u32) (result string)
    (canon lift (core func $i "slice") (memory (core memory $i "mem"))))
  (func (export "longs") (param "ptr" u32) (param "len" u32) (result (list u64))
    (canon lift (core func $i "slice") (memory (core memory $i "mem"))))
  (func (export "result-at") (param "ptr" u32) (result (tuple u32 u32))
    (canon lift (core func $i "pointer") (memory (core memory $i "mem"))))
  (type $e' (enum "a" "b"))
  (export $e "e" (type $e'))
  (func (export "enum") (param "x" u32) (result $e) (canon lift (core func $i "pointer"))))

(component instance $i $c)
(assert_trap (invoke "unreachable") "unreachable")
(assert_trap (invoke "string" (u32.const 16) (u32.const 1)) "cannot enter component instance")

(component instance $i $c)
(assert_return (invoke "zero" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "zero" (u32.const 0)) "integer divide by zero")

(component instance $i $c)
(assert_trap (invoke "deep") "call stack exhausted")
(component instance $i $c)
(assert_trap (invoke "out-of-memory") "out of bounds memory access")

;; Strings: valid ones up to the memory's end, then not UTF-8, then out of it.
(component instance $i $c)
(assert_return (invoke "string" (u32.const 18) (u32.const 2)) (str.const "\u{e9}"))
(assert_return (invoke "string" (u32.const 65536) (u32.const 0)) (str.const ""))
(assert_trap (invoke "string" (u32.const 16) (u32.const 2)) "invalid utf-8")
(component instance $i $c)
(assert_trap (invoke "string" (u32.const 65535) (u32.const 2)) "string content out-of-bounds")
(component instance $i $c)
(assert_trap (invoke "string" (u32.const 0xffffffff) (u32.const 1)) "string content out-of-bounds")

;; Lists: aligned and in memory.
(component instance $i $c)
(assert_return (invoke "longs" (u32.const 65528) (u32.const 1)) (list.const (u64.const 0)))
(assert_trap (invoke "longs" (u32.const 65528) (u32.const 2)) "list content out-of-bounds")
(component instance $i $c)
(assert_trap (invoke "longs" (u32.const 4) (u32.const 1)) "list pointer is not aligned")

;; Results in memory: likewise.
(component instance $i $c)
(assert_return (invoke "result-at" (u32.const 65528)) (tuple.const (u32.const 0) (u32.const 0)))
(assert_trap (invoke "result-at" (u32.const 65532)) "pointer out of bounds of memory")
(component instance $i $c)
(assert_trap (invoke "result-at" (u32.const 2)) "pointer not aligned")

(component instance $i $c)
(assert_return (invoke "enum" (u32.const 1)) (enum.const "b"))
(assert_trap (invoke "enum" (u32.const 2)) "unexpected discriminant: 2")

;; A start function.
(assert_trap
  (component
    (core module $m (func $f unreachable) (start $f))
    (core instance (instantiate $m)))
  "unreachable")
