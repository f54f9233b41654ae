//! Built-ins that are told of a place in a memory, and those of streams and futures.

use tidegate_abi::layout::PtrType::{I32, I64};

use super::{ENTERED, check, leaving, one};
use crate::emit::{EndCopy, EndKind, ShimFuncKind};

#[test]
fn built_ins_of_ends() {
    use ShimFuncKind as Kind;
    let element = 5;
    let names = [
        (
            EndKind::Stream,
            [
                "runtime.stream_new",
                "runtime.stream_cancel_read",
                "runtime.stream_cancel_write",
                "runtime.stream_drop_readable",
                "runtime.stream_drop_writable",
            ],
        ),
        (
            EndKind::Future,
            [
                "runtime.future_new",
                "runtime.future_cancel_read",
                "runtime.future_cancel_write",
                "runtime.future_drop_readable",
                "runtime.future_drop_writable",
            ],
        ),
    ];
    for (kind, [new, cancel_read, cancel_write, drop_readable, drop_writable]) in names {
        let imports = |runtime| leaving(&["element-type.5"], runtime);
        check(Kind::EndNew { kind, element }, "() -> (i64)", &imports(new));
        for is_async in [false, true] {
            let read = Kind::EndCancelRead {
                kind,
                element,
                is_async,
            };
            check(read, "(i32) -> (i32)", &imports(cancel_read));
            let write = Kind::EndCancelWrite {
                kind,
                element,
                is_async,
            };
            check(write, "(i32) -> (i32)", &imports(cancel_write));
        }
        check(
            Kind::EndDropReadable { kind, element },
            "(i32) -> ()",
            &imports(drop_readable),
        );
        check(
            Kind::EndDropWritable { kind, element },
            "(i32) -> ()",
            &imports(drop_writable),
        );
    }
}

#[test]
fn copies_import_a_memory_only_for_elements_with_a_size() {
    use ShimFuncKind as Kind;
    let (element, site) = (5, 9);
    let tail = [&ENTERED[..], &["element-type.5", "site.9"]].concat();
    for (kind, ptr, signature, read, write) in [
        (
            EndKind::Stream,
            I32,
            "(i32 i32 i32) -> (i32)",
            "runtime.stream_read",
            "runtime.stream_write",
        ),
        (
            EndKind::Stream,
            I64,
            "(i32 i64 i64) -> (i64)",
            "runtime.stream_read",
            "runtime.stream_write",
        ),
        (
            EndKind::Future,
            I32,
            "(i32 i32) -> (i32)",
            "runtime.future_read",
            "runtime.future_write",
        ),
        (
            EndKind::Future,
            I64,
            "(i32 i64) -> (i32)",
            "runtime.future_read",
            "runtime.future_write",
        ),
    ] {
        for (size, align) in [(0, 1), (1, 1), (24, 8)] {
            let imports = |runtime| {
                let mut imports = vec!["may-leave.7", "host.trap"];
                if size > 0 {
                    imports.push("guest.2");
                }
                imports.extend(&tail);
                imports.extend([runtime, "driver.perform"]);
                imports
            };
            let copy = |is_async| EndCopy {
                kind,
                element,
                site,
                size,
                align,
                is_async,
                ptr,
            };
            check(Kind::EndRead(copy(true)), signature, &imports(read));
            check(Kind::EndWrite(copy(false)), signature, &imports(write));
        }
    }
}

#[test]
fn an_element_with_alignment_1_needs_no_alignment_check() {
    let body = |align| {
        let func = ShimFuncKind::EndRead(EndCopy {
            kind: EndKind::Stream,
            element: 0,
            site: 0,
            size: align,
            align,
            is_async: true,
            ptr: I32,
        });
        one(func).bodies.remove(0)
    };
    assert!(!body(1).contains(&"I32And".to_owned()));
    assert!(body(4).contains(&"I32And".to_owned()));
}

#[test]
fn poll_stores_its_payload() {
    for (ptr, signature) in [(I32, "(i32 i32) -> (i32)"), (I64, "(i32 i64) -> (i32)")] {
        let kind = ShimFuncKind::WaitableSetPoll { ptr };
        check(
            kind.clone(),
            signature,
            &[
                "may-leave.7",
                "host.trap",
                "host.entered",
                "instance.7",
                "runtime.sync_enter",
                "runtime.waitable_set_poll",
                "driver.perform",
                "guest.7",
                "runtime.arg",
            ],
        );
        let stores = one(kind).bodies.remove(0);
        let stores = stores.iter().filter(|op| op.starts_with("I32Store"));
        assert_eq!(stores.count(), 2);
    }
}
