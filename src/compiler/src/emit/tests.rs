//! Every kind of function: its signature, its imports in order, and that an engine would take it.

mod decoded;
mod ends;

use tidegate_abi::layout::PtrType::{I32, I64};

use super::{EndKind, ShimFunc, ShimFuncKind, ShimSpec, ThreadSwitch, emit};
use crate::plan::{CoreType, Source};
use decoded::{Decoded, decode, signature};

fn one(kind: ShimFuncKind) -> Decoded {
    let memory = Some(Source::Core {
        instance: 1,
        name: "memory".to_owned(),
    });
    decode(&emit(&ShimSpec {
        memory,
        funcs: vec![ShimFunc { instance: 7, kind }],
        catches: false,
    }))
}

/// Checks the signature of the only function and the names of all imports.
fn check(kind: ShimFuncKind, signature: &str, imports: &[&str]) {
    let decoded = one(kind.clone());
    assert_eq!(decoded.exports, [format!("f0: {signature}")], "{kind:?}");
    let names: Vec<_> = decoded
        .imports
        .iter()
        .map(|i| i.split(": ").next())
        .collect();
    let expected: Vec<_> = imports.iter().copied().map(Some).collect();
    assert_eq!(names, expected, "{kind:?}");
}

/// Imports of a built-in that checks `may_leave`: those first, then what is given, then the runtime's.
fn leaving(numbers: &[&'static str], runtime: &'static str) -> Vec<&'static str> {
    let mut imports = [&["may-leave.7", "host.trap"], &ENTERED[..]].concat();
    imports.extend(numbers);
    imports.extend([runtime, "driver.perform"]);
    imports
}

/// Imports of one that tells the runtime of the sync call that runs.
const ENTERED: [&str; 3] = ["host.entered", "instance.7", "runtime.sync_enter"];

#[test]
fn built_ins_without_numbers() {
    use ShimFuncKind as Kind;
    check(
        Kind::TaskCancel,
        "() -> ()",
        &leaving(&[], "runtime.task_cancel"),
    );
    check(
        Kind::WaitableSetNew,
        "() -> (i32)",
        &leaving(&[], "runtime.waitable_set_new"),
    );
    check(
        Kind::WaitableSetDrop,
        "(i32) -> ()",
        &leaving(&[], "runtime.waitable_set_drop"),
    );
    check(
        Kind::WaitableJoin,
        "(i32 i32) -> ()",
        &leaving(&[], "runtime.waitable_join"),
    );
    check(
        Kind::SubtaskDrop,
        "(i32) -> ()",
        &leaving(&[], "runtime.subtask_drop"),
    );
    for is_async in [false, true] {
        let kind = Kind::SubtaskCancel { is_async };
        check(
            kind,
            "(i32) -> (i32)",
            &leaving(&[], "runtime.subtask_cancel"),
        );
    }
}

#[test]
fn built_ins_that_may_be_called_always() {
    use ShimFuncKind as Kind;
    let imports = |runtime| ["instance.7", runtime, "driver.perform"];
    let observing = |runtime| [&ENTERED[..], &[runtime, "driver.perform"]].concat();
    check(
        Kind::ContextGet {
            slot: 1,
            is_64: false,
        },
        "() -> (i32)",
        &observing("runtime.context_get"),
    );
    check(
        Kind::ContextSet {
            slot: 1,
            is_64: false,
        },
        "(i32) -> ()",
        &observing("runtime.context_set"),
    );
    check(
        Kind::BackpressureInc,
        "() -> ()",
        &imports("runtime.backpressure_inc"),
    );
    check(
        Kind::BackpressureDec,
        "() -> ()",
        &imports("runtime.backpressure_dec"),
    );
    check(
        Kind::ResourceRep { resource: 3 },
        "(i32) -> (i32)",
        &[
            "instance.7",
            "resource.3",
            "runtime.resource_rep",
            "driver.perform",
        ],
    );
}

#[test]
fn built_ins_of_resources() {
    use ShimFuncKind as Kind;
    check(
        Kind::ResourceNew { resource: 3 },
        "(i32) -> (i32)",
        &[
            "may-leave.7",
            "host.trap",
            "instance.7",
            "resource.3",
            "runtime.resource_new",
            "driver.perform",
        ],
    );
    check(
        Kind::ResourceDrop { resource: 3 },
        "(i32) -> ()",
        &leaving(&["resource.3"], "runtime.resource_drop"),
    );
}

#[test]
fn a_late_result_is_fetched_when_the_driver_has_waited() {
    use CoreType::{F32, I64};
    let imports = [
        "may-leave.7",
        "host.trap",
        "host.entered",
        "instance.7",
        "runtime.sync_enter",
        "lowered.4",
        "host.fault",
        "driver.blocked",
    ];
    let kind = |result| ShimFuncKind::Lowered {
        index: 4,
        params: vec![I64],
        result,
        waits: true,
    };
    check(kind(None), "(i64) -> ()", &imports);
    let with_result = [&imports[..], &["late.f32"]].concat();
    check(kind(Some(F32)), "(i64) -> (f32)", &with_result);
}

