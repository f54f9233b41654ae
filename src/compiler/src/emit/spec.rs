//! What `link` asks `emit` for: which functions a shim module has, in terms of the plan's numbers.
//!
//! `link` guarantees: a spec whose functions read or write guest memory
//! (`waitable-set.{wait,poll}`, copies of elements with a size) has a `memory`, and it is the
//! memory of the canonical options of all of them.

use tidegate_abi::layout::PtrType;

use crate::plan::{CoreType, Source};

/// A shim module to emit. Function `n` of it is exported as `f<n>`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShimSpec {
    /// The guest memory that its functions use. Imported only when one of them does.
    pub(crate) memory: Option<Source>,
    /// The functions, in the order of their export names.
    pub(crate) funcs: Vec<ShimFunc>,
    /// Guests may throw exceptions, which are traps where they leave what a shim has called.
    pub(crate) catches: bool,
}

/// A function of a shim module.
#[derive(Clone, Debug)]
pub(crate) struct ShimFunc {
    /// Number, within the artifact, of the component instance that the function belongs to.
    pub(crate) instance: u32,
    /// What it does.
    pub(crate) kind: ShimFuncKind,
}

/// Which of the two kinds of ends a built-in is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndKind {
    /// `stream.*`.
    Stream,
    /// `future.*`.
    Future,
}

/// `thread.{suspend,yield}-then-{resume,promote}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreadSwitch {
    SuspendThenResume,
    SuspendThenPromote,
    YieldThenResume,
    YieldThenPromote,
}

/// The functions there are. The comment of each gives its core signature.
///
/// `element`, `resource`, `site` and `index` are the numbers of the artifact's element types,
/// resources, sites, and of its `lowered` or `returns`.
#[derive(Clone, Debug)]
pub(crate) enum ShimFuncKind {
    /// `params -> result`. An imported function. Spec: `canon lower`. `waits`: the host may not have its result yet, and the
    /// caller's stack waits for it.
    Lowered {
        index: u32,
        params: Vec<CoreType>,
        result: Option<CoreType>,
        waits: bool,
    },
    /// `params -> ()`. The receiver is called when the caller is the host.
    TaskReturn {
        index: u32,
        return_key: u32,
        params: Vec<CoreType>,
    },
    /// `() -> ()`
    TaskCancel,
    /// `() -> value`, of type `i64` or `i32`.
    ContextGet { slot: u32, is_64: bool },
    /// `(value) -> ()`
    ContextSet { slot: u32, is_64: bool },
    /// `() -> ()`
    BackpressureInc,
    /// `() -> ()`
    BackpressureDec,
    /// `() -> i32`
    WaitableSetNew,
    /// `(set, ptr) -> i32`. Stores the event's payload, 8 bytes, at `ptr`.
    WaitableSetWait { ptr: PtrType },
    /// As [`Self::WaitableSetWait`].
    WaitableSetPoll { ptr: PtrType },
    /// `(set) -> ()`
    WaitableSetDrop,
    /// `(waitable, set) -> ()`
    WaitableJoin,
    /// `(subtask) -> i32`
    SubtaskCancel { is_async: bool },
    /// `(subtask) -> ()`
    SubtaskDrop,
    /// `(rep) -> i32`
    ResourceNew { resource: u32 },
    /// `(handle) -> i32`
    ResourceRep { resource: u32 },
    /// `(handle) -> ()`
    ResourceDrop { resource: u32 },
    /// `() -> i64`: the readable end, and the writable one in the upper half.
    EndNew { kind: EndKind, element: u32 },
    /// `stream.read`, `future.read`.
    EndRead(EndCopy),
    /// `stream.write`, `future.write`.
    EndWrite(EndCopy),
    /// `(end) -> i32`
    EndCancelRead {
        kind: EndKind,
        element: u32,
        is_async: bool,
    },
    /// `(end) -> i32`
    EndCancelWrite {
        kind: EndKind,
        element: u32,
        is_async: bool,
    },
    /// `(end) -> ()`
    EndDropReadable { kind: EndKind, element: u32 },
    /// `(end) -> ()`
    EndDropWritable { kind: EndKind, element: u32 },
    /// `(readable, writable) -> ()`
    EndForward { kind: EndKind, element: u32 },
    /// `() -> i32`
    ThreadYield,
    /// `() -> i32`
    ThreadIndex,
    /// `() -> i32`
    ThreadSuspend,
    /// `(thread) -> ()`
    ThreadResumeLater,
    /// `(thread) -> i32`
    ThreadSwitch(ThreadSwitch),
    /// `(index, context) -> i32`, of a function `(context) -> ()` in the guest's `table`. Its shim uses `ref.test`, so that it has
    /// to be one of its own.
    ThreadNewIndirect {
        table: Source,
        index: PtrType,
        context: PtrType,
    },
    /// `params -> ()`. Calls `core`, then the host's receiver with the result: what runs on a stack of its own. Spec: a part of
    /// `canon lift`.
    LiftGuard {
        core: Source,
        params: Vec<CoreType>,
        result: Option<CoreType>,
    },
    /// `(ptr ptr ptr ptr) -> ptr`. `core` with `may_leave` cleared around it, in a task of its own where `enters`. Spec:
    /// `LiftLowerContext.reallocate`.
    GuardedRealloc {
        core: Source,
        ptr: CoreType,
        enters: bool,
    },
    /// `params -> ()`. Likewise, in the task of the call. Spec: `canon lift`, `post-return`.
    GuardedPostReturn { core: Source, params: Vec<CoreType> },
    /// `params -> result`. Calls `core`, of which nobody but the engine knows whether it has this type.
    Typed {
        core: Source,
        params: Vec<CoreType>,
        result: Option<CoreType>,
    },
}

