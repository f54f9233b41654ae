//! The functions of shim modules, one by one: what each checks, calls and returns.
//!
//! Left to the runtime: everything with state. Left to the JS host: values. Names are the canonical
//! definitions' of `CanonicalABI.md`.

use wasm_encoder::ValType::{self, I32, I64};

use super::body::{Body, Buffer, Local};
use super::module::Module;
use super::spec::{EndCopy, EndKind, ShimFunc, ShimFuncKind, ThreadSwitch};
use crate::plan::{CoreType, Source};
use tidegate_abi::layout::PtrType;

/// Adds the function that `func` describes to `module`.
pub(super) fn define(module: &mut Module, func: &ShimFunc) {
    use ShimFuncKind as Kind;
    let inst = func.instance;
    let builtin = match &func.kind {
        Kind::Lowered {
            index,
            params,
            result,
            waits,
        } => {
            return lowered(module, inst, *index, params, *result, *waits);
        }
        Kind::TaskReturn {
            index,
            return_key,
            params,
        } => {
            return task_return(module, inst, *index, *return_key, params);
        }
        Kind::GuardedRealloc { core, ptr, enters } => {
            return realloc(module, inst, core, val_type(*ptr), *enters);
        }
        Kind::GuardedPostReturn { core, params } => {
            return post_return(module, inst, core, val_types(params));
        }
        Kind::Typed {
            core,
            params,
            result,
        } => return typed(module, inst, core, params, *result),
        Kind::WaitableSetPoll { ptr } => {
            return waitable_set_event(module, inst, "waitable_set_poll", *ptr);
        }
        Kind::WaitableSetWait { ptr } => {
            return waitable_set_event(module, inst, "waitable_set_wait", *ptr);
        }
        Kind::LiftGuard {
            core,
            params,
            result,
        } => return lift_guard(module, inst, core, params, *result),
        Kind::ThreadNewIndirect {
            table,
            index,
            context,
        } => return thread_new_indirect(module, inst, table, [*index, *context]),
        Kind::EndRead(copy) => return end_copy(module, inst, EndOp::Read, *copy),
        Kind::EndWrite(copy) => return end_copy(module, inst, EndOp::Write, *copy),
        Kind::TaskCancel => Builtin::new("task_cancel"),
        Kind::ContextGet { slot, is_64: false } => Builtin::new("context_get")
            .constant(*slot)
            .stays()
            .gives(I32),
        Kind::ContextSet { slot, is_64: false } => Builtin::new("context_set")
            .constant(*slot)
            .stays()
            .params(1),
        Kind::ContextGet { slot, is_64: true } => return context_get64(module, inst, *slot),
        Kind::ContextSet { slot, is_64: true } => return context_set64(module, inst, *slot),
        Kind::BackpressureInc => Builtin::new("backpressure_inc").stays().unobserving(),
        Kind::BackpressureDec => Builtin::new("backpressure_dec").stays().unobserving(),
        Kind::WaitableSetNew => Builtin::new("waitable_set_new").gives(I32),
        Kind::WaitableSetDrop => Builtin::new("waitable_set_drop").params(1),
        Kind::WaitableJoin => Builtin::new("waitable_join").params(2),
        Kind::SubtaskCancel { is_async } => Builtin::new("subtask_cancel")
            .flag(*is_async)
            .params(1)
            .gives(I32),
        Kind::SubtaskDrop => Builtin::new("subtask_drop").params(1),
        Kind::ResourceNew { resource } => Builtin::new("resource_new")
            .unobserving()
            .resource(*resource)
            .params(1)
            .gives(I32),
        Kind::ResourceRep { resource } => Builtin::new("resource_rep")
            .resource(*resource)
            .stays()
            .unobserving()
            .params(1)
            .gives(I32),
        Kind::ResourceDrop { resource } => {
            Builtin::new("resource_drop").resource(*resource).params(1)
        }
        Kind::EndNew { kind, element } => Builtin::end(*kind, EndOp::New, *element).gives(I64),
        Kind::EndCancelRead {
            kind,
            element,
            is_async,
        } => Builtin::end(*kind, EndOp::CancelRead, *element)
            .flag(*is_async)
            .params(1)
            .gives(I32),
        Kind::EndCancelWrite {
            kind,
            element,
            is_async,
        } => Builtin::end(*kind, EndOp::CancelWrite, *element)
            .flag(*is_async)
            .params(1)
            .gives(I32),
        Kind::EndForward { kind, element } => {
            Builtin::end(*kind, EndOp::Forward, *element).params(2)
        }
        Kind::ThreadYield => Builtin::new("thread_yield").gives(I32),
        Kind::ThreadIndex => Builtin::new("thread_index").gives(I32),
        Kind::ThreadSuspend => Builtin::new("thread_suspend").gives(I32),
        Kind::ThreadResumeLater => Builtin::new("thread_resume_later").params(1),
        Kind::ThreadSwitch(switch) => Builtin::new(switch.runtime_name()).params(1).gives(I32),
        Kind::EndDropReadable { kind, element } => {
            Builtin::end(*kind, EndOp::DropReadable, *element).params(1)
        }
        Kind::EndDropWritable { kind, element } => {
            Builtin::end(*kind, EndOp::DropWritable, *element).params(1)
        }
    };
    builtin.define(module, inst);
}

