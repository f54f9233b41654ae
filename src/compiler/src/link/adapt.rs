//! Calls between components of one binary: what the shims of adapters are made of.

use std::collections::BTreeMap;

use super::Linker;
use super::canon::lift_call;
use super::entity::{CanonId, CoreFunc, FuncId, Lift, Memory, Options};
use super::ready::Ready;
use super::shims::CanonKind;
use crate::Limit;
use crate::emit::adapter::{self, Adapter, AdapterSpec, Direction, Shape, Side, SideId, Traits};
use crate::error::Result;
use crate::plan::{self, FuncDesc, Shim};

/// What linking remembers for adapters.
#[derive(Default)]
pub(super) struct Adapters<'a> {
    /// Of the first types.
    traits: Vec<Traits>,
    /// Guards of post-return functions, by the function that is lifted with them.
    post_returns: BTreeMap<FuncId, CanonId>,
    /// Numbers of the shims that were made at build time.
    pub(super) ready: BTreeMap<Ready<'a>, u32>,
}

/// A call between components, both sides resolved.
#[derive(Clone)]
pub(super) struct Pairing<'a> {
    pub(super) func: FuncId,
    pub(super) lower: Options<'a>,
    /// Lowered with `async`.
    pub(super) is_async: bool,
    pub(super) lift: Lift<'a>,
}

/// A shim of adapters, and what goes into the store's table once it is instantiated: slots and names of exports.
pub(super) struct AdapterShim {
    pub(super) shim: Shim,
    pub(super) halves: Vec<(u32, String)>,
}

