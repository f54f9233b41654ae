//! Canonical definitions: the features that they need, and what they are.

use wasmparser::types::TypesRef;
use wasmparser::{CanonicalFunction as F, CanonicalOption, ValType};

use super::gate::Gate;
use super::gc;
use super::types::val_ref;
use crate::Feature;
use crate::error::{CompileError, Result};
use crate::model::{
    Canon, CanonOptions, ContextSlot, CoreFuncIndex, CoreMemoryIndex, CoreTableIndex, EndKind,
    EndOp, FuncIndex, Memory, ThreadFrom, ThreadTo, TypeIndex,
};
use crate::plan::StringEncoding;

/// Whether it adds a component function, not a core function.
pub(super) fn is_lift(func: &F) -> bool {
    matches!(func, F::Lift { .. })
}

/// Refuses what is not built, and what belongs to a feature that is not enabled. What it is about may be invalid.
pub(super) fn check(func: &F, gate: Gate) -> Result<()> {
    use Feature::{AsyncBuiltins, AsyncStackful, ErrorContext, Forward, Memory64, Threading};
    gc::check(func, gate)?;
    let is_sync = !options_of(func).contains(&CanonicalOption::Async);
    let callback = |option: &CanonicalOption| matches!(option, CanonicalOption::Callback(_));
    let (feature, construct) = match func {
        F::Lift { options, .. } if !is_sync && !options.iter().any(callback) => {
            (AsyncStackful, "canon lift with async but no callback")
        }
        F::StreamRead { .. } if is_sync => (AsyncBuiltins, "stream.read without async"),
        F::StreamWrite { .. } if is_sync => (AsyncBuiltins, "stream.write without async"),
        F::FutureRead { .. } if is_sync => (AsyncBuiltins, "future.read without async"),
        F::FutureWrite { .. } if is_sync => (AsyncBuiltins, "future.write without async"),
        F::SubtaskCancel { async_: true } => (AsyncBuiltins, "subtask.cancel with async"),
        F::StreamCancelRead { async_: true, .. } => {
            (AsyncBuiltins, "stream.cancel-read with async")
        }
        F::StreamCancelWrite { async_: true, .. } => {
            (AsyncBuiltins, "stream.cancel-write with async")
        }
        F::FutureCancelRead { async_: true, .. } => {
            (AsyncBuiltins, "future.cancel-read with async")
        }
        F::FutureCancelWrite { async_: true, .. } => {
            (AsyncBuiltins, "future.cancel-write with async")
        }
        F::ContextGet { ty, .. } if *ty == ValType::I64 => (Memory64, "context.get of i64"),
        F::ContextSet { ty, .. } if *ty == ValType::I64 => (Memory64, "context.set of i64"),
        F::ContextGet { slot: 1, .. } => (Threading, "context.get of slot 1"),
        F::ContextSet { slot: 1, .. } => (Threading, "context.set of slot 1"),
        F::StreamForward { .. } => (Forward, "stream.forward"),
        F::FutureForward { .. } => (Forward, "future.forward"),
        F::ErrorContextNew { .. } => (ErrorContext, "error-context.new"),
        F::ErrorContextDebugMessage { .. } => (ErrorContext, "error-context.debug-message"),
        F::ErrorContextDrop => (ErrorContext, "error-context.drop"),
        F::ThreadIndex => (Threading, "thread.index"),
        F::ThreadNewIndirect { .. } => (Threading, "thread.new-indirect"),
        F::ThreadResumeLater => (Threading, "thread.resume-later"),
        F::ThreadSuspend => (Threading, "thread.suspend"),
        F::ThreadSuspendThenResume => (Threading, "thread.suspend-then-resume"),
        F::ThreadYieldThenResume => (Threading, "thread.yield-then-resume"),
        F::ThreadSuspendThenPromote => (Threading, "thread.suspend-then-promote"),
        F::ThreadYieldThenPromote => (Threading, "thread.yield-then-promote"),
        F::ThreadSpawnRef { .. } => return Err(gate.unsupported("thread.spawn-ref")),
        F::ThreadSpawnIndirect { .. } => return Err(gate.unsupported("thread.spawn-indirect")),
        F::ThreadAvailableParallelism => {
            return Err(gate.unsupported("thread.available-parallelism"));
        }
        _ => return Ok(()),
    };
    gate.need(feature, construct)
}

