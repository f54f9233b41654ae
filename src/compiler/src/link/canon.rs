//! Executes canonical definitions: what they make is described here and emitted on use.

use tidegate_abi::layout::{Call, PtrType};

use super::adapt::Pairing;
use super::entity::{
    CanonId, CoreExport, CoreFunc, FrameId, Func, FuncKind, FuncTypeId, InstanceNumber, Lift,
    Options, Type,
};
use super::shims::{Callee, CanonFunc, CanonKind, Copy};
use super::types::core_type;
use super::{Linker, dangling, item};
use crate::emit::{self, ShimFuncKind, ThreadSwitch};
use crate::error::Result;
use crate::model::{
    Canon, CanonOptions, ContextSlot, CoreFuncIndex, EndKind, EndOp, FuncIndex, Memory, Primitive,
    ThreadFrom, ThreadTo, TypeIndex, ValRef,
};

impl<'a> Linker<'a> {
    /// Adds a component function (`lift`) or a core function (all others).
    pub(super) fn canon(&mut self, frame: FrameId, canon: &Canon) -> Result<()> {
        let kind = match canon {
            Canon::Lift { core, ty, options } => return self.lift(frame, *core, *ty, options),
            Canon::Lower { func, options } => self.lower(frame, *func, options)?,
            Canon::TaskReturn { result, options } => self.task_return(frame, *result, options)?,
            Canon::End { kind, ty, op } => self.end(frame, *kind, *ty, op)?,
            Canon::ResourceNew(ty) => {
                let resource = self.resource_at(frame, *ty)?.0;
                CanonKind::BuiltIn(ShimFuncKind::ResourceNew { resource })
            }
            Canon::ResourceDrop(ty) => {
                let resource = self.resource_at(frame, *ty)?.0;
                CanonKind::BuiltIn(ShimFuncKind::ResourceDrop { resource })
            }
            Canon::ResourceRep(ty) => {
                let resource = self.resource_at(frame, *ty)?.0;
                CanonKind::BuiltIn(ShimFuncKind::ResourceRep { resource })
            }
            Canon::WaitableSetPoll { memory } => {
                CanonKind::Poll(self.memory(frame, *memory)?, ptr_type(*memory))
            }
            Canon::BackpressureInc => CanonKind::BuiltIn(ShimFuncKind::BackpressureInc),
            Canon::BackpressureDec => CanonKind::BuiltIn(ShimFuncKind::BackpressureDec),
            Canon::TaskCancel => CanonKind::BuiltIn(ShimFuncKind::TaskCancel),
            Canon::ContextGet(ContextSlot { slot, is_64 }) => {
                CanonKind::BuiltIn(ShimFuncKind::ContextGet {
                    slot: *slot,
                    is_64: *is_64,
                })
            }
            Canon::ContextSet(ContextSlot { slot, is_64 }) => {
                CanonKind::BuiltIn(ShimFuncKind::ContextSet {
                    slot: *slot,
                    is_64: *is_64,
                })
            }
            Canon::SubtaskCancel { is_async } => CanonKind::BuiltIn(ShimFuncKind::SubtaskCancel {
                is_async: *is_async,
            }),
            Canon::SubtaskDrop => CanonKind::BuiltIn(ShimFuncKind::SubtaskDrop),
            Canon::WaitableSetNew => CanonKind::BuiltIn(ShimFuncKind::WaitableSetNew),
            Canon::WaitableSetDrop => CanonKind::BuiltIn(ShimFuncKind::WaitableSetDrop),
            Canon::WaitableJoin => CanonKind::BuiltIn(ShimFuncKind::WaitableJoin),
            Canon::WaitableSetWait { memory } => {
                CanonKind::Wait(self.memory(frame, *memory)?, ptr_type(*memory))
            }
            Canon::ThreadYield => CanonKind::BuiltIn(ShimFuncKind::ThreadYield),
            Canon::ThreadIndex => CanonKind::BuiltIn(ShimFuncKind::ThreadIndex),
            Canon::ThreadSuspend => CanonKind::BuiltIn(ShimFuncKind::ThreadSuspend),
            Canon::ThreadResumeLater => CanonKind::BuiltIn(ShimFuncKind::ThreadResumeLater),
            Canon::ThreadSwitch { from, to } => {
                CanonKind::BuiltIn(ShimFuncKind::ThreadSwitch(match (from, to) {
                    (ThreadFrom::Suspend, ThreadTo::Resume) => ThreadSwitch::SuspendThenResume,
                    (ThreadFrom::Suspend, ThreadTo::Promote) => ThreadSwitch::SuspendThenPromote,
                    (ThreadFrom::Yield, ThreadTo::Resume) => ThreadSwitch::YieldThenResume,
                    (ThreadFrom::Yield, ThreadTo::Promote) => ThreadSwitch::YieldThenPromote,
                }))
            }
            Canon::ThreadNewIndirect {
                table,
                table64,
                context64,
            } => {
                let table = item(&self.frame(frame).core_tables, table.0, "core table")?;
                CanonKind::BuiltIn(ShimFuncKind::ThreadNewIndirect {
                    table: table.source(),
                    index: wide(*table64),
                    context: wide(*context64),
                })
            }
            Canon::ErrorContextNew(options) => {
                let types = (Primitive::String, Some(Primitive::ErrorContext));
                self.host_builtin(frame, "error-context.new", types, options)?
            }
            Canon::ErrorContextDebugMessage(options) => {
                let types = (Primitive::ErrorContext, Some(Primitive::String));
                self.host_builtin(frame, "error-context.debug-message", types, options)?
            }
            Canon::ErrorContextDrop(options) => {
                let types = (Primitive::U32, None);
                self.host_builtin(frame, "error-context.drop", types, options)?
            }
        };
        let instance = self.number(frame);
        let id = self.new_canon(instance, kind);
        self.frame(frame).core_funcs.push(CoreFunc::Canon(id));
        Ok(())
    }

