;; One of two components that are linked beside each other: it has the resource that the other one imports.
(component
  (component $Maker
    (core module $Count
      (global $alive (mut i32) (i32.const 0))
      (func (export "made")
        (global.set $alive (i32.add (global.get $alive) (i32.const 1))))
      (func (export "dropped") (param i32)
        (global.set $alive (i32.sub (global.get $alive) (i32.const 1))))
      (func (export "alive") (result i32) (global.get $alive)))
    (core instance $count (instantiate $Count))
    (alias core export $count "dropped" (core func $dropped))
    (alias core export $count "made" (core func $made))
    (type $thing' (resource (rep i32) (dtor (core func $dropped))))
    (export $thing "thing" (type $thing'))
    (core func $new (canon resource.new $thing'))
    (core module $Main
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "made" (func $made))
      (func (export "make") (param i32) (result i32) (call $made) (call $new (local.get 0)))
      ;; A borrow of an own resource arrives as its representation.
      (func (export "number") (param i32) (result i32) (local.get 0))
      (func (export "same") (param i32) (result i32) (local.get 0)))
    (core instance $main (instantiate $Main (with "" (instance
      (export "new" (func $new))
      (export "made" (func $made))))))
    (func (export "[constructor]thing") (param "number" u32) (result (own $thing))
      (canon lift (core func $main "make")))
    (func (export "[method]thing.number") (param "self" (borrow $thing)) (result u32)
      (canon lift (core func $main "number")))
    (func (export "alive") (result u32) (canon lift (core func $count "alive")))
    (func (export "same") (param "bytes" (stream u8)) (result (stream u8))
      (canon lift (core func $main "same"))))
  (instance $maker (instantiate $Maker))
  (export "test:beside/things@1.0.0" (instance $maker)))