/// A function that is one call of the runtime: the instance, `operands`, then the parameters.
struct Builtin {
    name: &'static str,
    operands: Vec<Operand>,
    params: usize,
    result: Option<ValType>,
    checks_may_leave: bool,
    observes: bool,
}

/// What stands between the instance and the parameters.
enum Operand {
    /// A number of the store.
    Number(Source),
    /// A number known when the shim is made.
    Constant(u32),
}

impl Builtin {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            operands: Vec::new(),
            params: 0,
            result: None,
            checks_may_leave: true,
            observes: true,
        }
    }

    fn end(kind: EndKind, op: EndOp, element: u32) -> Self {
        Self::new(op.runtime_name(kind)).number(Source::ElementType { index: element })
    }

    /// It may be called while the instance may not leave.
    fn stays(mut self) -> Self {
        self.checks_may_leave = false;
        self
    }

    /// Neither which task is current matters to it, nor does it run a guest.
    fn unobserving(mut self) -> Self {
        self.observes = false;
        self
    }

    fn number(mut self, source: Source) -> Self {
        self.operands.push(Operand::Number(source));
        self
    }

    fn resource(self, index: u32) -> Self {
        self.number(Source::Resource { index })
    }

    fn constant(mut self, value: u32) -> Self {
        self.operands.push(Operand::Constant(value));
        self
    }

    fn flag(self, value: bool) -> Self {
        self.constant(u32::from(value))
    }

    fn params(mut self, count: usize) -> Self {
        self.params = count;
        self
    }

    fn gives(mut self, result: ValType) -> Self {
        self.result = Some(result);
        self
    }

    fn define(self, module: &mut Module, inst: u32) {
        let results = self.result.into_iter().collect();
        let mut body = Body::new(module, inst, vec![I32; self.params], results);
        if self.checks_may_leave {
            body.check_may_leave();
        }
        if self.observes {
            body.ensure_entered();
        }
        body.push_number(Source::Instance { index: inst });
        let count = 1 + self.operands.len() + self.params;
        for operand in self.operands {
            match operand {
                Operand::Number(source) => body.push_number(source),
                Operand::Constant(value) => {
                    body.ins().i32_const(value as i32);
                }
            }
        }
        body.push_params();
        body.call_runtime(self.name, count);
        match self.result {
            None => body.settle(),
            Some(ty) => {
                body.settle_value();
                body.push_step(ty);
            }
        }
        body.finish();
    }
}

/// The operations that streams and futures share.
#[derive(Clone, Copy)]
enum EndOp {
    New,
    Read,
    Write,
    CancelRead,
    CancelWrite,
    DropReadable,
    DropWritable,
    Forward,
}

