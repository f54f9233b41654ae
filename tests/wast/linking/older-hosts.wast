;; What has shipped with WASI 0.3.1 can be refused, as hosts of 0.3.0 do: `without` of `Component.compile`.
;;! component_model_implements = false
;;! component_model_map = false

(assert_invalid
  (component (import "a" (implements "a:b/c") (instance)))
  "implements")
(assert_invalid
  (component (import "a" (external-id "some file") (func)))
  "implements")
(assert_invalid
  (component (type (map string u32)))
  "map")

;; What 0.3.0 has goes through.
(component definition $Shipped
  (import "f" (func async (param "x" (stream u8)) (result (future)))))