    pub(super) fn new_canon(&mut self, instance: InstanceNumber, kind: CanonKind<'a>) -> CanonId {
        self.canons.push(CanonFunc {
            instance,
            kind,
            state: super::shims::State::Unused,
        });
        CanonId(self.canons.len() as u32 - 1)
    }

    fn options(&mut self, frame: FrameId, options: &CanonOptions) -> Result<Options<'a>> {
        let instance = self.number(frame);
        let memory = options.memory.map(|memory| self.memory(frame, memory));
        let ptr = options.memory.map(ptr_type).unwrap_or_default();
        self.types.want(ptr);
        let scope = self.frame(frame);
        let realloc = options
            .realloc
            .map(|i| item(&scope.core_funcs, i.0, "core function"));
        Ok(Options {
            instance,
            encoding: options.encoding,
            memory: memory.transpose()?,
            ptr,
            realloc: realloc.transpose()?,
        })
    }

    fn memory(&mut self, frame: FrameId, memory: Memory) -> Result<CoreExport<'a>> {
        item(
            &self.frame(frame).core_memories,
            memory.index.0,
            "core memory",
        )
    }

    fn core_func(&mut self, frame: FrameId, index: CoreFuncIndex) -> Result<CoreFunc<'a>> {
        item(&self.frame(frame).core_funcs, index.0, "core function")
    }

    fn lift(
        &mut self,
        frame: FrameId,
        core: CoreFuncIndex,
        ty: TypeIndex,
        options: &CanonOptions,
    ) -> Result<()> {
        let Type::Func(ty) = self.type_at(frame, ty)? else {
            return Err(dangling("function type"));
        };
        let core = self.core_func(frame, core)?;
        let options_ = self.options(frame, options)?;
        let call = lift_call(options.is_async, options.callback.is_some());
        let lift = Lift {
            core: self.typed(core, &options_, ty, call),
            options: options_,
            post_return: options
                .post_return
                .map(|i| self.core_func(frame, i))
                .transpose()?,
            is_async: options.is_async,
            callback: options
                .callback
                .map(|i| self.core_func(frame, i))
                .transpose()?,
        };
        let func = self.new_func(Func {
            ty,
            name: None,
            kind: FuncKind::Lifted(lift),
        });
        self.frame(frame).funcs.push(func);
        Ok(())
    }

    /// The function, with its type checked by the engine where nobody else has.
    fn typed(
        &mut self,
        core: CoreFunc<'a>,
        options: &Options<'a>,
        ty: FuncTypeId,
        call: Call,
    ) -> CoreFunc<'a> {
        if !self.is_promised(core) {
            return core;
        }
        let signature = self.types.signature(ty, call, options.ptr);
        let kind = CanonKind::Typed {
            core,
            params: signature.params.into_iter().map(core_type).collect(),
            result: signature.result.map(core_type),
        };
        CoreFunc::Canon(self.new_canon(options.instance, kind))
    }

    fn lower(
        &mut self,
        frame: FrameId,
        func: FuncIndex,
        options: &CanonOptions,
    ) -> Result<CanonKind<'a>> {
        let id = item(&self.frame(frame).funcs, func.0, "function")?;
        let func = self
            .funcs
            .get(id.0 as usize)
            .ok_or_else(|| dangling("function"))?;
        let ty = func.ty;
        let kind = func.kind.clone();
        let lower = self.options(frame, options)?;
        let is_async = options.is_async;
        Ok(match kind {
            FuncKind::Imported { path } => CanonKind::Lower {
                callee: Callee::Host(path),
                ty,
                is_async,
                options: lower,
            },
            FuncKind::Lifted(lift) => CanonKind::Adapter(Pairing {
                func: id,
                lower,
                is_async,
                lift,
            }),
        })
    }

    /// A built-in that the JS host has: for shims an import of a function with these types.
    fn host_builtin(
        &mut self,
        frame: FrameId,
        name: &'static str,
        (param, result): (Primitive, Option<Primitive>),
        options: &CanonOptions,
    ) -> Result<CanonKind<'a>> {
        let param = self.types.primitive(param)?;
        let result = result.map(|ty| self.types.primitive(ty)).transpose()?;
        let params = vec![("of".to_owned(), param)];
        let options = self.options(frame, options)?;
        Ok(CanonKind::Lower {
            callee: Callee::BuiltIn(name),
            ty: self.types.function(params, result, false)?,
            is_async: false,
            options,
        })
    }

    fn task_return(
        &mut self,
        frame: FrameId,
        result: Option<ValRef>,
        options: &CanonOptions,
    ) -> Result<CanonKind<'a>> {
        let result = result.map(|ty| self.value_at(frame, ty)).transpose()?;
        Ok(CanonKind::TaskReturn {
            result,
            options: self.options(frame, options)?,
        })
    }

    fn end(
        &mut self,
        frame: FrameId,
        kind: EndKind,
        ty: TypeIndex,
        op: &EndOp,
    ) -> Result<CanonKind<'a>> {
        let Type::Value(ty) = self.type_at(frame, ty)? else {
            return Err(dangling("stream or future type"));
        };
        let id = self
            .types
            .element_of(ty)
            .ok_or_else(|| dangling("element type"))?;
        let element = id.0;
        let kind = match kind {
            EndKind::Stream => emit::EndKind::Stream,
            EndKind::Future => emit::EndKind::Future,
        };
        Ok(CanonKind::BuiltIn(match *op {
            EndOp::Forward => ShimFuncKind::EndForward { kind, element },
            EndOp::New => ShimFuncKind::EndNew { kind, element },
            EndOp::Read(ref options) => {
                let is_async = options.is_async;
                let options = self.options(frame, options)?;
                return Ok(CanonKind::Copy(Copy {
                    kind,
                    is_read: true,
                    is_async,
                    element: id,
                    options,
                }));
            }
            EndOp::Write(ref options) => {
                let is_async = options.is_async;
                let options = self.options(frame, options)?;
                return Ok(CanonKind::Copy(Copy {
                    kind,
                    is_read: false,
                    is_async,
                    element: id,
                    options,
                }));
            }
            EndOp::CancelRead { is_async } => ShimFuncKind::EndCancelRead {
                kind,
                element,
                is_async,
            },
            EndOp::CancelWrite { is_async } => ShimFuncKind::EndCancelWrite {
                kind,
                element,
                is_async,
            },
            EndOp::DropReadable => ShimFuncKind::EndDropReadable { kind, element },
            EndOp::DropWritable => ShimFuncKind::EndDropWritable { kind, element },
        }))
    }

    /// Makes the guard of a post-return function: it takes what `core` returns.
    pub(super) fn post_return_guard(
        &mut self,
        options: &Options<'a>,
        ty: FuncTypeId,
        core: CoreFunc<'a>,
    ) -> CanonId {
        let signature = self.types.signature(ty, Call::LiftSync, options.ptr);
        let params = signature.result.into_iter().map(core_type).collect();
        self.new_canon(options.instance, CanonKind::PostReturn { core, params })
    }
}

fn ptr_type(memory: Memory) -> PtrType {
    wide(memory.is_64)
}

fn wide(is_64: bool) -> PtrType {
    if is_64 { PtrType::I64 } else { PtrType::I32 }
}

/// How a function is lifted whose options these are.
pub(super) fn lift_call(is_async: bool, has_callback: bool) -> Call {
    match (is_async, has_callback) {
        (false, _) => Call::LiftSync,
        (true, true) => Call::LiftCallback,
        (true, false) => Call::LiftStackful,
    }
}
