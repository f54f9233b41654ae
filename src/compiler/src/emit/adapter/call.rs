//! Whole adapters: `canon lower` and `canon lift` in one.

use wasm_encoder::{BlockType, ValType};

use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::MAX_FLAT_RESULTS;

use super::emitter::Emitter;
use super::func::{Func, Local};
use super::traits::MAX_INLINE;
use super::value::{Place, Route};
use super::{Adapter, Direction, SideId};
use crate::plan::Source;

/// Parameters and results are translated in line up to this weight.
const MAX_ROOT: u32 = 4 * MAX_INLINE;

impl Emitter<'_> {
    /// A sync call of a sync function that is lifted without `async`. Spec: `canon_lower` around `canon_lift`; the callee's task
    /// is implicit, and there is no subtask where nothing is lent.
    pub(super) fn adapter(&mut self, adapter: &Adapter) {
        let caller = adapter.caller;
        let result_in_memory = adapter.result.is_some_and(|ty| !self.fits_result(ty));
        let mut params = self.flat_or_pointer(adapter.params);
        let mut results = Vec::new();
        match adapter.result {
            Some(_) if result_in_memory => params.push(ValType::I32),
            Some(ty) => results = self.flat(ty),
            None => {}
        }
        self.module.name_next("adapter".to_owned());
        let func = self.module.export(&params, &results);
        let (mut f, mut given) = Func::new(&params);
        let retptr = result_in_memory.then(|| given.pop().expect("it has just been added"));

        self.check_may_leave(&mut f, caller);
        self.begin(&mut f, adapter);
        self.params_and_call(&mut f, adapter, &given);
        let core = f.locals(self.core_result(adapter));
        f.set_all(&core);
        let result = self.result(&mut f, adapter, &core, retptr);
        if let Some(post_return) = &adapter.post_return {
            f.get_all(&core);
            let params: Vec<ValType> = core.iter().map(|local| local.ty).collect();
            self.call_import(&mut f, post_return.clone(), &params, &[]);
        }
        self.end(&mut f, adapter);
        f.get_all(&result);
        f.finish(&mut self.module, func);
    }

    /// Whether a result needs no memory. Spec: `MAX_FLAT_RESULTS`.
    fn fits_result(&self, ty: u32) -> bool {
        let flat = self.types[ty as usize].flat.as_ref();
        flat.is_some_and(|flat| flat.len() <= MAX_FLAT_RESULTS)
    }

    /// What the core function returns.
    fn core_result(&self, adapter: &Adapter) -> Option<ValType> {
        let ty = adapter.result?;
        match self.fits_result(ty) {
            true => self.flat(ty).first().copied(),
            false => Some(ValType::I32),
        }
    }

    fn flat_or_pointer(&self, ty: u32) -> Vec<ValType> {
        match self.types[ty as usize].flat {
            Some(_) => self.flat(ty),
            None => vec![ValType::I32],
        }
    }

    fn check_may_leave(&mut self, f: &mut Func, side: SideId) {
        let instance = self.side(side).instance;
        self.push_number(f, Source::MayLeave { instance });
        f.ins().i32_eqz().if_(BlockType::Empty);
        self.trap(f, TrapCode::CannotLeave);
        f.ins().end();
    }

    /// The callee's task begins, if it may be noticed, and the subtask that answers for what is lent.
    fn begin(&mut self, f: &mut Func, adapter: &Adapter) {
        if adapter.enters {
            self.push_instance(f, adapter.callee);
            // On the caller's stack.
            f.ins().i32_const(1);
            self.call_runtime(f, "sync_enter", 2, ValType::I32);
            self.expect(f);
            f.ins().drop();
        }
        if self.traits[adapter.params as usize].borrows {
            self.push_instance(f, adapter.caller);
            self.call_runtime(f, "call_begin", 1, ValType::I32);
            self.expect(f);
            let subtask = f.local(ValType::I32);
            f.set(subtask);
            f.subtask = Some(subtask);
        }
    }

    /// What [`Self::begin`] has begun ends.
    fn end(&mut self, f: &mut Func, adapter: &Adapter) {
        if let Some(subtask) = f.subtask {
            f.get(subtask);
            self.call_runtime(f, "call_end", 1, ValType::I32);
            self.expect(f);
            f.ins().drop();
        }
        if adapter.enters {
            self.call_runtime(f, "sync_exit", 0, ValType::I32);
            self.expect(f);
            f.ins().drop();
        }
    }

    /// Translates the parameters and calls the core function, which leaves its results on the stack.
    fn params_and_call(&mut self, f: &mut Func, adapter: &Adapter, given: &[Local]) {
        let dir = Direction {
            from: adapter.caller,
            to: adapter.callee,
        };
        let ty = adapter.params;
        let desc = &self.types[ty as usize];
        let layout = (desc.size, desc.align);
        let params = f.locals(self.flat_or_pointer(ty));
        if desc.flat.is_some() {
            let from = Place::Flat(given.to_vec());
            self.translate_root(f, dir, ty, (&from, &Place::Flat(params.clone())));
        } else {
            self.check(f, dir.from, given[0], layout);
            self.allocate(f, dir.to, layout);
            f.set_all(&params);
            self.translate_root(f, dir, ty, (&Place::at(given[0]), &Place::at(params[0])));
        }
        let result = self.core_result(adapter);
        self.call_guest(f, adapter.core.clone(), &params, result);
    }

    /// Translates the result; returns the flat one.
    fn result(
        &mut self,
        f: &mut Func,
        adapter: &Adapter,
        core: &[Local],
        retptr: Option<Local>,
    ) -> Vec<Local> {
        let Some(ty) = adapter.result else {
            return Vec::new();
        };
        let dir = Direction {
            from: adapter.callee,
            to: adapter.caller,
        };
        let Some(retptr) = retptr else {
            let flat = f.locals(self.flat(ty));
            let route = (&Place::Flat(core.to_vec()), &Place::Flat(flat.clone()));
            self.translate_root(f, dir, ty, route);
            return flat;
        };
        let desc = &self.types[ty as usize];
        let layout = (desc.size, desc.align);
        self.check(f, dir.from, core[0], layout);
        self.check(f, dir.to, retptr, layout);
        self.translate_root(f, dir, ty, (&Place::at(core[0]), &Place::at(retptr)));
        Vec::new()
    }

    fn translate_root(&mut self, f: &mut Func, dir: Direction, ty: u32, route: Route<'_>) {
        match self.traits[ty as usize].weight {
            0..=MAX_ROOT => self.translate_inline(f, dir, ty, route),
            _ => self.translate(f, dir, ty, route),
        }
    }
}
