//! Whole adapters: `canon lower` and `canon lift` in one. Here is what all of them have in common, and the shape of those whose
//! call is over when it returns; the others are in `site`.

use wasm_encoder::{BlockType, ValType};

use tidegate_abi::code::TrapCode;
use tidegate_abi::layout::Call;
use tidegate_abi::limits::{MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};

use super::emitter::Emitter;
use super::func::{Func, Local};
use super::traits::MAX_INLINE;
use super::value::{Place, Route};
use super::{Adapter, CallSite, Direction, Shape, SideId};
use crate::plan::Source;

/// Parameters and results are translated in line up to this weight.
const MAX_ROOT: u32 = 4 * MAX_INLINE;

/// The core parameters of a lowered function.
pub(super) struct Given {
    pub(super) params: Vec<Local>,
    pub(super) retptr: Option<Local>,
}

impl Emitter<'_> {
    /// The adapter's function, number `n` of the module.
    pub(super) fn adapter(&mut self, n: usize, adapter: &Adapter) {
        let mut types = self.lowered_params(adapter);
        let result_in_memory = self.result_in_memory(adapter);
        types.extend(result_in_memory.then(|| self.pointer(adapter.caller)));
        let results = match (&adapter.shape, adapter.result) {
            (Shape::Site(CallSite { is_async: true, .. }), _) => vec![ValType::I32],
            (_, Some(ty)) if !result_in_memory => self.flat(ty, adapter.caller),
            _ => Vec::new(),
        };
        self.module.name_next("adapter".to_owned());
        let func = self.module.export(&types, &results);
        let (mut f, mut params) = Func::new(&types);
        let retptr = match result_in_memory {
            true => params.pop(),
            false => None,
        };
        let given = Given { params, retptr };
        self.check_may_leave(&mut f, adapter);
        match &adapter.shape {
            Shape::Direct { enters } => self.direct_call(&mut f, adapter, *enters, &given),
            Shape::Site(site) => self.site_call(&mut f, n, (adapter, site), &given),
        }
        f.finish(&mut self.module, func);
    }

    /// A sync call of a sync function that is lifted without `async`. Spec: `canon_lower` around `canon_lift`; the callee's task
    /// is implicit, and there is no subtask where nothing is lent.
    fn direct_call(&mut self, f: &mut Func, adapter: &Adapter, enters: bool, given: &Given) {
        let before = enters.then(|| self.enter(f));
        self.begin_lending(f, adapter);
        let params = self.move_params(f, adapter, &given.params);
        let core = self.call_core(f, adapter, &params, Call::LiftSync);
        let result = self.move_result(f, adapter, (&core, MAX_FLAT_RESULTS), given.retptr);
        self.post_return(f, adapter, &core);
        self.end_lending(f);
        if let Some(before) = before {
            self.exit(f, before);
        }
        f.get_all(&result);
    }

    /// The caller's core parameters, without the pointer to where the result goes.
    pub(super) fn lowered_params(&self, adapter: &Adapter) -> Vec<ValType> {
        self.flat_or_pointer(adapter.params, adapter.most_params(), adapter.caller)
    }

    /// Whether the caller gets the result in its memory. Spec: `flatten_functype`.
    pub(super) fn result_in_memory(&self, adapter: &Adapter) -> bool {
        adapter.result.is_some_and(|ty| match &adapter.shape {
            Shape::Site(CallSite { is_async: true, .. }) => true,
            _ => !self.fits(ty, MAX_FLAT_RESULTS),
        })
    }

    pub(super) fn flat_or_pointer(&self, ty: u32, most: usize, side: SideId) -> Vec<ValType> {
        match self.fits(ty, most) {
            true => self.flat(ty, side),
            false => vec![self.pointer(side)],
        }
    }

    /// Where a value is that is in these locals when at most so many are flat.
    fn place(&self, ty: u32, most: usize, locals: &[Local]) -> Place {
        match self.fits(ty, most) {
            true => Place::Flat(locals.to_vec()),
            false => Place::at(locals[0]),
        }
    }

    fn check_may_leave(&mut self, f: &mut Func, adapter: &Adapter) {
        let instance = self.side(adapter.caller).instance;
        self.push_number(f, Source::MayLeave { instance });
        f.ins().i32_eqz().if_(BlockType::Empty);
        self.trap(f, TrapCode::CannotLeave);
        f.ins().end();
    }

    /// The callee's task begins, of which the runtime learns when something in it has to do with tasks. What was before is in the
    /// local.
    fn enter(&mut self, f: &mut Func) -> Local {
        let entered = self.module.global(Source::Entered);
        let before = f.local(ValType::I32);
        f.ins()
            .global_get(entered.0)
            .local_set(before.index)
            .i32_const(0)
            .global_set(entered.0);
        before
    }

    /// It ends.
    fn exit(&mut self, f: &mut Func, before: Local) {
        let entered = self.module.global(Source::Entered);
        f.ins().global_get(entered.0).if_(BlockType::Empty);
        self.call_runtime(f, "sync_exit", 0, ValType::I32);
        self.expect(f);
        f.ins().drop().end();
        f.get(before);
        f.ins().global_set(entered.0);
    }

    /// The subtask begins that answers for what is lent.
    fn begin_lending(&mut self, f: &mut Func, adapter: &Adapter) {
        if self.traits[adapter.params as usize].borrows {
            self.push_instance(f, adapter.caller);
            self.call_runtime(f, "call_begin", 1, ValType::I32);
            self.expect(f);
            let subtask = f.local(ValType::I32);
            f.set(subtask);
            f.subtask = Some(subtask);
        }
    }

    /// It ends.
    fn end_lending(&mut self, f: &mut Func) {
        if let Some(subtask) = f.subtask {
            f.get(subtask);
            self.call_runtime(f, "call_end", 1, ValType::I32);
            self.expect(f);
            f.ins().drop();
        }
    }

    /// Translates the parameters; returns the callee's.
    pub(super) fn move_params(
        &mut self,
        f: &mut Func,
        adapter: &Adapter,
        given: &[Local],
    ) -> Vec<Local> {
        let dir = Direction {
            from: adapter.caller,
            to: adapter.callee,
        };
        let ty = adapter.params;
        let from = self.place(ty, adapter.most_params(), given);
        if from.in_memory() {
            self.check(f, dir.from, given[0], ty);
        }
        let params = f.locals(self.flat_or_pointer(ty, MAX_FLAT_PARAMS, dir.to));
        let to = self.place(ty, MAX_FLAT_PARAMS, &params);
        if to.in_memory() {
            self.allocate(f, dir.to, ty);
            f.set_all(&params);
        }
        self.translate_root(f, dir, ty, (&from, &to));
        params
    }

    /// Calls the callee's core function; returns its results.
    pub(super) fn call_core(
        &mut self,
        f: &mut Func,
        adapter: &Adapter,
        params: &[Local],
        lift: Call,
    ) -> Vec<Local> {
        let result = match (lift, adapter.result) {
            (Call::LiftCallback, _) => Some(ValType::I32),
            (Call::LiftSync, Some(ty)) => {
                let flat = self.flat_or_pointer(ty, MAX_FLAT_RESULTS, adapter.callee);
                flat.first().copied()
            }
            _ => None,
        };
        self.call_guest(f, adapter.core.clone(), params, result);
        let core = f.locals(result);
        f.set_all(&core);
        core
    }

    /// Translates the result, of which the callee gives at most so many values flat; returns the caller's flat one.
    pub(super) fn move_result(
        &mut self,
        f: &mut Func,
        adapter: &Adapter,
        (core, most): (&[Local], usize),
        retptr: Option<Local>,
    ) -> Vec<Local> {
        let Some(ty) = adapter.result else {
            return Vec::new();
        };
        let dir = Direction {
            from: adapter.callee,
            to: adapter.caller,
        };
        let from = self.place(ty, most, core);
        if from.in_memory() {
            self.check(f, dir.from, core[0], ty);
        }
        let Some(retptr) = retptr else {
            let flat = f.locals(self.flat(ty, dir.to));
            self.translate_root(f, dir, ty, (&from, &Place::Flat(flat.clone())));
            return flat;
        };
        self.check(f, dir.to, retptr, ty);
        self.translate_root(f, dir, ty, (&from, &Place::at(retptr)));
        Vec::new()
    }

    pub(super) fn post_return(&mut self, f: &mut Func, adapter: &Adapter, core: &[Local]) {
        let Some(post_return) = &adapter.post_return else {
            return;
        };
        f.get_all(core);
        let params: Vec<ValType> = core.iter().map(|local| local.ty).collect();
        self.call_import(f, post_return.clone(), &params, &[]);
    }

    fn translate_root(&mut self, f: &mut Func, dir: Direction, ty: u32, route: Route<'_>) {
        match self.traits[ty as usize].weight {
            0..=MAX_ROOT => self.translate_inline(f, dir, ty, route),
            _ => self.translate(f, dir, ty, route),
        }
    }
}

impl Adapter {
    /// How many parameters the caller gives flat.
    fn most_params(&self) -> usize {
        match &self.shape {
            Shape::Site(CallSite { is_async: true, .. }) => MAX_FLAT_ASYNC_PARAMS,
            _ => MAX_FLAT_PARAMS,
        }
    }
}
