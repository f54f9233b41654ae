//! Canonical definitions: those that are built, and the refusal of those that are not.

use wasmparser::{CanonicalFunction as F, CanonicalOption};

use super::types::val_ref;
use crate::error::{CompileError, Result};
use crate::model::{
    Canon, CanonOptions, CoreFuncIndex, CoreMemoryIndex, EndKind, EndOp, FuncIndex, TypeIndex,
};
use crate::plan::StringEncoding;

/// Why blocking forms wait: they need stack switching.
const BLOCKS: &str = "it blocks the guest's stack";
const GATED: &str = "it is a gated feature of the Component Model";

/// One item of a canonical section.
pub(super) fn canon(func: F, offset: u64) -> Result<Canon> {
    use EndKind::{Future, Stream};
    let refuse = |name: &str, why: &str| Err(CompileError::unsupported(name, why, offset));
    let end = |kind, ty, op| {
        Ok(Canon::End {
            kind,
            ty: TypeIndex(ty),
            op,
        })
    };
    Ok(match func {
        F::Lift {
            core_func_index,
            type_index,
            options,
        } => {
            let options = canon_options(&options, offset)?;
            if options.is_async && options.callback.is_none() {
                return refuse("canon lift with async but no callback", GATED);
            }
            Canon::Lift {
                core: CoreFuncIndex(core_func_index),
                ty: TypeIndex(type_index),
                options,
            }
        }
        F::Lower {
            func_index,
            options,
        } => Canon::Lower {
            func: FuncIndex(func_index),
            options: canon_options(&options, offset)?,
        },
        F::ResourceNew { resource } => Canon::ResourceNew(TypeIndex(resource)),
        F::ResourceDrop { resource } => Canon::ResourceDrop(TypeIndex(resource)),
        F::ResourceRep { resource } => Canon::ResourceRep(TypeIndex(resource)),
        F::BackpressureInc => Canon::BackpressureInc,
        F::BackpressureDec => Canon::BackpressureDec,
        F::TaskReturn { result, options } => Canon::TaskReturn {
            result: result.map(|ty| val_ref(ty, offset)).transpose()?,
            options: canon_options(&options, offset)?,
        },
        F::TaskCancel => Canon::TaskCancel,
        F::ContextGet { ty: _, slot } => Canon::ContextGet(slot),
        F::ContextSet { ty: _, slot } => Canon::ContextSet(slot),
        F::SubtaskCancel { async_ } => Canon::SubtaskCancel { is_async: async_ },
        F::SubtaskDrop => Canon::SubtaskDrop,
        F::WaitableSetNew => Canon::WaitableSetNew,
        F::WaitableSetPoll { memory } => Canon::WaitableSetPoll {
            memory: CoreMemoryIndex(memory),
        },
        F::WaitableSetDrop => Canon::WaitableSetDrop,
        F::WaitableJoin => Canon::WaitableJoin,

        F::StreamNew { ty } => return end(Stream, ty, EndOp::New),
        F::StreamRead { ty, options } => {
            return end(
                Stream,
                ty,
                EndOp::Read(copy_options("stream.read", &options, offset)?),
            );
        }
        F::StreamWrite { ty, options } => {
            return end(
                Stream,
                ty,
                EndOp::Write(copy_options("stream.write", &options, offset)?),
            );
        }
        F::StreamCancelRead { ty, async_ } => {
            return end(Stream, ty, EndOp::CancelRead { is_async: async_ });
        }
        F::StreamCancelWrite { ty, async_ } => {
            return end(Stream, ty, EndOp::CancelWrite { is_async: async_ });
        }
        F::StreamDropReadable { ty } => return end(Stream, ty, EndOp::DropReadable),
        F::StreamDropWritable { ty } => return end(Stream, ty, EndOp::DropWritable),
        F::FutureNew { ty } => return end(Future, ty, EndOp::New),
        F::FutureRead { ty, options } => {
            return end(
                Future,
                ty,
                EndOp::Read(copy_options("future.read", &options, offset)?),
            );
        }
        F::FutureWrite { ty, options } => {
            return end(
                Future,
                ty,
                EndOp::Write(copy_options("future.write", &options, offset)?),
            );
        }
        F::FutureCancelRead { ty, async_ } => {
            return end(Future, ty, EndOp::CancelRead { is_async: async_ });
        }
        F::FutureCancelWrite { ty, async_ } => {
            return end(Future, ty, EndOp::CancelWrite { is_async: async_ });
        }
        F::FutureDropReadable { ty } => return end(Future, ty, EndOp::DropReadable),
        F::FutureDropWritable { ty } => return end(Future, ty, EndOp::DropWritable),

        F::WaitableSetWait { .. } => return refuse("waitable-set.wait", BLOCKS),
        F::ThreadYield => return refuse("thread.yield", BLOCKS),
        F::StreamForward { .. } => return refuse("stream.forward", GATED),
        F::FutureForward { .. } => return refuse("future.forward", GATED),
        F::ErrorContextNew { .. } => return refuse("error-context.new", GATED),
        F::ErrorContextDebugMessage { .. } => return refuse("error-context.debug-message", GATED),
        F::ErrorContextDrop => return refuse("error-context.drop", GATED),
        F::ThreadIndex => return refuse("thread.index", GATED),
        F::ThreadNewIndirect { .. } => return refuse("thread.new-indirect", GATED),
        F::ThreadResumeLater => return refuse("thread.resume-later", GATED),
        F::ThreadSuspend => return refuse("thread.suspend", GATED),
        F::ThreadSuspendThenResume => return refuse("thread.suspend-then-resume", GATED),
        F::ThreadYieldThenResume => return refuse("thread.yield-then-resume", GATED),
        F::ThreadSuspendThenPromote => return refuse("thread.suspend-then-promote", GATED),
        F::ThreadYieldThenPromote => return refuse("thread.yield-then-promote", GATED),
        F::ThreadSpawnRef { .. } => return refuse("thread.spawn-ref", GATED),
        F::ThreadSpawnIndirect { .. } => return refuse("thread.spawn-indirect", GATED),
        F::ThreadAvailableParallelism => {
            return refuse("thread.available-parallelism", GATED);
        }
    })
}

/// Options of a read or write, which have to be async.
fn copy_options(name: &str, options: &[CanonicalOption], offset: u64) -> Result<CanonOptions> {
    let options = canon_options(options, offset)?;
    if !options.is_async {
        return Err(CompileError::unsupported(
            &format!("{name} without async"),
            BLOCKS,
            offset,
        ));
    }
    Ok(options)
}

/// Collects options; validation excludes duplicates and conflicts.
fn canon_options(options: &[CanonicalOption], offset: u64) -> Result<CanonOptions> {
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
            CanonicalOption::Memory(index) => all.memory = Some(CoreMemoryIndex(index)),
            CanonicalOption::Realloc(index) => all.realloc = Some(CoreFuncIndex(index)),
            CanonicalOption::PostReturn(index) => all.post_return = Some(CoreFuncIndex(index)),
            CanonicalOption::Async => all.is_async = true,
            CanonicalOption::Callback(index) => all.callback = Some(CoreFuncIndex(index)),
            CanonicalOption::CoreType(_) => {
                return Err(CompileError::unsupported(
                    "canonical option core-type",
                    GATED,
                    offset,
                ));
            }
            CanonicalOption::Gc => {
                return Err(CompileError::unsupported(
                    "canonical option gc",
                    GATED,
                    offset,
                ));
            }
        }
    }
    Ok(all)
}
