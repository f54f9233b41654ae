//! Components become one: which types what stays outside has, and what does not fit.

use tidegate_compiler::{CompileOptions, Composition, ErrorCode, PartId};

/// Imports a resource and its functions from outside, and `next` by name; exports what `next` answers.
const MIDDLE: &str = r#"
(component
  (import "test:http/types@0.3.0" (instance $types
    (export "request" (type $request (sub resource)))
    (type $code' (variant (case "denied") (case "other" (option string))))
    (export "error-code" (type $code (eq $code')))
    (type $own (own $request))
    (export "[constructor]request" (func (result $own)))
    (export "second" (type $second (eq $request)))
    (type $own-second (own $second))
    (export "make" (func (param "from" $own-second) (result $own)))
    (type $borrow (borrow $request))
    (export "[method]request.look" (func (param "self" $borrow)))
  ))
  (alias export $types "request" (type $request))
  (alias export $types "error-code" (type $code))
  (type $next (instance
    (alias outer 1 $request (type $r))
    (export "request" (type $request (eq $r)))
    (alias outer 1 $code (type $c))
    (export "error-code" (type $code (eq $c)))
    (type $own (own $request))
    (type $body (stream u8))
    (type $result (result $body (error $code)))
    (export "handle" (func async (param "request" $own) (result $result)))
  ))
  (import "test:http/handler@0.3.1" (instance $next (type $next)))
  (export "test:http/handler@0.3.1" (instance $next))
)"#;

/// The same types, a part of them and others, at another version; no imports of handlers.
const LAST: &str = r#"
(component
  (import "test:http/types@0.3.2" (instance $types
    (export "fields" (type (sub resource)))
    (export "request" (type $request (sub resource)))
    (type $code' (variant (case "denied") (case "other" (option string))))
    (export "error-code" (type $code (eq $code')))
    (type $own (own $request))
    (type $result (result (error $code)))
    (export "check" (func (param "request" $own) (result $result)))
  ))
  (alias export $types "request" (type $request))
  (alias export $types "error-code" (type $code))
  (import "test:http/handler@0.3.0" (instance $client
    (alias outer 1 $request (type $r))
    (export "request" (type $request (eq $r)))
    (alias outer 1 $code (type $c))
    (export "error-code" (type $code (eq $c)))
    (type $own (own $request))
    (type $body (stream u8))
    (type $result (result $body (error $code)))
    (export "handle" (func async (param "request" $own) (result $result)))
  ))
  (export "test:http/handler@0.3.2" (instance $client))
)"#;

fn bytes(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text is well-formed")
}

fn composition(texts: &[&str]) -> Composition {
    let mut composition = Composition::new(CompileOptions::default());
    for (i, text) in texts.iter().enumerate() {
        let part = composition.add(&format!("part-{i}"), bytes(text));
        assert_eq!(part.expect("the component is valid"), PartId(i));
    }
    composition
}

/// What the whole imports and exports.
fn world(whole: Vec<u8>) -> (Vec<String>, Vec<String>) {
    let mut outer = Composition::new(CompileOptions::default());
    let part = outer.add("whole", whole).expect("it is a component");
    let owned = |name: &str| name.to_string();
    let imports = outer.imports(part).map(owned).collect();
    (imports, outer.exports(part).map(owned).collect())
}

const FIRST: PartId = PartId(0);
const SECOND: PartId = PartId(1);

#[test]
fn what_is_imported_twice_is_one_import_with_everything_that_both_want() {
    let mut parts = composition(&[MIDDLE, LAST]);
    let names: Vec<_> = parts.imports(SECOND).collect();
    assert_eq!(names, ["test:http/types@0.3.2", "test:http/handler@0.3.0"]);
    assert_eq!(
        parts.exports(FIRST).collect::<Vec<_>>(),
        ["test:http/handler@0.3.1"]
    );
    let shared = "test:http/types@0.3.2";
    parts
        .leave_outside(FIRST, "test:http/types@0.3.0", shared)
        .unwrap();
    parts
        .link(
            FIRST,
            "test:http/handler@0.3.1",
            SECOND,
            "test:http/handler@0.3.2",
        )
        .unwrap();
    let handler = "test:http/handler@0.3.1";
    parts.export(FIRST, handler, handler).unwrap();
    parts
        .export(SECOND, "test:http/handler@0.3.2", "test:http/inner@1.0.0")
        .unwrap();
    let whole = parts.finish(&[SECOND, FIRST]).expect("they fit each other");
    let (imports, exports) = world(whole);
    assert_eq!(imports, [shared, "test:http/handler@0.3.0"]);
    assert_eq!(exports, [handler, "test:http/inner@1.0.0"]);
}

#[test]
fn what_does_not_fit_is_named() {
    let other = r#"(component
      (type $f (func (result u32)))
      (import "f" (func $f (type $f)))
      (instance $i (export "handle" (func $f)))
      (export "test:http/handler@0.3.1" (instance $i)))"#;
    let mut parts = composition(&[MIDDLE, other]);
    parts
        .link(
            FIRST,
            "test:http/handler@0.3.1",
            SECOND,
            "test:http/handler@0.3.1",
        )
        .unwrap();
    let error = parts.finish(&[SECOND, FIRST]).unwrap_err();
    assert_eq!(error.code, ErrorCode::Mismatch, "{error}");
    assert_eq!(
        error.construct.as_deref(),
        Some("test:http/handler@0.3.1 of part-0")
    );
}

#[test]
fn resources_of_a_component_cannot_be_used_by_what_stays_outside() {
    let types = r#"(component
      (type $r' (resource (rep i32)))
      (export $r "request" (type $r'))
      (type $code' (variant (case "denied") (case "other" (option string))))
      (export $code "error-code" (type $code'))
      (core module $m (func (export "make") (result i32) i32.const 1))
      (core instance $m (instantiate $m))
      (func $make (result (own $r)) (canon lift (core func $m "make")))
      (instance $types (export "request" (type $r)) (export "error-code" (type $code))
        (export "make" (func $make)))
      (export "test:http/types@0.3.0" (instance $types)))"#;
    let mut parts = composition(&[MIDDLE, types]);
    parts
        .link(
            FIRST,
            "test:http/types@0.3.0",
            SECOND,
            "test:http/types@0.3.0",
        )
        .unwrap();
    let error = parts.finish(&[SECOND, FIRST]).unwrap_err();
    assert_eq!(error.code, ErrorCode::Mismatch, "{error}");
    assert_eq!(
        error.construct.as_deref(),
        Some("test:http/types@0.3.0 of part-0")
    );
    assert!(error.message.contains("stays outside"), "{error}");
}

#[test]
fn functions_and_types_of_the_outermost_level() {
    let user = r#"(component
      (type $point' (record (field "x" u32) (field "tags" (list string))))
      (import "point" (type $point (eq $point')))
      (import "thing" (type $thing (sub resource)))
      (type $move (func (param "p" $point) (param "t" (borrow $thing)) (result $point)))
      (import "move" (func $move (type $move)))
      (export "go" (func $move)))"#;
    let mut parts = composition(&[user, user]);
    parts.link(FIRST, "move", SECOND, "go").unwrap();
    parts.export(FIRST, "go", "go").unwrap();
    let whole = parts.finish(&[SECOND, FIRST]).expect("they fit each other");
    let (imports, exports) = world(whole);
    assert_eq!(imports, ["point", "thing", "move"]);
    assert_eq!(exports, ["go"]);
}
