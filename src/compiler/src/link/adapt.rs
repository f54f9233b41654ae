//! Calls between components of one binary: which of them are adapters, and what their shims are made of.
//!
//! What is not an adapter goes through JS (`Lowered::callee`).

use std::collections::BTreeMap;

use tidegate_abi::layout::PtrType;

use super::canon::lift_call;
use super::entity::{
    CanonId, CoreExport, CoreFunc, FuncId, FuncKind, InstanceNumber, Lift, Options,
};
use super::shims::{Callee, CanonKind};
use super::{Linker, dangling};
use crate::Limit;
use crate::emit::adapter::{
    self, Adapter, AdapterSpec, Direction, Memory, Shape, Side, SideId, Traits, ready,
};
use crate::error::Result;
use crate::model::{Canon, ComponentId, Definition};
use crate::plan::{self, FuncDesc, Import, Shim, Source};

/// What linking remembers for adapters.
#[derive(Default)]
pub(super) struct Adapters<'a> {
    /// Of the first types.
    traits: Vec<Traits>,
    /// Guards of post-return functions, by the function that is lifted with them.
    post_returns: BTreeMap<FuncId, CanonId>,
    /// Shims that were made at build time.
    ready: BTreeMap<Ready<'a>, u32>,
    /// Of each component instance with a number, what it is an instance of.
    components: Vec<Option<ComponentId>>,
    notices: BTreeMap<ComponentId, Notices>,
}

/// How the code of a component may notice which task it is in.
#[derive(Clone, Copy)]
pub(super) struct Notices {
    /// By a built-in that has to do with tasks, or by a call of its own.
    pub(super) task: bool,
    /// By `context.get`, which may be called even where the instance may not leave.
    pub(super) context: bool,
}

impl Adapters<'_> {
    /// The next component instance has got its number.
    pub(super) fn number(&mut self, component: Option<ComponentId>) {
        self.components.push(component);
    }
}

/// A shim of which only the imports differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ready<'a> {
    /// A memory as functions.
    Accessor(CoreExport<'a>),
    /// What copies strings, and lists where memories are reached by functions.
    Transcoder {
        from: CoreExport<'a>,
        to: CoreExport<'a>,
        /// The guard of the realloc function.
        realloc: CanonId,
    },
}

/// A call between components, both sides resolved.
#[derive(Clone)]
pub(super) struct Pairing<'a> {
    func: FuncId,
    lower: Options<'a>,
    /// Lowered with `async`.
    is_async: bool,
    lift: Lift<'a>,
}

/// A shim of adapters, and what goes into the store's table once it is instantiated: slots and names of exports.
pub(super) struct AdapterShim {
    pub(super) shim: Shim,
    pub(super) halves: Vec<(u32, String)>,
}

impl<'a> Linker<'a> {
    /// The two sides of a function that is an adapter.
    pub(super) fn pairing(&mut self, id: CanonId) -> Option<Pairing<'a>> {
        let CanonKind::Lower {
            callee: Callee::Guest(func),
            is_async,
            options,
            ..
        } = self.canons.get(id.0 as usize)?.kind
        else {
            return None;
        };
        let FuncKind::Lifted(lift) = &self.funcs.get(func.0 as usize)?.kind else {
            return None;
        };
        let (lift, lower) = (lift.clone(), options);
        let addresses = [lower.ptr, lift.options.ptr];
        (!addresses.contains(&PtrType::I64)).then_some(Pairing {
            func,
            lower,
            is_async,
            lift,
        })
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

    fn guard_of(&mut self, options: &Options<'a>) -> Option<CanonId> {
        let realloc = options.realloc?;
        Some(self.realloc_guard(options, realloc))
    }

