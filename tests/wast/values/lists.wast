;; A list that a guest names is not too long, is aligned for its elements, and lies in memory.
;; covers: list-length, pointer-aligned, pointer-bounds

(component definition $Lists
  (core module $m
    (memory (export "mem") 1)
    ;; A pointer and a length at 8, as the result's pair.
    (func (export "at") (param $ptr i32) (param $len i32) (result i32)
      (i32.store (i32.const 8) (local.get $ptr))
      (i32.store (i32.const 12) (local.get $len))
      (i32.const 8))
    (data (i32.const 65528) "\01\00\02\00\03\00\04\00"))
  (core instance $i (instantiate $m))
  (func (export "bytes") (param "ptr" u32) (param "len" u32) (result (list u8))
    (canon lift (core func $i "at") (memory (core memory $i "mem"))))
  (func (export "halves") (param "ptr" u32) (param "len" u32) (result (list u16))
    (canon lift (core func $i "at") (memory (core memory $i "mem"))))
  (func (export "pairs") (param "ptr" u32) (param "len" u32) (result (list (tuple u8 u16)))
    (canon lift (core func $i "at") (memory (core memory $i "mem")))))

(component instance $fits $Lists)
(assert_return (invoke "bytes" (u32.const 65535) (u32.const 1)) (list.const (u8.const 0)))
(assert_return (invoke "halves" (u32.const 65532) (u32.const 2))
  (list.const (u16.const 3) (u16.const 4)))
(assert_return (invoke "pairs" (u32.const 65528) (u32.const 2))
  (list.const (tuple.const (u8.const 1) (u16.const 2)) (tuple.const (u8.const 3) (u16.const 4))))
;; Without elements it may begin at the very end.
(assert_return (invoke "halves" (u32.const 65536) (u32.const 0)) (list.const))

(component instance $odd $Lists)
(assert_trap (invoke "halves" (u32.const 65529) (u32.const 1)) "unaligned-pointer")
(component instance $odd-pair $Lists)
(assert_trap (invoke "pairs" (u32.const 65529) (u32.const 1)) "unaligned-pointer")
(component instance $odd-empty $Lists)
(assert_trap (invoke "halves" (u32.const 1) (u32.const 0)) "unaligned-pointer")
(component instance $over $Lists)
(assert_trap (invoke "bytes" (u32.const 65535) (u32.const 2)) "out-of-bounds")
(component instance $beyond $Lists)
(assert_trap (invoke "bytes" (u32.const 65537) (u32.const 0)) "out-of-bounds")
(component instance $wraps $Lists)
(assert_trap (invoke "halves" (u32.const 0xfffffffe) (u32.const 2)) "out-of-bounds")

;; 2^28 bytes are one too many wherever they would be; one byte less would only have to be there.
(component instance $least $Lists)
(assert_trap (invoke "bytes" (u32.const 16) (u32.const 0x10000000)) "too-long")
(component instance $most $Lists)
(assert_trap (invoke "bytes" (u32.const 16) (u32.const 0xfffffff)) "out-of-bounds")
(component instance $wide $Lists)
(assert_trap (invoke "pairs" (u32.const 16) (u32.const 0x4000000)) "too-long")
(component instance $narrow $Lists)
(assert_trap (invoke "pairs" (u32.const 16) (u32.const 0x3ffffff)) "out-of-bounds")
(component instance $overflows $Lists)
(assert_trap (invoke "pairs" (u32.const 16) (u32.const 0xc0000000)) "too-long")
