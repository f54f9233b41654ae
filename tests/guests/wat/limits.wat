;; A guest that wants more and more, for limits to stop.
(component
  (core module $Main
    (memory (export "memory") 1)
    (table $t 1 funcref)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "grow-table") (param i32) (result i32)
      (table.grow $t (ref.null func) (local.get 0)))

    ;; A list of lists: `count` of them, each of `length` bytes, all the same bytes. Spec: lists may overlap.
    (func (export "lists") (param $count i32) (param $length i32) (result i32) (local $at i32)
      (memory.fill (i32.const 16) (i32.const 0) (i32.const 65520))
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (local.get $count))
      (loop $each
        (i32.store (i32.add (i32.const 16) (i32.mul (local.get $at) (i32.const 8))) (i32.const 1024))
        (i32.store (i32.add (i32.const 20) (i32.mul (local.get $at) (i32.const 8))) (local.get $length))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $each (i32.lt_u (local.get $at) (local.get $count))))
      (i32.const 0)))
  (core instance $main (instantiate $Main))
  (alias core export $main "memory" (core memory $memory))
  (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $main "grow")))
  (func (export "grow-table") (param "elements" u32) (result s32)
    (canon lift (core func $main "grow-table")))
  (func (export "lists-of-bytes") (param "count" u32) (param "length" u32) (result (list (list u8)))
    (canon lift (core func $main "lists") (memory $memory)))
  (func (export "lists-of-bools") (param "count" u32) (param "length" u32) (result (list (list bool)))
    (canon lift (core func $main "lists") (memory $memory)))
  (func (export "strings") (param "count" u32) (param "length" u32) (result (list string))
    (canon lift (core func $main "lists") (memory $memory))))
