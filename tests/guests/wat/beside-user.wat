;; The other one: it makes things by the import, lends them, and gives them away or up.
(component
  (import "test:beside/things@1.0.0" (instance $things
    (export "thing" (type $thing (sub resource)))
    (export "[constructor]thing" (func (param "number" u32) (result (own $thing))))
    (export "[method]thing.number" (func (param "self" (borrow $thing)) (result u32)))
    (export "alive" (func (result u32)))
    (export "same" (func (param "bytes" (stream u8)) (result (stream u8))))))
  (alias export $things "thing" (type $thing))
  (core func $make (canon lower (func $things "[constructor]thing")))
  (core func $number (canon lower (func $things "[method]thing.number")))
  (core func $same (canon lower (func $things "same")))
  (core func $drop (canon resource.drop $thing))
  (core module $Main
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "number" (func $number (param i32) (result i32)))
    (import "" "same" (func $same (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "fetch") (param i32) (result i32) (call $make (local.get 0)))
    ;; Of a thing that it is lent.
    (func (export "twice") (param i32) (result i32)
      (i32.mul (call $number (local.get 0)) (i32.const 2))
      (call $drop (local.get 0)))
    (func (export "consume") (param i32) (call $drop (local.get 0)))
    (func (export "through") (param i32) (result i32) (call $same (local.get 0))))
  (core instance $main (instantiate $Main (with "" (instance
    (export "make" (func $make))
    (export "number" (func $number))
    (export "same" (func $same))
    (export "drop" (func $drop))))))
  (func (export "fetch") (param "number" u32) (result (own $thing)) (canon lift (core func $main "fetch")))
  (func (export "twice") (param "it" (borrow $thing)) (result u32) (canon lift (core func $main "twice")))
  (func (export "consume") (param "it" (own $thing)) (canon lift (core func $main "consume")))
  (func (export "through") (param "bytes" (stream u8)) (result (stream u8)) (canon lift (core func $main "through"))))