#[test]
fn a_guard_hands_on_what_its_function_returns() {
    use CoreType::{F64, I32};
    let kind = |result| ShimFuncKind::LiftGuard {
        core: Source::Core {
            instance: 1,
            name: "run".to_owned(),
        },
        params: vec![I32, F64],
        result,
    };
    check(
        kind(Some(F64)),
        "(i32 f64) -> ()",
        &["guest.0", "done.f64", "host.fault"],
    );
    check(
        kind(None),
        "(i32 f64) -> ()",
        &["guest.0", "done.nothing", "host.fault"],
    );
}

#[test]
fn built_ins_of_threads() {
    use ShimFuncKind as Kind;
    check(
        Kind::WaitableSetWait { ptr: I32 },
        "(i32 i32) -> (i32)",
        &[
            "may-leave.7",
            "host.trap",
            "host.entered",
            "instance.7",
            "runtime.sync_enter",
            "runtime.waitable_set_wait",
            "driver.perform",
            "guest.7",
            "runtime.arg",
        ],
    );
    for (kind, signature, runtime) in [
        (Kind::ThreadYield, "() -> (i32)", "runtime.thread_yield"),
        (Kind::ThreadIndex, "() -> (i32)", "runtime.thread_index"),
        (Kind::ThreadSuspend, "() -> (i32)", "runtime.thread_suspend"),
        (
            Kind::ThreadResumeLater,
            "(i32) -> ()",
            "runtime.thread_resume_later",
        ),
        (
            Kind::ThreadSwitch(ThreadSwitch::YieldThenPromote),
            "(i32) -> (i32)",
            "runtime.thread_yield_then_promote",
        ),
    ] {
        check(kind, signature, &leaving(&[], runtime));
    }
    let table = Source::Core {
        instance: 1,
        name: "table".to_owned(),
    };
    for (index, context, signature, runtime) in [
        (I32, I32, "(i32 i32) -> (i32)", "runtime.thread_new"),
        (I32, I64, "(i32 i64) -> (i32)", "runtime.thread_new64"),
        (I64, I32, "(i64 i32) -> (i32)", "runtime.thread_new"),
    ] {
        let kind = Kind::ThreadNewIndirect {
            table: table.clone(),
            index,
            context,
        };
        let imports = [
            "may-leave.7",
            "host.trap",
            "guest.2",
            "host.entered",
            "instance.7",
            "runtime.sync_enter",
            runtime,
            "driver.perform",
            "host.threads",
        ];
        check(kind, signature, &imports);
    }
}

#[test]
fn functions_with_values() {
    use CoreType::{F32, F64, I32, I64};
    let params = vec![I32, I64, F32, F64];
    let lowered = [
        &["may-leave.7", "host.trap"],
        &ENTERED[..],
        &["lowered.4", "host.fault"],
    ]
    .concat();
    check(
        ShimFuncKind::Lowered {
            index: 4,
            params: params.clone(),
            result: Some(I64),
            waits: false,
        },
        "(i32 i64 f32 f64) -> (i64)",
        &lowered,
    );
    check(
        ShimFuncKind::Lowered {
            index: 4,
            params: vec![],
            result: None,
            waits: false,
        },
        "() -> ()",
        &lowered,
    );
    let kind = ShimFuncKind::TaskReturn {
        index: 2,
        return_key: 6,
        params,
    };
    check(
        kind.clone(),
        "(i32 i64 f32 f64) -> ()",
        &[
            "may-leave.7",
            "host.trap",
            "host.entered",
            "instance.7",
            "runtime.sync_enter",
            "runtime.task_return",
            "driver.perform",
            "host.table",
            "return.2",
            "host.fault",
        ],
    );
    let decoded = one(kind);
    assert!(
        decoded
            .imports
            .contains(&"return.2: (i32 i64 f32 f64) -> ()".to_owned())
    );
    assert!(
        decoded
            .imports
            .contains(&"host.fault: (mut i32)".to_owned())
    );
}

#[test]
fn guards_call_the_guest_with_may_leave_cleared() {
    let core = Source::Core {
        instance: 2,
        name: "cabi_realloc".to_owned(),
    };
    let kind = ShimFuncKind::GuardedRealloc {
        core: core.clone(),
        ptr: CoreType::I32,
        enters: false,
    };
    check(
        kind.clone(),
        "(i32 i32 i32 i32) -> (i32)",
        &["may-leave.7", "guest.1"],
    );
    let body = one(kind).bodies.remove(0);
    assert_eq!(
        body,
        [
            "I32Const { value: 0 }",
            "GlobalSet { global_index: 0 }",
            "LocalGet { local_index: 0 }",
            "LocalGet { local_index: 1 }",
            "LocalGet { local_index: 2 }",
            "LocalGet { local_index: 3 }",
            "Call { function_index: 0 }",
            "I32Const { value: 1 }",
            "GlobalSet { global_index: 0 }",
            "End",
        ]
    );
    let kind = ShimFuncKind::GuardedPostReturn {
        core,
        params: vec![CoreType::I64],
    };
    check(kind, "(i64) -> ()", &["may-leave.7", "guest.1"]);
}