/// `{stream,future}.{read,write}`: `(end, ptr, len) -> packed` for streams, where `len` and what it returns are as wide as
/// addresses, `(end, ptr) -> i32` for futures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndCopy {
    pub(crate) kind: EndKind,
    pub(crate) element: u32,
    pub(crate) site: u32,
    /// Bytes of an element, 0 when there is none, and then no memory is needed.
    pub(crate) size: u32,
    /// Its alignment, a power of two.
    pub(crate) align: u32,
    pub(crate) is_async: bool,
    pub(crate) ptr: PtrType,
}

impl EndKind {
    fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Future => "future",
        }
    }
}

impl ShimFuncKind {
    /// The specification's name of the built-in; `lower N` for the function of the artifact's `lowered`.
    pub(crate) fn name(&self) -> String {
        let end = |kind: EndKind, op: &str| format!("{}.{op}", kind.name());
        let name = match self {
            Self::Lowered { index, .. } => return format!("lower {index}"),
            Self::LiftGuard { core, .. } => return format!("lift {}", core_name(core)),
            Self::EndForward { kind, .. } => return end(*kind, "forward"),
            Self::EndNew { kind, .. } => return end(*kind, "new"),
            Self::EndRead(copy) => return end(copy.kind, "read"),
            Self::EndWrite(copy) => return end(copy.kind, "write"),
            Self::EndCancelRead { kind, .. } => return end(*kind, "cancel-read"),
            Self::EndCancelWrite { kind, .. } => return end(*kind, "cancel-write"),
            Self::EndDropReadable { kind, .. } => return end(*kind, "drop-readable"),
            Self::EndDropWritable { kind, .. } => return end(*kind, "drop-writable"),
            Self::TaskReturn { .. } => "task.return",
            Self::TaskCancel => "task.cancel",
            Self::ContextGet { .. } => "context.get",
            Self::ContextSet { .. } => "context.set",
            Self::BackpressureInc => "backpressure.inc",
            Self::BackpressureDec => "backpressure.dec",
            Self::WaitableSetNew => "waitable-set.new",
            Self::WaitableSetWait { .. } => "waitable-set.wait",
            Self::WaitableSetPoll { .. } => "waitable-set.poll",
            Self::WaitableSetDrop => "waitable-set.drop",
            Self::WaitableJoin => "waitable.join",
            Self::ThreadYield => "thread.yield",
            Self::ThreadIndex => "thread.index",
            Self::ThreadSuspend => "thread.suspend",
            Self::ThreadResumeLater => "thread.resume-later",
            Self::ThreadNewIndirect { .. } => "thread.new-indirect",
            Self::ThreadSwitch(ThreadSwitch::SuspendThenResume) => "thread.suspend-then-resume",
            Self::ThreadSwitch(ThreadSwitch::SuspendThenPromote) => "thread.suspend-then-promote",
            Self::ThreadSwitch(ThreadSwitch::YieldThenResume) => "thread.yield-then-resume",
            Self::ThreadSwitch(ThreadSwitch::YieldThenPromote) => "thread.yield-then-promote",
            Self::SubtaskCancel { .. } => "subtask.cancel",
            Self::SubtaskDrop => "subtask.drop",
            Self::ResourceNew { .. } => "resource.new",
            Self::ResourceRep { .. } => "resource.rep",
            Self::ResourceDrop { .. } => "resource.drop",
            Self::GuardedRealloc { .. } => "realloc",
            Self::GuardedPostReturn { .. } => "post-return",
            Self::Typed { .. } => "lifted",
        };
        name.to_string()
    }

    /// The built-in may wait on its caller's stack, whatever the instance does otherwise: cancelling a copy never does here, and
    /// `subtask.cancel` only for guests.
    pub(crate) fn blocks(&self) -> bool {
        matches!(
            self,
            Self::WaitableSetWait { .. }
                | Self::ThreadYield
                | Self::ThreadSuspend
                | Self::ThreadSwitch(_)
                | Self::EndRead(EndCopy {
                    is_async: false,
                    ..
                })
                | Self::EndWrite(EndCopy {
                    is_async: false,
                    ..
                })
        )
    }
}

/// The name of a guest's function, as its core instance exports it.
fn core_name(source: &Source) -> &str {
    match source {
        Source::Core { name, .. } => name,
        _ => "a built-in",
    }
}