/// One item of a canonical section that has been checked and validated. Its core function, unless it is a lift, is
/// `core_func` in `types`.
pub(super) fn canon(func: F, types: TypesRef<'_>, core_func: u32, gate: Gate) -> Result<Canon> {
    use EndKind::{Future, Stream};
    use ThreadFrom::{Suspend, Yield};
    use ThreadTo::{Promote, Resume};
    gc::check_types(&func, types, gate)?;
    let cx = Validated { types };
    let end = |kind, ty, op| {
        let ty = TypeIndex(ty);
        Ok(Canon::End { kind, ty, op })
    };
    Ok(match func {
        F::Lift {
            core_func_index,
            type_index,
            options,
        } => Canon::Lift {
            core: CoreFuncIndex(core_func_index),
            ty: TypeIndex(type_index),
            options: cx.options(&options),
        },
        F::Lower {
            func_index,
            options,
        } => Canon::Lower {
            func: FuncIndex(func_index),
            options: cx.options(&options),
        },
        F::ResourceNew { resource } => Canon::ResourceNew(TypeIndex(resource)),
        F::ResourceDrop { resource } => Canon::ResourceDrop(TypeIndex(resource)),
        F::ResourceRep { resource } => Canon::ResourceRep(TypeIndex(resource)),
        F::BackpressureInc => Canon::BackpressureInc,
        F::BackpressureDec => Canon::BackpressureDec,
        F::TaskReturn { result, options } => Canon::TaskReturn {
            result: result.map(|ty| val_ref(ty, gate)).transpose()?,
            options: cx.options(&options),
        },
        F::TaskCancel => Canon::TaskCancel,
        F::ContextGet { ty, slot } => Canon::ContextGet(context_slot(ty, slot)),
        F::ContextSet { ty, slot } => Canon::ContextSet(context_slot(ty, slot)),
        F::SubtaskCancel { async_ } => Canon::SubtaskCancel { is_async: async_ },
        F::SubtaskDrop => Canon::SubtaskDrop,

        F::StreamNew { ty } => return end(Stream, ty, EndOp::New),
        F::StreamRead { ty, options } => {
            return end(Stream, ty, EndOp::Read(cx.options(&options)));
        }
        F::StreamWrite { ty, options } => {
            return end(Stream, ty, EndOp::Write(cx.options(&options)));
        }
        F::StreamCancelRead { ty, async_ } => {
            return end(Stream, ty, EndOp::CancelRead { is_async: async_ });
        }
        F::StreamCancelWrite { ty, async_ } => {
            return end(Stream, ty, EndOp::CancelWrite { is_async: async_ });
        }
        F::StreamDropReadable { ty } => return end(Stream, ty, EndOp::DropReadable),
        F::StreamDropWritable { ty } => return end(Stream, ty, EndOp::DropWritable),
        F::StreamForward { ty } => return end(Stream, ty, EndOp::Forward),
        F::FutureNew { ty } => return end(Future, ty, EndOp::New),
        F::FutureRead { ty, options } => {
            return end(Future, ty, EndOp::Read(cx.options(&options)));
        }
        F::FutureWrite { ty, options } => {
            return end(Future, ty, EndOp::Write(cx.options(&options)));
        }
        F::FutureCancelRead { ty, async_ } => {
            return end(Future, ty, EndOp::CancelRead { is_async: async_ });
        }
        F::FutureCancelWrite { ty, async_ } => {
            return end(Future, ty, EndOp::CancelWrite { is_async: async_ });
        }
        F::FutureDropReadable { ty } => return end(Future, ty, EndOp::DropReadable),
        F::FutureDropWritable { ty } => return end(Future, ty, EndOp::DropWritable),
        F::FutureForward { ty } => return end(Future, ty, EndOp::Forward),

        F::ErrorContextNew { options } => Canon::ErrorContextNew(cx.options(&options)),
        F::ErrorContextDebugMessage { options } => {
            Canon::ErrorContextDebugMessage(cx.options(&options))
        }
        F::ErrorContextDrop => Canon::ErrorContextDrop(cx.options(&[])),

        F::WaitableSetNew => Canon::WaitableSetNew,
        F::WaitableSetWait { memory } => Canon::WaitableSetWait {
            memory: cx.memory(memory),
        },
        F::WaitableSetPoll { memory } => Canon::WaitableSetPoll {
            memory: cx.memory(memory),
        },
        F::WaitableSetDrop => Canon::WaitableSetDrop,
        F::WaitableJoin => Canon::WaitableJoin,

        F::ThreadYield => Canon::ThreadYield,
        F::ThreadIndex => Canon::ThreadIndex,
        F::ThreadNewIndirect { table_index, .. } => cx.new_indirect(table_index, core_func),
        F::ThreadResumeLater => Canon::ThreadResumeLater,
        F::ThreadSuspend => Canon::ThreadSuspend,
        F::ThreadSuspendThenResume => switch(Suspend, Resume),
        F::ThreadYieldThenResume => switch(Yield, Resume),
        F::ThreadSuspendThenPromote => switch(Suspend, Promote),
        F::ThreadYieldThenPromote => switch(Yield, Promote),
        F::ThreadSpawnRef { .. }
        | F::ThreadSpawnIndirect { .. }
        | F::ThreadAvailableParallelism => {
            return Err(CompileError::internal("a refused built-in"));
        }
    })
}