#[test]
fn the_way_that_does_not_trap_is_short() {
    let body = one(ShimFuncKind::ContextGet {
        slot: 1,
        is_64: false,
    })
    .bodies
    .remove(0);
    assert_eq!(
        body,
        [
            "GlobalGet { global_index: 0 }",
            "I32Eqz",
            "If { blockty: Empty }",
            "GlobalGet { global_index: 1 }",
            "I32Const { value: 1 }",
            "Call { function_index: 0 }",
            "Drop",
            "I32Const { value: 1 }",
            "GlobalSet { global_index: 0 }",
            "End",
            "GlobalGet { global_index: 1 }",
            "I32Const { value: 1 }",
            "Call { function_index: 1 }",
            "LocalTee { local_index: 0 }",
            "I64Const { value: 0 }",
            "I64LtS",
            "If { blockty: Empty }",
            "LocalGet { local_index: 0 }",
            "Call { function_index: 2 }",
            "LocalSet { local_index: 0 }",
            "End",
            "LocalGet { local_index: 0 }",
            "I32WrapI64",
            "End",
        ]
    );
}

#[test]
fn types_and_imports_are_shared_and_exports_are_numbered() {
    let func = |instance, kind| ShimFunc { instance, kind };
    let element = 1;
    let shim = emit(&ShimSpec {
        memory: None,
        funcs: vec![
            func(
                0,
                ShimFuncKind::EndDropReadable {
                    kind: EndKind::Stream,
                    element,
                },
            ),
            func(
                0,
                ShimFuncKind::EndDropWritable {
                    kind: EndKind::Stream,
                    element,
                },
            ),
            func(
                3,
                ShimFuncKind::EndDropReadable {
                    kind: EndKind::Stream,
                    element,
                },
            ),
        ],
        catches: false,
    });
    let decoded = decode(&shim);
    let names: Vec<_> = decoded
        .exports
        .iter()
        .map(|e| e.split(':').next())
        .collect();
    assert_eq!(names, [Some("f0"), Some("f1"), Some("f2")]);
    let sources: Vec<_> = shim.imports.iter().map(|import| &import.source).collect();
    let runtime = |name: &str| Source::Runtime {
        name: name.to_owned(),
    };
    assert_eq!(
        sources,
        [
            &Source::MayLeave { instance: 0 },
            &Source::Trap,
            &Source::Entered,
            &Source::Instance { index: 0 },
            &runtime("sync_enter"),
            &Source::ElementType { index: 1 },
            &runtime("stream_drop_readable"),
            &Source::Driver {
                name: "perform".to_owned()
            },
            &runtime("stream_drop_writable"),
            &Source::MayLeave { instance: 3 },
            &Source::Instance { index: 3 },
        ]
    );
    let types: Vec<_> = decoded.types.iter().map(signature).collect();
    assert_eq!(
        types,
        [
            "(i32) -> ()",
            "(i32 i32) -> (i32)",
            "(i32 i32 i32) -> (i64)",
            "(i64) -> (i64)"
        ]
    );
}

#[test]
fn guests_functions_of_one_name_stay_apart() {
    let guard = |instance| {
        let core = Source::Core {
            instance,
            name: "cabi_realloc".to_owned(),
        };
        ShimFunc {
            instance,
            kind: ShimFuncKind::GuardedRealloc {
                core,
                ptr: CoreType::I64,
                enters: false,
            },
        }
    };
    let shim = emit(&ShimSpec {
        memory: None,
        funcs: vec![guard(0), guard(1), guard(0)],
        catches: false,
    });
    let decoded = decode(&shim);
    assert_eq!(decoded.imports.len(), 4);
}

#[test]
fn an_empty_shim_is_a_module() {
    assert!(decode(&emit(&ShimSpec::default())).exports.is_empty());
}

#[test]
fn a_realloc_that_reads_its_context_is_in_a_task_of_its_own() {
    let core = Source::Core {
        instance: 2,
        name: "realloc".to_owned(),
    };
    let kind = ShimFuncKind::GuardedRealloc {
        core,
        ptr: CoreType::I32,
        enters: true,
    };
    let imports = [
        "may-leave.7",
        "host.entered",
        "guest.2",
        "runtime.sync_exit",
    ];
    check(kind, "(i32 i32 i32 i32) -> (i32)", &imports);
}
