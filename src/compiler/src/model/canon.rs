//! Canonical definitions that are built; `decode` refuses the others by name.

use super::{CoreFuncIndex, CoreMemoryIndex, FuncIndex, TypeIndex, ValRef};
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
    ContextGet(u32),
    ContextSet(u32),
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
    WaitableSetPoll {
        memory: CoreMemoryIndex,
    },
    WaitableSetDrop,
    WaitableJoin,
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
}

/// Spec: `canonopt`, collected.
#[derive(Clone, Debug)]
pub(crate) struct CanonOptions {
    pub(crate) encoding: StringEncoding,
    pub(crate) memory: Option<CoreMemoryIndex>,
    pub(crate) realloc: Option<CoreFuncIndex>,
    pub(crate) post_return: Option<CoreFuncIndex>,
    pub(crate) is_async: bool,
    pub(crate) callback: Option<CoreFuncIndex>,
}
