;; Types that the declarations must get right: streams and futures of everything, names that TypeScript has a meaning
;; for, resources of both sides. Nothing of it is meant to be called.
(component
  ;; A world's own type and resource.
  (type $size' u64)
  (import "size" (type $size (eq $size')))
  (import "token" (type $token (sub resource)))
  (import "[static]token.next" (func (result (own $token))))
  (import "mint" (func (param "size" $size) (result (own $token))))

  (import "a:b/things@1.0.0" (instance $things
    (export "file" (type $file (sub resource)))
    (type $method' (func async (param "self" (borrow $file)) (param "context" string) (result (result string (error u32)))))
    (export "[method]file.read" (func (type $method')))
    (export "[static]file.open" (func (param "path" string) (result (result (own $file)))))
    ;; Two spellings, as it holds a stream.
    (type $part' (record (field "name" string) (field "body" (stream u8)) (field "after" (option (future string)))))
    (export "part" (type $part (eq $part')))
    (type $promise' (variant (case "pending") (case "kept" string) (case "broken-now" (list u8))))
    (export "promise" (type $promise (eq $promise')))
    (type $flags' (flags "can-read" "delete"))
    (export "map" (type $flags (eq $flags')))
    (export "delete" (func (param "function" $part) (param "rights" $flags) (result (list $part))))
    (export "keep" (func (param "promise" $promise) (result (future $promise))))))
  (alias export $things "part" (type $part))
  (alias export $things "promise" (type $promise))
  (alias export $things "file" (type $file))

  ;; Another version of the same interface, and nothing but types.
  (import "a:b/things@2.0.0" (instance (type $e (enum "yes" "no")) (export "answer" (type (eq $e)))))

  (import "ends" (instance
    (alias outer 1 $part (type $part'))
    (export "part" (type $part (eq $part')))
    (alias outer 1 $file (type $file'))
    (export "file" (type $file (eq $file')))
    (export "bytes" (func (param "v" (stream u8)) (result (stream u8))))
    (export "numbers" (func (param "v" (stream f32)) (result (stream f32))))
    (export "bigs" (func (param "v" (stream s64)) (result (stream s64))))
    (export "strings" (func (param "v" (stream string)) (result (stream string))))
    (export "lists" (func (param "v" (stream (list u8))) (result (stream (list u8)))))
    (export "tuples" (func (param "v" (stream (tuple u8 string))) (result (stream (tuple u8 string)))))
    (export "parts" (func (param "v" (stream $part)) (result (stream $part))))
    (export "files" (func (param "v" (stream (own $file))) (result (stream (own $file)))))
    (export "ticks" (func (param "v" (stream)) (result (stream))))
    (type $strings (stream string))
    (export "nested" (func (param "v" (stream $strings)) (result (stream $strings))))
    (type $bytes (stream u8))
    (export "later" (func (param "v" (future $bytes)) (result (future $bytes))))
    (export "signal" (func (param "v" (future)) (result (future))))
    (export "outcome" (func (param "v" (future (result u8 (error string)))) (result (future (result u8 (error string))))))))

  ;; Spelled out, this one would be a megabyte.
  (type $t0 (tuple string u64 f32 char bool s8 s16 u8))
  (type $t1 (tuple $t0 $t0 $t0 $t0 $t0 $t0 $t0 $t0))
  (type $t2 (tuple $t1 $t1 $t1 $t1 $t1 $t1 $t1 $t1))
  (type $t3 (tuple $t2 $t2 $t2 $t2 $t2 $t2 $t2 $t2))
  (type $t4 (tuple $t3 $t3 $t3 $t3 $t3 $t3 $t3 $t3))
  (import "wide" (func (param "v" $t4) (result (list $t4))))

  (core module $M
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "one") (param i32) (result i32) unreachable)
    (func (export "three") (param i32 i32 i32) unreachable)
    (func (export "six") (param i32 i32 i32 i32 i32 i32) (result i32) unreachable)
    (func (export "get") (result i32) unreachable))
  (core instance $m (instantiate $M))
  (alias core export $m "memory" (core memory $memory))
  (alias core export $m "realloc" (core func $realloc))

  (type $door' (resource (rep i32)))
  (export $door "door" (type $door'))
  (func (export "[method]door.knock") (param "self" (borrow $door)) (result u32)
    (canon lift (core func $m "one")))
  (func (export "[static]door.default") (result (own $door)) (canon lift (core func $m "get")))
  (func (export "default") (param "v" (stream string)) (result (stream string))
    (canon lift (core func $m "one")))
  (func (export "optional-last") (param "need" u8) (param "may" (option u8))
    (canon lift (core func $m "three")))
  (func (export "delete") (param "v" (future (result u8))) (result (future (result u8)))
    (canon lift (core func $m "one")))

  (type $key' (resource (rep i32)))
  (component $Lock
    (import "key" (type $key' (sub resource)))
    (import "make" (func $make (param "options" u32) (result (own $key'))))
    (import "same" (func $same (param "self" (borrow $key')) (result u32)))
    (export $key "key" (type $key'))
    (export "[constructor]key" (func $make) (func (param "options" u32) (result (own $key))))
    (export "[method]key.same" (func $same) (func (param "self" (borrow $key)) (result u32))))
  (func $make (param "options" u32) (result (own $key')) (canon lift (core func $m "one")))
  (func $same (param "self" (borrow $key')) (result u32) (canon lift (core func $m "one")))
  (instance $lock (instantiate $Lock
    (with "key" (type $key')) (with "make" (func $make)) (with "same" (func $same))))
  (export "a:b/locks@1.0.0" (instance $lock))
  (export "c:d/locks@1.0.0" (instance $lock))
)
