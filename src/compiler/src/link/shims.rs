//! Places core functions made by canonical definitions into shim modules.
//!
//! A function is placed when a core module is about to import it, or when an export needs it. What is
//! placed together goes into one shim per memory; functions that touch no memory join the first. Adapters of calls between
//! components have shims of their own: see `adapt`.
//! wit-component's way works out like this: its table module gets its functions from a first shim, the
//! main module imports from the table module and from that shim, and what needs the main module's
//! memory is imported by the fix-up module, hence placed in a second shim, when that memory exists.

use std::collections::BTreeMap;

use tidegate_abi::layout::{Call, Layout, PtrType};

use super::adapt::Pairing;
use super::entity::{
    CanonId, CoreExport, CoreFunc, ElementId, FuncTypeId, InstanceNumber, Options, Path, TypeId,
};
use super::ready::Ready;
use super::types::{Types, core_type};
use super::{Linker, dangling};
use crate::Limit;
use crate::emit::{self, ShimFunc, ShimFuncKind, ShimSpec};
use crate::error::{CompileError, Result};
use crate::plan::{self, CoreType, Lowered, Shim, Site, Source, Step, TaskReturn};

/// A core function made by a canonical definition, or a guard.
pub(super) struct CanonFunc<'a> {
    /// The component instance that it belongs to.
    pub(super) instance: InstanceNumber,
    pub(super) kind: CanonKind<'a>,
    pub(super) state: State,
}

/// Whether a function has a place.
#[derive(Clone, Copy)]
pub(super) enum State {
    Unused,
    /// In the batch that is being placed.
    Wanted,
    /// Function `func` of shim `shim`.
    Placed {
        shim: u32,
        func: u32,
    },
}

