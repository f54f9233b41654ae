;; Values: a record and a string that come back as they are, and a list of bytes that is taken in.
(component
  (core module $Guest
    (memory (export "memory") 40)
    ;; strings to 1024, the list behind them
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (select (i32.const 1024) (i32.const 65536) (i32.lt_u (local.get 3) (i32.const 1024))))

    (func (export "echo-record")
      (param $a i32) (param $b i32) (param $c f64) (param $d i32) (param $e i32) (param $f f32)
      (result i32)
      (i32.store offset=16 (i32.const 0) (local.get $a))
      (i32.store offset=20 (i32.const 0) (local.get $b))
      (f64.store offset=24 (i32.const 0) (local.get $c))
      (i32.store8 offset=32 (i32.const 0) (local.get $d))
      (i32.store8 offset=33 (i32.const 0) (local.get $e))
      (f32.store offset=36 (i32.const 0) (local.get $f))
      (i32.const 16))
    (func (export "echo-string") (param $ptr i32) (param $len i32) (result i32)
      (i32.store offset=64 (i32.const 0) (local.get $ptr))
      (i32.store offset=68 (i32.const 0) (local.get $len))
      (i32.const 64))
    (func (export "take") (param $ptr i32) (param $len i32) (result i32) (local.get $len)))
  (core instance $guest (instantiate $Guest))

  (type $record (record
    (field "a" u32) (field "b" s32) (field "c" f64) (field "d" bool) (field "e" u8) (field "f" f32)))
  (func $echo-record (param "value" $record) (result $record)
    (canon lift (core func $guest "echo-record") (memory (core memory $guest "memory"))))
  ;; jco wants types in instances
  (component $Records
    (type $fields (record
      (field "a" u32) (field "b" s32) (field "c" f64) (field "d" bool) (field "e" u8) (field "f" f32)))
    (import "record" (type $record (eq $fields)))
    (import "echo" (func $echo (param "value" $record) (result $record)))
    (export $record' "record" (type $record))
    (export "echo" (func $echo) (func (param "value" $record') (result $record'))))
  (instance $records (instantiate $Records
    (with "record" (type $record))
    (with "echo" (func $echo-record))))
  (export "records" (instance $records))
  (func (export "echo-string") (param "value" string) (result string)
    (canon lift (core func $guest "echo-string")
      (memory (core memory $guest "memory")) (realloc (core func $guest "realloc"))))
  (func (export "take") (param "bytes" (list u8)) (result u32)
    (canon lift (core func $guest "take")
      (memory (core memory $guest "memory")) (realloc (core func $guest "realloc")))))
