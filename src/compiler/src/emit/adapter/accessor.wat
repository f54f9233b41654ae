;; A guest's memory as functions, for shims of engines that allow a module one memory only. Callers check ranges first. The
;; build makes a module for each width of addresses, whose type is A.
(module $tidegate
  (import "guest" "memory" (memory A 0))
  (func $pages (export "pages") (result A) (memory.size))
  (func $load8 (export "load8") (param A) (result i32) (i32.load8_u (local.get 0)))
  (func $load16 (export "load16") (param A) (result i32) (i32.load16_u (local.get 0)))
  (func $load32 (export "load32") (param A) (result i32) (i32.load (local.get 0)))
  (func $load64 (export "load64") (param A) (result i64) (i64.load (local.get 0)))
  (func $store8 (export "store8") (param A i32) (i32.store8 (local.get 0) (local.get 1)))
  (func $store16 (export "store16") (param A i32) (i32.store16 (local.get 0) (local.get 1)))
  (func $store32 (export "store32") (param A i32) (i32.store (local.get 0) (local.get 1)))
  (func $store64 (export "store64") (param A i64) (i64.store (local.get 0) (local.get 1)))
  ;; 64 bytes at once.
  (func $write (export "write") (param A i64 i64 i64 i64 i64 i64 i64 i64)
    (i64.store align=1 (local.get 0) (local.get 1))
    (i64.store offset=8 align=1 (local.get 0) (local.get 2))
    (i64.store offset=16 align=1 (local.get 0) (local.get 3))
    (i64.store offset=24 align=1 (local.get 0) (local.get 4))
    (i64.store offset=32 align=1 (local.get 0) (local.get 5))
    (i64.store offset=40 align=1 (local.get 0) (local.get 6))
    (i64.store offset=48 align=1 (local.get 0) (local.get 7))
    (i64.store offset=56 align=1 (local.get 0) (local.get 8)))
)
