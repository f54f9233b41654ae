//! Adapters of calls that may take their time. Spec: `canon_lower` and `canon_lift`; `on_start` and `on_resolve` are functions here.
//!
//! The runtime says how a call begins, and is told where it has got to: see "Calls between guests" in ARCHITECTURE.md. The
//! parameters are translated when the callee starts and not before. Until then, if it is not at once, the caller's core
//! parameters are in the runtime's stash.

use wasm_encoder::{BlockType, ValType};

use tidegate_abi::layout::Call;
use tidegate_abi::limits::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};

use super::call::Given;
use super::emitter::Emitter;
use super::func::{Func, Local};
use super::memory::extend;
use super::{Adapter, CallSite};
use crate::emit::module::OwnFunc;
use crate::plan::Source;

/// An adapter with its call site.
type Sited<'a> = (&'a Adapter, &'a CallSite);

impl Emitter<'_> {
    /// The caller's side, after the check whether it may leave.
    pub(super) fn site_call(&mut self, f: &mut Func, n: usize, of: Sited<'_>, given: &Given) {
        let (adapter, site) = of;
        let carried = carried(site, given);
        let start = self.start(of, given);
        if site.has_start_half() {
            self.start_half(n, start, &carried);
        }
        if site.has_return_half() {
            self.return_half(n, adapter);
        }
        let [answer, subtask] = [f.local(ValType::I32), f.local(ValType::I32)];
        self.ensure_entered(f, adapter.caller);
        self.push_number(f, Source::CallSite { index: site.index });
        match given.retptr {
            Some(retptr) => {
                f.get(retptr);
                extend(f, retptr.ty);
            }
            None => {
                f.ins().i64_const(0);
            }
        }
        let params = [ValType::I32, ValType::I64];
        self.call_import(f, runtime("guest_call"), &params, &[ValType::I64]);
        let step = self.settle_value(f);
        f.ins()
            .local_get(step.index)
            .i32_wrap_i64()
            .local_set(answer.index)
            .local_get(step.index)
            .i64_const(32)
            .i64_shr_u()
            .i32_wrap_i64()
            .local_set(subtask.index);
        if site.has_start_half() {
            self.later(f, (answer, subtask), &carried);
        }
        f.get_all(&[subtask, subtask]);
        f.get_all(&carried);
        f.call(start);
        self.call_runtime(f, "guest_leave", 2, ValType::I64);
        if site.has_start_half() {
            f.ins().end();
        }
        self.settle(f);
        if !site.is_async {
            f.ins().drop();
            self.take_result(f, adapter, subtask);
        }
    }

    /// Opens a block with a step as its result: what to do when the callee does not enter at once, and an `else`.
    fn later(&mut self, f: &mut Func, (answer, subtask): (Local, Local), carried: &[Local]) {
        let step = BlockType::Result(ValType::I64);
        f.get(answer);
        f.ins().if_(step);
        self.put_aside(f, subtask, carried);
        f.get(answer);
        f.ins().i32_const(SPAWNS).i32_eq().if_(step);
        f.get(subtask);
        self.call_runtime(f, "guest_spawn", 1, ValType::I64);
        f.ins().else_();
        f.get(subtask);
        self.call_runtime(f, "guest_wait", 1, ValType::I64);
        f.ins().end().else_();
    }

    /// `(subtask, carried..) -> packed`: the callee enters, which is the current one by now. Spec: `on_start`, the call of the
    /// core function and, where it gives the result, `on_resolve`.
    fn start(&mut self, (adapter, site): Sited<'_>, given: &Given) -> OwnFunc {
        let mut types = vec![ValType::I32];
        types.extend(carried(site, given).iter().map(|local| local.ty));
        self.module.name_next("adapter: start".to_owned());
        let func = self.module.declare(&types, &[ValType::I32]);
        let (mut f, locals) = Func::new(&types);
        let subtask = locals[0];
        let params = given.params.len();
        f.subtask = Some(subtask);
        let params = self.move_params(&mut f, adapter, &locals[1..=params]);
        let core = self.call_core(&mut f, adapter, &params, site.lift);
        match site.lift {
            Call::LiftCallback => f.get_all(&core),
            Call::LiftSync => {
                let retptr = given.retptr.and(locals.last().copied());
                let flat = self.move_result(&mut f, adapter, (&core, MAX_FLAT_RESULTS), retptr);
                self.put_aside(&mut f, subtask, &flat);
                f.get(subtask);
                self.report(&mut f, "guest_returned", 1);
                f.ins().drop();
                self.post_return(&mut f, adapter, &core);
                f.ins().i32_const(0);
            }
            _ => {
                f.ins().i32_const(0);
            }
        }
        f.finish(&mut self.module, func);
        func
    }

    /// `(subtask) -> ()`: a call that has waited starts.
    fn start_half(&mut self, n: usize, start: OwnFunc, carried: &[Local]) {
        self.module.name_next("adapter: start half".to_owned());
        let func = self.module.declare(&[ValType::I32], &[]);
        self.module.export_as(format!("start{n}"), func);
        let (mut f, params) = Func::new(&[ValType::I32]);
        let subtask = params[0];
        f.get(subtask);
        self.report(&mut f, "guest_started", 1);
        f.ins().drop();
        f.get(subtask);
        for (i, local) in (0..).zip(carried) {
            self.take_word(&mut f, subtask, i, local.ty);
        }
        f.call(start);
        self.report(&mut f, "guest_core_done", 1);
        f.ins().drop();
        f.finish(&mut self.module, func);
    }

    /// `(flat result.., subtask) -> ()`: the callee has called `task.return`. Spec: `on_resolve`.
    fn return_half(&mut self, n: usize, adapter: &Adapter) {
        let mut types = match adapter.result {
            Some(ty) => self.flat_or_pointer(ty, MAX_FLAT_PARAMS, adapter.callee),
            None => Vec::new(),
        };
        types.push(ValType::I32);
        self.module.name_next("adapter: return half".to_owned());
        let func = self.module.declare(&types, &[]);
        self.module.export_as(format!("return{n}"), func);
        let (mut f, locals) = Func::new(&types);
        let [core @ .., subtask] = &locals[..] else {
            unreachable!("there is one at least")
        };
        let in_memory = self.result_in_memory(adapter);
        let retptr = in_memory.then(|| self.retptr(&mut f, adapter, *subtask));
        let flat = self.move_result(&mut f, adapter, (core, MAX_FLAT_PARAMS), retptr);
        self.put_aside(&mut f, *subtask, &flat);
        f.finish(&mut self.module, func);
    }

    /// Where the caller wants the result, in a local.
    fn retptr(&mut self, f: &mut Func, adapter: &Adapter, subtask: Local) -> Local {
        let local = f.local(self.pointer(adapter.caller));
        f.get(subtask);
        self.call_runtime(f, "guest_retptr", 1, ValType::I64);
        if local.ty == ValType::I32 {
            f.ins().i32_wrap_i64();
        }
        f.set(local);
        local
    }

    /// Pushes the flat result of a call that is lowered without `async`.
    fn take_result(&mut self, f: &mut Func, adapter: &Adapter, subtask: Local) {
        if let Some(ty) = adapter.result
            && !self.result_in_memory(adapter)
        {
            let flat = self.flat(ty, adapter.caller);
            for (i, ty) in (0..).zip(flat) {
                self.take_word(f, subtask, i, ty);
            }
        }
    }

    /// Calls a function of the runtime that takes so many `i32`, and leaves what it answers in the end.
    fn report(&mut self, f: &mut Func, name: &str, operands: usize) {
        self.call_runtime(f, name, operands, ValType::I64);
        self.settle(f);
    }

    /// Puts values into the stash of a call, from its first word on.
    fn put_aside(&mut self, f: &mut Func, subtask: Local, values: &[Local]) {
        for (i, &value) in (0..).zip(values) {
            f.get(subtask);
            f.ins().i32_const(i);
            f.get(value);
            let mut ins = f.ins();
            match value.ty {
                ValType::I32 => ins.i64_extend_i32_u(),
                ValType::F32 => ins.i32_reinterpret_f32().i64_extend_i32_u(),
                ValType::F64 => ins.i64_reinterpret_f64(),
                _ => &mut ins,
            };
            let params = [ValType::I32, ValType::I32, ValType::I64];
            self.call_import(f, runtime("guest_stash"), &params, &[]);
        }
    }

    /// Pushes a word of the stash.
    fn take_word(&mut self, f: &mut Func, subtask: Local, i: i32, ty: ValType) {
        f.get(subtask);
        f.ins().i32_const(i);
        self.call_runtime(f, "guest_unstash", 2, ValType::I64);
        let mut ins = f.ins();
        match ty {
            ValType::I32 => ins.i32_wrap_i64(),
            ValType::F32 => ins.i32_wrap_i64().f32_reinterpret_i32(),
            ValType::F64 => ins.f64_reinterpret_i64(),
            _ => &mut ins,
        };
    }
}

/// What of the caller's core parameters the start of a call needs.
fn carried(site: &CallSite, given: &Given) -> Vec<Local> {
    // A function that returns by `task.return` has no result before.
    let retptr = given.retptr.filter(|_| !site.has_return_half());
    given.params.iter().copied().chain(retptr).collect()
}

fn runtime(name: &str) -> Source {
    Source::Runtime {
        name: name.to_owned(),
    }
}

/// What the runtime answers a call that needs a stack of its own; one that has to wait gets 1, and 0 one that may enter.
const SPAWNS: i32 = 2;
