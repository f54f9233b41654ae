;; Core modules as imports and exports. `run` calls a module that the host provides, `run-nested` one in an instance of
;; the host's that wants a memory; exported are a module of its own, which imports and exports, and the host's again.
(component
  (core type $Plugin (module (export "run" (func (param i32) (result i32)))))
  (core type $Needy (module
    (import "env" "memory" (memory 1))
    (import "env" "spare" (func))
    (export "run" (func (param i32) (result i32)))))
  (import "my-plugin" (core module $plugin (type $Plugin)))
  (import "test:host/plugins@1.0.0" (instance $host
    (export "needy" (core module (type $Needy)))
    (export "more" (instance (export "empty-one" (core module))))))
  (alias export $host "needy" (core module $needy))
  (core instance $p (instantiate $plugin))
  (core module $Memory (memory (export "memory") 1) (func (export "spare")))
  (core instance $memory (instantiate $Memory))
  (core instance $n (instantiate $needy (with "env" (instance $memory))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $p "run")))
  (func (export "run-nested") (param "n" u32) (result u32) (canon lift (core func $n "run")))
  (core module $Own
    (import "env" "memory" (memory 1))
    (func (export "run") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10))))
  (export "own-module" (core module $Own))
  (instance $modules (export "again" (core module $plugin)))
  (export "test:guest/modules" (instance $modules)))