    /// The memory that an adapter's module imports, where a module can have one only.
    pub(super) fn adapter_memory(&self, pairing: &Pairing<'a>) -> Option<CoreExport<'a>> {
        match self.multi_memory {
            true => None,
            false => pairing.lower.memory.or(pairing.lift.options.memory),
        }
    }

    /// The shims which must be there before that of these adapters.
    pub(super) fn adapters_use(&mut self, pairings: &[Pairing<'a>]) -> Vec<Ready<'a>> {
        let mut used = Vec::new();
        for pairing in pairings {
            self.note_call(pairing.lower.instance, pairing.func, pairing.is_async);
            let near = self.adapter_memory(pairing);
            let (lower, lift) = (pairing.lower, pairing.lift.options);
            let memories = [lower.memory, lift.memory].into_iter().flatten();
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

    /// What copies the strings and lists in values of type `ty`.
    fn transcoder(&mut self, ty: u32, from: &Options<'a>, to: &Options<'a>) -> Option<Ready<'a>> {
        let traits = self.traits()[ty as usize];
        let copies = match self.multi_memory {
            true => traits.strings,
            false => traits.lists,
        };
        if !copies {
            return None;
        }
        Some(Ready::Transcoder {
            from: from.memory?,
            to: to.memory?,
            realloc: self.guard_of(to)?,
        })
    }

    fn desc_of(&self, pairing: &Pairing<'a>) -> &FuncDesc {
        self.types.func(self.funcs[pairing.func.0 as usize].ty)
    }

    /// A shim that was made at build time; it becomes number `index`.
    pub(super) fn ready_is(&mut self, ready: Ready<'a>, index: u32) {
        self.adapters.ready.insert(ready, index);
    }

    /// The shim itself.
    pub(super) fn ready_shim(&self, ready: Ready<'a>) -> Result<Shim> {
        let import = |module: &str, name: &str, source| Import {
            module: module.to_owned(),
            name: name.to_owned(),
            source,
        };
        let (code, imports) = match ready {
            Ready::Accessor(memory) => {
                let memory = import("guest", "memory", memory.source());
                (ready::ACCESSOR, vec![memory])
            }
            Ready::Transcoder { from, to, realloc } => {
                let realloc = self.source(CoreFunc::Canon(realloc))?;
                let mut imports = vec![import("src", "memory", from.source())];
                let code = if self.multi_memory {
                    imports.push(import("dst", "memory", to.source()));
                    ready::TRANSCODE
                } else {
                    let shim = self.ready_index(Ready::Accessor(to))?;
                    imports.extend(ready::FOREIGN_IMPORTS.map(|name| {
                        let source = Source::Shim {
                            shim,
                            name: name.to_owned(),
                        };
                        import("dst", name, source)
                    }));
                    ready::TRANSCODE_FOREIGN
                };
                imports.push(import("dst", "realloc", realloc));
                imports.push(import("host", "trap", Source::Trap));
                (code, imports)
            }
        };
        Ok(Shim {
            code: code.to_vec(),
            imports,
        })
    }

    fn ready_index(&self, ready: Ready<'a>) -> Result<u32> {
        let index = self.adapters.ready.get(&ready);
        index.copied().ok_or_else(|| dangling("shim"))
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
        if !is_async && !waits {
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
            func: ty.0,
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
        near: Option<CoreExport<'a>>,
        sides: &mut Vec<Side>,
    ) -> Result<SideId> {
        let memory = match options.memory {
            Some(memory) if self.multi_memory || Some(memory) == near => {
                Some(Memory::Imported(memory.source()))
            }
            Some(memory) => {
                let shim = self.ready_index(Ready::Accessor(memory))?;
                Some(Memory::Accessor(shim))
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
            memory,
            realloc,
        };
        let found = sides.iter().position(|known| *known == side);
        Ok(SideId(found.unwrap_or_else(|| {
            sides.push(side);
            sides.len() - 1
        }) as u32))
    }

    /// How the code of an instance may notice which task it is in.
    pub(super) fn notices(&mut self, instance: InstanceNumber) -> Notices {
        let component = self.adapters.components.get(instance.0 as usize);
        let Some(component) = component.copied().flatten() else {
            return Notices {
                task: true,
                context: true,
            };
        };
        let binary = self.binary;
        *self.adapters.notices.entry(component).or_insert_with(|| {
            let definitions = &binary.components[component.0 as usize].definitions;
            let canons = definitions.iter().filter_map(|definition| {
                let Definition::Canon(canon) = &definition.item else {
                    return None;
                };
                Some(canon)
            });
            Notices {
                task: canons.clone().any(notices_task),
                context: canons
                    .clone()
                    .any(|canon| matches!(canon, Canon::ContextGet(_) | Canon::ContextSet(_))),
            }
        })
    }

    /// Whether guests may throw exceptions; of modules that are imported nobody knows.
    pub(super) fn catches(&self) -> bool {
        !self.module_imports.is_empty() || self.binary.modules.iter().any(|module| module.has_tags)
    }

    /// Traits of all types so far.
    fn traits(&mut self) -> &[Traits] {
        Traits::complete(&mut self.adapters.traits, self.types.descs());
        &self.adapters.traits
    }
}

fn notices_task(canon: &Canon) -> bool {
    !matches!(
        canon,
        Canon::Lift { .. }
            | Canon::ResourceNew(_)
            | Canon::ResourceDrop(_)
            | Canon::ResourceRep(_)
            | Canon::BackpressureInc
            | Canon::BackpressureDec
    )
}