impl EndOp {
    fn runtime_name(self, kind: EndKind) -> &'static str {
        use EndKind::{Future, Stream};
        match (kind, self) {
            (Stream, Self::New) => "stream_new",
            (Stream, Self::Read) => "stream_read",
            (Stream, Self::Write) => "stream_write",
            (Stream, Self::CancelRead) => "stream_cancel_read",
            (Stream, Self::CancelWrite) => "stream_cancel_write",
            (Stream, Self::DropReadable) => "stream_drop_readable",
            (Stream, Self::DropWritable) => "stream_drop_writable",
            (Stream, Self::Forward) => "stream_forward",
            (Future, Self::New) => "future_new",
            (Future, Self::Read) => "future_read",
            (Future, Self::Write) => "future_write",
            (Future, Self::CancelRead) => "future_cancel_read",
            (Future, Self::CancelWrite) => "future_cancel_write",
            (Future, Self::DropReadable) => "future_drop_readable",
            (Future, Self::DropWritable) => "future_drop_writable",
            (Future, Self::Forward) => "future_forward",
        }
    }
}

impl ThreadSwitch {
    fn runtime_name(self) -> &'static str {
        match self {
            Self::SuspendThenResume => "thread_suspend_then_resume",
            Self::SuspendThenPromote => "thread_suspend_then_promote",
            Self::YieldThenResume => "thread_yield_then_resume",
            Self::YieldThenPromote => "thread_yield_then_promote",
        }
    }
}

/// `canon lower` of a function that the host implements.
fn lowered(
    module: &mut Module,
    inst: u32,
    index: u32,
    params: &[CoreType],
    result: Option<CoreType>,
    waits: bool,
) {
    let results: Vec<_> = result.map(val_type).into_iter().collect();
    let mut body = Body::new(module, inst, val_types(params), results.clone());
    body.check_may_leave();
    // The host may call guests.
    body.ensure_entered();
    if waits {
        let fetch = result.map(|ty| (Source::Late { ty }, val_type(ty)));
        body.call_late_host(Source::Lowered { index }, fetch);
    } else {
        body.call_host(Source::Lowered { index }, &results);
    }
    body.finish();
}

/// The part of a lifted function that runs on a stack of its own. What becomes of the result is the
/// receiver's affair: it knows which call the stack is of.
fn lift_guard(
    module: &mut Module,
    inst: u32,
    core: &Source,
    params: &[CoreType],
    result: Option<CoreType>,
) {
    let results: Vec<_> = result.map(val_type).into_iter().collect();
    let mut body = Body::new(module, inst, val_types(params), vec![]);
    body.call_guest(core.clone(), &results);
    body.call_checked(Source::Done { ty: result }, &results, &[]);
    body.finish();
}

/// `canon {stream,future}.{read,write}`. The runtime is told of addresses as of i64, whatever they are.
fn end_copy(module: &mut Module, inst: u32, op: EndOp, copy: EndCopy) {
    let (end, ptr) = (Local(0), Local(1));
    let wide = pointer(copy.ptr);
    let (params, len, result) = match copy.kind {
        EndKind::Stream => (vec![I32, wide, wide], Some(Local(2)), wide),
        EndKind::Future => (vec![I32, wide], None, I32),
    };
    let mut body = Body::new(module, inst, params, vec![result]);
    body.check_may_leave();
    match copy.size {
        0 => len.into_iter().for_each(|len| body.check_length(len)),
        size => body.check_buffer(Buffer {
            ptr,
            len,
            size,
            align: copy.align,
        }),
    }
    body.ensure_entered();
    body.push_number(Source::Instance { index: inst });
    body.push_number(Source::ElementType {
        index: copy.element,
    });
    body.push_number(Source::Site { index: copy.site });
    body.ins()
        .i32_const(copy.size as i32)
        .i32_const(i32::from(copy.is_async))
        .local_get(end.0);
    body.push_wide(ptr);
    let mut operands = vec![I32, I32, I32, I32, I32, I32, I64];
    if let Some(len) = len {
        body.push_narrow(len);
        operands.push(I32);
    }
    body.call_raw(op.runtime_name(copy.kind), &operands);
    body.settle_value();
    body.push_step(result);
    body.finish();
}

/// `canon thread.new-indirect`. The runtime answers with the index for the guest and, in the upper
/// half, its own number of the thread, under which the function is kept.
fn thread_new_indirect(
    module: &mut Module,
    inst: u32,
    table: &Source,
    [index, context]: [PtrType; 2],
) {
    let (func, given) = (Local(0), Local(1));
    let params = vec![pointer(index), pointer(context)];
    let mut body = Body::new(module, inst, params, vec![I32]);
    body.check_may_leave();
    body.check_thread_start(table, func, pointer(context));
    body.ensure_entered();
    body.push_number(Source::Instance { index: inst });
    body.ins().local_get(given.0);
    let name = match context {
        PtrType::I32 => "thread_new",
        PtrType::I64 => "thread_new64",
    };
    body.call_raw(name, &[I32, pointer(context)]);
    body.settle_value();
    body.keep_thread_start(table, func);
    body.push_step(I32);
    body.finish();
}

