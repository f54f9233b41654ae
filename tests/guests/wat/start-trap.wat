;; Traps while it is instantiated.
(component
  (core module $Main (func $start unreachable) (start $start))
  (core instance (instantiate $Main)))