/// What a function does.
#[derive(Clone)]
pub(super) enum CanonKind<'a> {
    /// Needs nothing of the artifact's but what it names.
    BuiltIn(ShimFuncKind),
    /// `waitable-set.wait`.
    Wait(CoreExport<'a>, PtrType),
    /// `waitable-set.poll`.
    Poll(CoreExport<'a>, PtrType),
    Lower {
        callee: Callee<'a>,
        ty: FuncTypeId,
        is_async: bool,
        options: Options<'a>,
    },
    /// A lowered function whose callee this binary lifts.
    Adapter(Pairing<'a>),
    TaskReturn {
        result: Option<TypeId>,
        options: Options<'a>,
    },
    Copy(Copy<'a>),
    Realloc {
        core: CoreFunc<'a>,
        ptr: PtrType,
    },
    PostReturn {
        core: CoreFunc<'a>,
        params: Vec<CoreType>,
    },
    /// A function of a core module that the host provides, which is imported for its type to be checked.
    Typed {
        core: CoreFunc<'a>,
        params: Vec<CoreType>,
        result: Option<CoreType>,
    },
}

/// Whom a lowered function calls that is no adapter.
#[derive(Clone)]
pub(super) enum Callee<'a> {
    /// The host; see [`Lowered::path`].
    Host(Path<'a>),
    /// The host, which has this built-in.
    BuiltIn(&'static str),
}

/// `{stream,future}.{read,write}`.
#[derive(Clone, Copy)]
pub(super) struct Copy<'a> {
    pub(super) kind: emit::EndKind,
    pub(super) is_read: bool,
    pub(super) is_async: bool,
    pub(super) element: ElementId,
    pub(super) options: Options<'a>,
}

impl Copy<'_> {
    /// Of the elements, in the memory that they are copied from or to.
    fn layout(&self, types: &Types) -> Layout {
        types.element_layout(self.element, self.options.ptr)
    }
}

impl<'a> Linker<'a> {
    /// Where `func` is found. It has been placed, if it needs a place.
    pub(super) fn source(&self, func: CoreFunc<'a>) -> Result<Source> {
        match func {
            CoreFunc::Export(export) => Ok(export.source()),
            CoreFunc::Canon(id) => match self.canons.get(id.0 as usize).map(|canon| canon.state) {
                Some(State::Placed { shim, func }) => Ok(Source::Shim {
                    shim,
                    name: format!("f{func}"),
                }),
                _ => Err(CompileError::internal("a canonical function has no place")),
            },
        }
    }

    /// Where `func` is found, once it has been placed.
    pub(super) fn placed_source(&mut self, func: CoreFunc<'a>) -> Result<Source> {
        if let CoreFunc::Canon(id) = func {
            self.place([id])?;
        }
        self.source(func)
    }

    /// The slot of the store's table that `func` is in.
    pub(super) fn slot(&mut self, func: CoreFunc<'a>) -> Result<u32> {
        if let Some(&slot) = self.plan.slots.get(&func) {
            return Ok(slot);
        }
        let source = self.placed_source(func)?;
        let slot = self.new_slot()?;
        self.plan.slots.insert(func, slot);
        self.plan.steps.push(Step::Slot { slot, source });
        Ok(slot)
    }

    /// A slot that a later step fills.
    pub(super) fn new_slot(&mut self) -> Result<u32> {
        let slot = self.plan.slot_count;
        if slot as usize >= self.limits.slots {
            return Err(self.limit("slots of the table", Limit::TableSlots));
        }
        self.plan.slot_count += 1;
        Ok(slot)
    }

    /// Gives each of `wanted` a place, and what it needs too.
    pub(super) fn place(&mut self, wanted: impl IntoIterator<Item = CanonId>) -> Result<()> {
        let mut batch = Vec::new();
        for id in wanted {
            self.collect(id, &mut batch)?;
        }
        let groups = self.group(&batch)?;
        let mut shims = Vec::with_capacity(groups.len());
        for group in groups {
            if let Content::Adapters(pairings) = &group.content {
                for ready in self.adapters_use(pairings) {
                    let shim = (self.plan.shims.len() + shims.len()) as u32;
                    self.ready_is(ready, shim);
                    shims.push(Pending::Ready(ready));
                }
            }
            let shim = (self.plan.shims.len() + shims.len()) as u32;
            for (func, id) in (0..).zip(&group.funcs) {
                self.canons[id.0 as usize].state = State::Placed { shim, func };
            }
            shims.push(Pending::Group(group));
        }
        for pending in shims {
            let shim = self.plan.shims.len() as u32;
            let mut halves = Vec::new();
            let made = match pending {
                Pending::Ready(ready) => self.ready_shim(ready)?,
                Pending::Group(Group {
                    content: Content::Adapters(pairings),
                    ..
                }) => {
                    let made = self.adapter_shim(&pairings)?;
                    halves = made.halves;
                    made.shim
                }
                Pending::Group(group) => {
                    let mut funcs = Vec::with_capacity(group.funcs.len());
                    for id in group.funcs {
                        funcs.push(self.shim_func(id)?);
                    }
                    let memory = group.memory.map(|memory| memory.source());
                    emit::emit(&ShimSpec {
                        memory,
                        funcs,
                        catches: self.catches(),
                    })
                }
            };
            let made = self.bounded(made)?;
            self.plan.shims.push(made);
            self.plan.steps.push(Step::Shim { shim });
            for (slot, name) in halves {
                let source = Source::Shim { shim, name };
                self.plan.steps.push(Step::Slot { slot, source });
            }
        }
        Ok(())
    }

    /// Makes a shim module, within the limit.
    pub(super) fn emit(&mut self, spec: &ShimSpec) -> Result<Shim> {
        self.bounded(emit::emit(spec))
    }

    fn bounded(&mut self, made: Shim) -> Result<Shim> {
        self.shim_bytes += made.code.len();
        if self.shim_bytes > self.limits.shim_bytes {
            return Err(self.limit("bytes of shim modules", Limit::ShimBytes));
        }
        Ok(made)
    }

    /// Adds `id` to the batch, after what it needs, unless it has a place.
    fn collect(&mut self, id: CanonId, batch: &mut Vec<CanonId>) -> Result<()> {
        let canon = self
            .canons
            .get_mut(id.0 as usize)
            .ok_or_else(|| dangling("core function"))?;
        match canon.state {
            State::Unused => canon.state = State::Wanted,
            State::Wanted | State::Placed { .. } => return Ok(()),
        }
        self.charge_function()?;
        for need in self.needs(id)? {
            self.nested(|this| this.collect(need, batch))?;
        }
        batch.push(id);
        Ok(())
    }

    /// The functions of shims that have to be there when this one is called.
    fn needs(&mut self, id: CanonId) -> Result<Vec<CanonId>> {
        let options = match &self.canons[id.0 as usize].kind {
            CanonKind::Lower { options, .. } | CanonKind::Copy(Copy { options, .. }) => *options,
            CanonKind::Adapter(_)
            | CanonKind::Realloc { .. }
            | CanonKind::PostReturn { .. }
            | CanonKind::Typed { .. }
            | CanonKind::BuiltIn(_)
            | CanonKind::Wait(..)
            | CanonKind::Poll(..)
            | CanonKind::TaskReturn { .. } => return Ok(self.imported(id)),
        };
        Ok(self.guard_of(&options).into_iter().collect())
    }

    /// Those among them that its shim imports.
    fn imported(&mut self, id: CanonId) -> Vec<CanonId> {
        if let Some(pairing) = self.pairing(id) {
            return self.adapter_needs(&pairing);
        }
        match self.canons[id.0 as usize].kind {
            CanonKind::Realloc {
                core: CoreFunc::Canon(core),
                ..
            }
            | CanonKind::PostReturn {
                core: CoreFunc::Canon(core),
                ..
            } => vec![core],
            CanonKind::Adapter(_)
            | CanonKind::Realloc { .. }
            | CanonKind::PostReturn { .. }
            | CanonKind::BuiltIn(_)
            | CanonKind::Wait(..)
            | CanonKind::Poll(..)
            | CanonKind::Typed { .. }
            | CanonKind::Lower { .. }
            | CanonKind::Copy(_)
            | CanonKind::TaskReturn { .. } => Vec::new(),
        }
    }

    /// The guard of a realloc function: one per instance and function.
    pub(super) fn realloc_guard(&mut self, options: &Options<'a>, core: CoreFunc<'a>) -> CanonId {
        let Options { instance, ptr, .. } = *options;
        if let Some(&guard) = self.guards.get(&(instance, core)) {
            return guard;
        }
        let guard = self.new_canon(instance, CanonKind::Realloc { core, ptr });
        self.guards.insert((instance, core), guard);
        guard
    }

    /// Groups a batch by memory, adapters apart from the rest. A function's group comes after those of what it imports.
    fn group(&mut self, batch: &[CanonId]) -> Result<Vec<Group<'a>>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut places: BTreeMap<CanonId, usize> = BTreeMap::new();
        for &id in batch {
            let imported = self.imported(id);
            let earliest = imported.iter().filter_map(|need| places.get(need)).max();
            let earliest = earliest.map_or(0, |place| place + 1);
            let pairing = self.pairing(id);
            let alone = self.stands_alone(id);
            let memory = match &pairing {
                Some(pairing) => self.adapter_memory(pairing).map(|memory| memory.export),
                None => self.memory_of(id)?,
            };
            let fits = |group: &Group<'a>| {
                pairing.is_some() == matches!(group.content, Content::Adapters(_))
                    && group.alone == alone
                    // A group has no memory as long as none of its functions needs one.
                    && (memory.is_none() || group.memory.is_none() || group.memory == memory)
            };
            let later = groups.get(earliest..).unwrap_or_default();
            let place = match later.iter().position(fits) {
                Some(n) => earliest + n,
                None => {
                    groups.push(Group {
                        memory,
                        alone,
                        funcs: Vec::new(),
                        content: match pairing {
                            Some(_) => Content::Adapters(Vec::new()),
                            None => Content::BuiltIns,
                        },
                    });
                    groups.len() - 1
                }
            };
            let group = &mut groups[place];
            group.memory = group.memory.or(memory);
            group.funcs.push(id);
            if let (Content::Adapters(pairings), Some(pairing)) = (&mut group.content, pairing) {
                pairings.push(pairing);
            }
            places.insert(id, place);
        }
        Ok(groups)
    }

    /// The function uses what not every engine has: others must not fail with it.
    fn stands_alone(&self, id: CanonId) -> bool {
        let canon = self.canons.get(id.0 as usize).map(|canon| &canon.kind);
        matches!(
            canon,
            Some(CanonKind::BuiltIn(ShimFuncKind::ThreadNewIndirect { .. }))
        )
    }

    /// The memory that the shim function itself reads or writes.
    fn memory_of(&self, id: CanonId) -> Result<Option<CoreExport<'a>>> {
        let canon = self
            .canons
            .get(id.0 as usize)
            .ok_or_else(|| dangling("core function"))?;
        match &canon.kind {
            CanonKind::Wait(memory, _) | CanonKind::Poll(memory, _) => Ok(Some(*memory)),
            CanonKind::Copy(copy) if copy.layout(&self.types).size > 0 => copy
                .options
                .memory
                .map(Some)
                .ok_or_else(|| dangling("memory")),
            CanonKind::Copy(_)
            | CanonKind::BuiltIn(_)
            | CanonKind::Lower { .. }
            | CanonKind::Adapter(_)
            | CanonKind::TaskReturn { .. }
            | CanonKind::Realloc { .. }
            | CanonKind::PostReturn { .. }
            | CanonKind::Typed { .. } => Ok(None),
        }
    }

    /// Describes a function to `emit`; this is where the artifact gets what goes with it.
    fn shim_func(&mut self, id: CanonId) -> Result<ShimFunc> {
        let canon = self
            .canons
            .get(id.0 as usize)
            .ok_or_else(|| dangling("core function"))?;
        let instance = canon.instance;
        let kind = match canon.kind.clone() {
            CanonKind::BuiltIn(kind) => kind,
            CanonKind::Wait(_, ptr) => ShimFuncKind::WaitableSetWait { ptr },
            CanonKind::Poll(_, ptr) => ShimFuncKind::WaitableSetPoll { ptr },
            CanonKind::Lower {
                callee,
                ty,
                is_async,
                options,
            } => {
                let call = if is_async {
                    Call::LowerAsync
                } else {
                    Call::LowerSync
                };
                let signature = self.types.signature(ty, call, options.ptr);
                let (path, builtin) = match callee {
                    Callee::Host(path) => (self.path(&path)?, false),
                    Callee::BuiltIn(name) => (vec![name.to_owned()], true),
                };
                let options = self.plan_options(&options)?;
                let index = self.plan.lowered.len() as u32;
                if !is_async && !builtin {
                    self.note_import(instance, index);
                }
                self.plan.lowered.push(Lowered {
                    path,
                    builtin,
                    func: ty.0,
                    is_async,
                    options,
                });
                ShimFuncKind::Lowered {
                    index,
                    params: signature.params.into_iter().map(core_type).collect(),
                    result: signature.result.map(core_type),
                    waits: !is_async && !builtin,
                }
            }
            CanonKind::Adapter(_) => {
                return Err(CompileError::internal("an adapter is among built-ins"));
            }
            CanonKind::TaskReturn { result, options } => self.task_return_func(result, &options)?,
            CanonKind::Copy(copy) => self.copy_func(&copy)?,
            CanonKind::Realloc { core, ptr } => ShimFuncKind::GuardedRealloc {
                core: self.source(core)?,
                ptr: core_type(ptr.core()),
                enters: self.notices(instance).context,
            },
            CanonKind::PostReturn { core, params } => ShimFuncKind::GuardedPostReturn {
                core: self.source(core)?,
                params,
            },
            CanonKind::Typed {
                core,
                params,
                result,
            } => ShimFuncKind::Typed {
                core: self.source(core)?,
                params,
                result,
            },
        };
        self.note_builtin(instance, &kind);
        Ok(ShimFunc {
            instance: instance.0,
            kind,
        })
    }

    fn task_return_func(
        &mut self,
        result: Option<TypeId>,
        options: &Options<'a>,
    ) -> Result<ShimFuncKind> {
        let flat = result.map_or(Some(&[][..]), |ty| self.types.flat(ty, options.ptr));
        let params = match flat {
            Some(flat) => flat.iter().map(|&ty| core_type(ty)).collect(),
            None => vec![core_type(options.ptr.core())],
        };
        let result = result.map(|ty| ty.0);
        let return_key = self.return_key(options, result)?;
        let options = self.plan_options(options)?;
        let index = self.plan.returns.len() as u32;
        self.plan.returns.push(TaskReturn { result, options });
        Ok(ShimFuncKind::TaskReturn {
            index,
            return_key,
            params,
        })
    }

    fn copy_func(&mut self, copy: &Copy<'a>) -> Result<ShimFuncKind> {
        let layout = copy.layout(&self.types);
        let element = copy.element.0;
        let options = self.plan_options(&copy.options)?;
        let site = self.plan.sites.len() as u32;
        self.plan.sites.push(Site { element, options });
        let described = emit::EndCopy {
            kind: copy.kind,
            element,
            site,
            size: layout.size,
            align: layout.align,
            is_async: copy.is_async,
            ptr: copy.options.ptr,
        };
        Ok(match copy.is_read {
            true => ShimFuncKind::EndRead(described),
            false => ShimFuncKind::EndWrite(described),
        })
    }

    /// Options as the JS host gets them; the guard of `realloc` has been placed.
    pub(super) fn plan_options(&mut self, options: &Options<'a>) -> Result<plan::Options> {
        self.charge_name(options.memory.map_or("", |memory| memory.name))?;
        let realloc = match options.realloc {
            Some(core) => {
                let guard = self.realloc_guard(options, core);
                Some(self.source(CoreFunc::Canon(guard))?)
            }
            None => None,
        };
        Ok(plan::Options {
            instance: options.instance.0,
            encoding: options.encoding,
            memory: options.memory.map(|memory| memory.source()),
            memory64: options.ptr == PtrType::I64,
            realloc,
        })
    }
}

/// Functions for one shim.
struct Group<'a> {
    memory: Option<CoreExport<'a>>,
    alone: bool,
    funcs: Vec<CanonId>,
    content: Content<'a>,
}

enum Content<'a> {
    BuiltIns,
    /// For each function its two sides.
    Adapters(Vec<Pairing<'a>>),
}

/// A shim that has a number and is not made yet.
enum Pending<'a> {
    Ready(Ready<'a>),
    Group(Group<'a>),
}
