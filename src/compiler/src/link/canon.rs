//! Executes canonical definitions: what they make is described here and emitted on use.

use tidegate_abi::layout::Call;

use super::entity::{
    CanonId, CoreFunc, FrameId, Func, FuncKind, InstanceNumber, Lift, Options, Type,
};
use super::shims::{Callee, CanonFunc, CanonKind, Copy};
use super::types::core_type;
use super::{Linker, dangling, item};
use crate::emit::{self, ShimFuncKind};
use crate::error::{CompileError, Result};
use crate::model::{
    Canon, CanonOptions, CoreFuncIndex, EndKind, EndOp, FuncIndex, TypeIndex, ValRef,
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
            Canon::WaitableSetPoll { memory } => CanonKind::Poll(item(
                &self.frame(frame).core_memories,
                memory.0,
                "core memory",
            )?),
            Canon::BackpressureInc => CanonKind::BuiltIn(ShimFuncKind::BackpressureInc),
            Canon::BackpressureDec => CanonKind::BuiltIn(ShimFuncKind::BackpressureDec),
            Canon::TaskCancel => CanonKind::BuiltIn(ShimFuncKind::TaskCancel),
            Canon::ContextGet(slot) => CanonKind::BuiltIn(ShimFuncKind::ContextGet { slot: *slot }),
            Canon::ContextSet(slot) => CanonKind::BuiltIn(ShimFuncKind::ContextSet { slot: *slot }),
            Canon::SubtaskCancel { is_async } => CanonKind::BuiltIn(ShimFuncKind::SubtaskCancel {
                is_async: *is_async,
            }),
            Canon::SubtaskDrop => CanonKind::BuiltIn(ShimFuncKind::SubtaskDrop),
            Canon::WaitableSetNew => CanonKind::BuiltIn(ShimFuncKind::WaitableSetNew),
            Canon::WaitableSetDrop => CanonKind::BuiltIn(ShimFuncKind::WaitableSetDrop),
            Canon::WaitableJoin => CanonKind::BuiltIn(ShimFuncKind::WaitableJoin),
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
        let scope = self.frame(frame);
        let memory = options
            .memory
            .map(|i| item(&scope.core_memories, i.0, "core memory"));
        let realloc = options
            .realloc
            .map(|i| item(&scope.core_funcs, i.0, "core function"));
        Ok(Options {
            instance,
            encoding: options.encoding,
            memory: memory.transpose()?,
            realloc: realloc.transpose()?,
        })
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
        let lift = Lift {
            core: self.core_func(frame, core)?,
            options: self.options(frame, options)?,
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
        let callee = match &func.kind {
            FuncKind::Imported { path } => Callee::Host(path.clone()),
            FuncKind::Lifted(_) => Callee::Guest(id),
        };
        if self.types.func(ty).is_async && !options.is_async {
            return Err(CompileError::unsupported(
                "canon lower of an async function without async",
                "it blocks the guest's stack",
                self.offset,
            ));
        }
        let options_ = self.options(frame, options)?;
        Ok(CanonKind::Lower {
            callee,
            ty,
            is_async: options.is_async,
            options: options_,
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
            EndOp::New => ShimFuncKind::EndNew { kind, element },
            EndOp::Read(ref options) => {
                let options = self.options(frame, options)?;
                return Ok(CanonKind::Copy(Copy {
                    kind,
                    is_read: true,
                    element: id,
                    options,
                }));
            }
            EndOp::Write(ref options) => {
                let options = self.options(frame, options)?;
                return Ok(CanonKind::Copy(Copy {
                    kind,
                    is_read: false,
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
        instance: InstanceNumber,
        ty: super::entity::FuncTypeId,
        core: CoreFunc<'a>,
    ) -> CanonId {
        let signature = self.types.signature(ty, Call::LiftSync);
        let params = signature.result.into_iter().map(core_type).collect();
        self.new_canon(instance, CanonKind::PostReturn { core, params })
    }
}