fn switch(from: ThreadFrom, to: ThreadTo) -> Canon {
    Canon::ThreadSwitch { from, to }
}

fn context_slot(ty: ValType, slot: u32) -> ContextSlot {
    let is_64 = ty == ValType::I64;
    ContextSlot { slot, is_64 }
}

/// What is known after validation.
#[derive(Clone, Copy)]
struct Validated<'t> {
    types: TypesRef<'t>,
}

impl Validated<'_> {
    fn memory(self, index: u32) -> Memory {
        Memory {
            index: CoreMemoryIndex(index),
            is_64: self.types.memory_at(index).memory64,
        }
    }

    /// Validation has given the built-in the type `[table index, context] -> [i32]`.
    fn new_indirect(self, table: u32, core_func: u32) -> Canon {
        let id = self.types.core_function_at(core_func);
        let params = self.types[id].unwrap_func().params();
        let is_64 = |i: usize| params.get(i) == Some(&ValType::I64);
        Canon::ThreadNewIndirect {
            table: CoreTableIndex(table),
            table64: is_64(0),
            context64: is_64(1),
        }
    }

    /// Collects options; validation excludes duplicates and conflicts.
    fn options(self, options: &[CanonicalOption]) -> CanonOptions {
        let mut all = CanonOptions {
            encoding: StringEncoding::Utf8,
            memory: None,
            realloc: None,
            post_return: None,
            is_async: false,
            callback: None,
        };
        for option in options {
            match *option {
                CanonicalOption::UTF8 => all.encoding = StringEncoding::Utf8,
                CanonicalOption::UTF16 => all.encoding = StringEncoding::Utf16,
                CanonicalOption::CompactUTF16 => all.encoding = StringEncoding::CompactUtf16,
                CanonicalOption::Memory(index) => all.memory = Some(self.memory(index)),
                CanonicalOption::Realloc(index) => all.realloc = Some(CoreFuncIndex(index)),
                CanonicalOption::PostReturn(index) => all.post_return = Some(CoreFuncIndex(index)),
                CanonicalOption::Async => all.is_async = true,
                CanonicalOption::Callback(index) => all.callback = Some(CoreFuncIndex(index)),
                // The functions that are let through are the same without them.
                CanonicalOption::CoreType(_) | CanonicalOption::Gc => {}
            }
        }
        all
    }
}

pub(super) fn options_of(func: &F) -> &[CanonicalOption] {
    match func {
        F::Lift { options, .. }
        | F::Lower { options, .. }
        | F::TaskReturn { options, .. }
        | F::StreamRead { options, .. }
        | F::StreamWrite { options, .. }
        | F::FutureRead { options, .. }
        | F::FutureWrite { options, .. }
        | F::ErrorContextNew { options }
        | F::ErrorContextDebugMessage { options } => options,
        _ => &[],
    }
}
