;; The guests of pass.wat by hand: n chunks from one memory to the other; the bytes.
(module
  (memory $from 2)
  (memory $to 2)
  (func (export "pass") (param $chunks i32) (result i64)
    (local $bytes i64)
    (loop $again
      (memory.copy $to $from (i32.const 65536) (i32.const 65536) (i32.const 65536))
      (local.set $bytes (i64.add (local.get $bytes) (i64.const 65536)))
      (br_if $again (local.tee $chunks (i32.sub (local.get $chunks) (i32.const 1)))))
    (local.get $bytes)))