/// `canon context.get i64`
fn context_get64(module: &mut Module, inst: u32, slot: u32) {
    let mut body = Body::new(module, inst, vec![], vec![I64]);
    body.ensure_entered();
    body.push_number(Source::Instance { index: inst });
    body.ins().i32_const(slot as i32);
    body.call_raw("context_get64", &[I32; 2]);
    body.finish();
}

/// `canon context.set i64`
fn context_set64(module: &mut Module, inst: u32, slot: u32) {
    let mut body = Body::new(module, inst, vec![I64], vec![]);
    body.ensure_entered();
    body.push_number(Source::Instance { index: inst });
    body.ins().i32_const(slot as i32);
    body.push_params();
    body.call_raw("context_set64", &[I32, I32, I64]);
    body.settle();
    body.finish();
}

/// `canon task.return`. The runtime checks and resolves; only then are the results read, by the return half of the call that a
/// guest has made, or by the host.
fn task_return(module: &mut Module, inst: u32, index: u32, return_key: u32, params: &[CoreType]) {
    let mut body = Body::new(module, inst, val_types(params), vec![]);
    body.check_may_leave();
    body.ensure_entered();
    body.push_number(Source::Instance { index: inst });
    body.ins().i32_const(return_key as i32);
    body.call_runtime("task_return", 2);
    body.settle_value();
    body.call_return_half();
    body.call_host(Source::Return { index }, &[]);
    body.finish();
}

/// `canon waitable-set.{wait,poll}`. As in the specification, a bad set is found before a bad pointer.
fn waitable_set_event(module: &mut Module, inst: u32, runtime: &str, addresses: PtrType) {
    let (set, ptr) = (Local(0), Local(1));
    let mut body = Body::new(module, inst, vec![I32, pointer(addresses)], vec![I32]);
    body.check_may_leave();
    body.ensure_entered();
    body.push_number(Source::Instance { index: inst });
    body.ins().local_get(set.0);
    body.call_runtime(runtime, 2);
    body.settle_value();
    body.store_pair(ptr, [0, 1]);
    body.push_step(I32);
    body.finish();
}

/// A guest's function as it is: importing it has the engine compare its type.
fn typed(
    module: &mut Module,
    inst: u32,
    core: &Source,
    params: &[CoreType],
    result: Option<CoreType>,
) {
    let results: Vec<_> = result.map(val_type).into_iter().collect();
    let mut body = Body::new(module, inst, val_types(params), results.clone());
    body.call_guest(core.clone(), &results);
    body.finish();
}

/// A guest's realloc function, during which the instance may not leave. When it traps the store is locked, so nothing has
/// to be restored.
fn realloc(module: &mut Module, inst: u32, core: &Source, ptr: ValType, enters: bool) {
    let mut body = Body::new(module, inst, vec![ptr; 4], vec![ptr]);
    body.set_may_leave(false);
    let call = |body: &mut Body| {
        body.catching(Some(ptr), |body| body.call_guest(core.clone(), &[ptr]));
    };
    match enters {
        true => body.entering(call),
        false => call(&mut body),
    }
    body.set_may_leave(true);
    body.finish();
}

/// A guest's post-return function, during which the instance may not leave.
fn post_return(module: &mut Module, inst: u32, core: &Source, params: Vec<ValType>) {
    let mut body = Body::new(module, inst, params, vec![]);
    body.set_may_leave(false);
    body.catching(None, |body| body.call_guest(core.clone(), &[]));
    body.set_may_leave(true);
    body.finish();
}

/// The core type of addresses.
pub(super) fn pointer(ptr: PtrType) -> ValType {
    match ptr {
        PtrType::I32 => I32,
        PtrType::I64 => I64,
    }
}

pub(super) fn val_types(types: &[CoreType]) -> Vec<ValType> {
    types.iter().copied().map(val_type).collect()
}

fn val_type(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
    }
}
