//! Canonical definitions.

use super::{CoreFuncIndex, CoreMemoryIndex, CoreTableIndex, FuncIndex, TypeIndex, ValRef};
use crate::plan::StringEncoding;

/// Spec: `canon`.
#[derive(Debug)]
pub(crate) enum Canon {
    Lift {
        core: CoreFuncIndex,
        ty: TypeIndex,
        options: CanonOptions,
    },
    Lower {
        func: FuncIndex,
        options: CanonOptions,
    },
    ResourceNew(TypeIndex),
    ResourceDrop(TypeIndex),
    ResourceRep(TypeIndex),
    BackpressureInc,
    BackpressureDec,
    TaskReturn {
        result: Option<ValRef>,
        options: CanonOptions,
    },
    TaskCancel,
    ContextGet(ContextSlot),
    ContextSet(ContextSlot),
    SubtaskCancel {
        is_async: bool,
    },
    SubtaskDrop,
    /// `{stream,future}.*`; `ty` is the type of the stream or future.
    End {
        kind: EndKind,
        ty: TypeIndex,
        op: EndOp,
    },
    WaitableSetNew,
    WaitableSetWait {
        memory: Memory,
    },
    WaitableSetPoll {
        memory: Memory,
    },
    WaitableSetDrop,
    WaitableJoin,
    ThreadYield,
    ThreadIndex,
    /// The start function's parameter and the table's index are of the type of memory addresses.
    ThreadNewIndirect {
        table: CoreTableIndex,
        table64: bool,
        context64: bool,
    },
    ThreadResumeLater,
    ThreadSuspend,
    /// `thread.{suspend,yield}-then-{resume,promote}`.
    ThreadSwitch {
        from: ThreadFrom,
        to: ThreadTo,
    },
    ErrorContextNew(CanonOptions),
    ErrorContextDebugMessage(CanonOptions),
    /// Without any options.
    ErrorContextDrop(CanonOptions),
}

/// A thread-local slot as `context.{get,set}` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContextSlot {
    /// 0 or 1.
    pub(crate) slot: u32,
    /// The value is an `i64`, not an `i32`.
    pub(crate) is_64: bool,
}

/// What the current thread does when it switches to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreadFrom {
    Suspend,
    Yield,
}

/// In which state the thread that is switched to has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreadTo {
    /// Suspended.
    Resume,
    /// Ready.
    Promote,
}

/// Whether a built-in is of streams or of futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndKind {
    Stream,
    Future,
}

/// What a `{stream,future}` built-in does.
#[derive(Debug)]
pub(crate) enum EndOp {
    New,
    Read(CanonOptions),
    Write(CanonOptions),
    CancelRead { is_async: bool },
    CancelWrite { is_async: bool },
    DropReadable,
    DropWritable,
    Forward,
}

/// Spec: `canonopt`, collected.
#[derive(Clone, Debug)]
pub(crate) struct CanonOptions {
    pub(crate) encoding: StringEncoding,
    pub(crate) memory: Option<Memory>,
    pub(crate) realloc: Option<CoreFuncIndex>,
    pub(crate) post_return: Option<CoreFuncIndex>,
    pub(crate) is_async: bool,
    pub(crate) callback: Option<CoreFuncIndex>,
}

/// A memory with the width of its addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) index: CoreMemoryIndex,
    /// Addresses are `i64`.
    pub(crate) is_64: bool,
}