impl<'a> Linker<'a> {
    /// The two sides of a function that is an adapter.
    pub(super) fn pairing(&self, id: CanonId) -> Option<Pairing<'a>> {
        match &self.canons.get(id.0 as usize)?.kind {
            CanonKind::Adapter(pairing) => Some(pairing.clone()),
            _ => None,
        }
    }

    /// The functions of shims that an adapter imports.
    pub(super) fn adapter_needs(&mut self, pairing: &Pairing<'a>) -> Vec<CanonId> {
        let Pairing {
            func, lower, lift, ..
        } = pairing;
        let mut needs: Vec<CanonId> = [lower, &lift.options]
            .into_iter()
            .filter_map(|options| self.guard_of(options))
            .collect();
        needs.extend(self.post_return_of(*func, lift));
        for core in [Some(lift.core), lift.callback].into_iter().flatten() {
            if let CoreFunc::Canon(core) = core {
                needs.push(core);
            }
        }
        needs
    }

    /// The guard of a function's post-return function.
    pub(super) fn post_return_of(&mut self, func: FuncId, lift: &Lift<'a>) -> Option<CanonId> {
        let core = lift.post_return?;
        if let Some(&guard) = self.adapters.post_returns.get(&func) {
            return Some(guard);
        }
        let ty = self.funcs[func.0 as usize].ty;
        let guard = self.post_return_guard(&lift.options, ty, core);
        self.adapters.post_returns.insert(func, guard);
        Some(guard)
    }

    pub(super) fn guard_of(&mut self, options: &Options<'a>) -> Option<CanonId> {
        let realloc = options.realloc?;
        Some(self.realloc_guard(options, realloc))
    }

    /// The memory that an adapter's module imports, where a module can have one only.
    pub(super) fn adapter_memory(&self, pairing: &Pairing<'a>) -> Option<Memory<'a>> {
        let Pairing { lower, lift, .. } = pairing;
        match self.multi_memory {
            true => None,
            false => lower.addressed().or(lift.options.addressed()),
        }
    }

    /// The shims which must be there before that of these adapters.
    pub(super) fn adapters_use(&mut self, pairings: &[Pairing<'a>]) -> Vec<Ready<'a>> {
        let mut used = Vec::new();
        for pairing in pairings {
            self.note_call(pairing.lower.instance, pairing.func, pairing.is_async);
            let near = self.adapter_memory(pairing);
            let (lower, lift) = (pairing.lower, pairing.lift.options);
            let memories = [lower.addressed(), lift.addressed()].into_iter().flatten();
            if !self.multi_memory {
                used.extend(memories.filter(|m| Some(*m) != near).map(Ready::Accessor));
            }
            let desc = self.desc_of(pairing);
            let directions = [
                (Some(desc.params_tuple), lower, lift),
                (desc.result, lift, lower),
            ];
            for (ty, from, to) in directions {
                used.extend(ty.and_then(|ty| self.transcoder(ty, &from, &to)));
            }
        }
        let foreign: Vec<_> = used
            .iter()
            .filter_map(|ready| match *ready {
                Ready::Transcoder { to, .. } if !self.multi_memory => Some(Ready::Accessor(to)),
                Ready::Transcoder { .. } | Ready::Accessor(_) => None,
            })
            .collect();
        used.extend(foreign);
        // Accessors first: transcoders import them.
        used.sort_unstable();
        used.dedup();
        used.retain(|ready| !self.adapters.ready.contains_key(ready));
        used
    }

    fn desc_of(&self, pairing: &Pairing<'a>) -> &FuncDesc {
        self.types.func(self.funcs[pairing.func.0 as usize].ty)
    }

    /// The shim of adapters that have been grouped.
    pub(super) fn adapter_shim(&mut self, pairings: &[Pairing<'a>]) -> Result<AdapterShim> {
        let mut halves = Vec::new();
        let mut sides = Vec::new();
        let mut transcoders = BTreeMap::new();
        let mut adapters = Vec::with_capacity(pairings.len());
        for (n, pairing) in pairings.iter().enumerate() {
            let near = self.adapter_memory(pairing);
            let (lower, lift) = (pairing.lower, pairing.lift.options);
            let caller = self.side(&lower, near, &mut sides)?;
            let callee = self.side(&lift, near, &mut sides)?;
            let desc = self.desc_of(pairing);
            let (params, result) = (desc.params_tuple, desc.result);
            let directions = [
                (Some(params), (lower, caller), (lift, callee)),
                (result, (lift, callee), (lower, caller)),
            ];
            for (ty, (from, a), (to, b)) in directions {
                if let Some(ready) = ty.and_then(|ty| self.transcoder(ty, &from, &to)) {
                    let index = self.ready_index(ready)?;
                    transcoders.insert(Direction { from: a, to: b }, index);
                }
            }
            let post_return = self.post_return_of(pairing.func, &pairing.lift);
            adapters.push(Adapter {
                caller,
                callee,
                params,
                result,
                core: self.source(pairing.lift.core)?,
                post_return: post_return
                    .map(|guard| self.source(CoreFunc::Canon(guard)))
                    .transpose()?,
                shape: self.shape(n, pairing, &mut halves)?,
            });
        }
        self.traits();
        let shim = adapter::emit(&AdapterSpec {
            types: self.types.descs(),
            types64: self.types.wide_descs(),
            traits: &self.adapters.traits,
            sides,
            transcoders,
            adapters,
            catches: self.catches(),
            max_size: self.limits.shim_bytes.saturating_sub(self.shim_bytes),
        });
        let shim = shim.ok_or_else(|| self.limit("bytes of shim modules", Limit::ShimBytes))?;
        Ok(AdapterShim { shim, halves })
    }

    /// How a call is made; a call site is added to the plan, and its halves, which adapter `n` of the module has, to `halves`.
    fn shape(
        &mut self,
        n: usize,
        pairing: &Pairing<'a>,
        halves: &mut Vec<(u32, String)>,
    ) -> Result<Shape> {
        let Pairing {
            func: id,
            lower,
            is_async,
            ref lift,
        } = *pairing;
        let func = &self.funcs[id.0 as usize];
        let (ty, name) = (func.ty, func.name);
        let FuncDesc {
            is_async: waits,
            result,
            params_tuple,
            ..
        } = *self.types.func(ty);
        // Validation has refused `async` where the type is none.
        if !waits {
            let borrows = self.traits()[params_tuple as usize].borrows;
            let enters = borrows || self.notices(lift.options.instance).task;
            return Ok(Shape::Direct { enters });
        }
        let options = lift.options;
        let site = adapter::CallSite {
            index: self.plan.call_sites.len() as u32,
            is_async,
            lift: lift_call(lift.is_async, lift.callback.is_some()),
        };
        let mut half = |this: &mut Self, wanted: bool, name: &str| {
            let slot = wanted.then(|| this.new_slot()).transpose()?;
            halves.extend(slot.map(|slot| (slot, format!("{name}{n}"))));
            Ok(slot)
        };
        let described = plan::CallSite {
            name: self.func_name(name)?,
            caller: lower.instance.0,
            lowered_async: is_async,
            callee: options.instance.0,
            is_async: lift.is_async,
            callback: lift.callback.map(|core| self.slot(core)).transpose()?,
            return_key: self.return_key(&options, result)?,
            start: half(self, site.has_start_half(), "start")?,
            returns: half(self, site.has_return_half(), "return")?,
        };
        self.plan.call_sites.push(described);
        Ok(Shape::Site(site))
    }

    fn side(
        &mut self,
        options: &Options<'a>,
        near: Option<Memory<'a>>,
        sides: &mut Vec<Side>,
    ) -> Result<SideId> {
        let memory = match options.addressed() {
            Some(memory) if self.multi_memory || Some(memory) == near => {
                Some(adapter::Memory::Imported(memory.export.source()))
            }
            Some(memory) => {
                let shim = self.ready_index(Ready::Accessor(memory))?;
                Some(adapter::Memory::Accessor(shim))
            }
            None => None,
        };
        let realloc = self
            .guard_of(options)
            .map(|guard| self.source(CoreFunc::Canon(guard)))
            .transpose()?;
        let side = Side {
            instance: options.instance.0,
            encoding: options.encoding,
            ptr: options.ptr,
            memory,
            realloc,
        };
        let found = sides.iter().position(|known| *known == side);
        Ok(SideId(found.unwrap_or_else(|| {
            sides.push(side);
            sides.len() - 1
        }) as u32))
    }

    /// Traits of all types so far.
    pub(super) fn traits(&mut self) -> &[Traits] {
        Traits::complete(&mut self.adapters.traits, self.types.descs());
        &self.adapters.traits
    }
}
