//! What the component imports and exports, and the exported functions themselves.

use std::collections::BTreeMap;

use super::Linker;
use super::dangling;
use super::define::Args;
use super::entity::{
    CanonId, CoreFunc, Entity, FuncId, FuncKind, FuncName, Instance, Lift, Module, Place, Type,
};
use crate::emit::ShimSpec;
use crate::error::{CompileError, Result};
use crate::plan::{Extern, Item, Lifted};

pub(super) type Imports = Vec<Extern>;
pub(super) type Exports = Vec<Extern>;
pub(super) type LiftedFuncs = Vec<Lifted>;

/// Functions that are called through their lift, by the host or by another component of the binary: each is lifted once.
#[derive(Default)]
pub(super) struct Lifts {
    order: Vec<LiftedFunc>,
    index: BTreeMap<FuncId, u32>,
    /// What exports need that has no place yet.
    wanted: Vec<CanonId>,
}

struct LiftedFunc {
    id: FuncId,
    post_return: Option<CanonId>,
}

impl<'a> Linker<'a> {
    /// Instantiates the outermost component and describes it.
    pub(super) fn run(&mut self) -> Result<(Imports, Exports, LiftedFuncs)> {
        let frame = self.new_frame(None);
        self.frame(frame).place = Some(Place {
            component: self.binary.root(),
            within: None,
        });
        // The outermost instance is number 0, whether it has definitions of its own or not.
        self.number(frame);
        let (imports, exports) = self.instantiate(frame, self.binary.root(), &Args::Host)?;
        let imports = self.externs(&imports, false, &mut Vec::new())?;
        let exports = self.externs(&exports, true, &mut Vec::new())?;
        let lifted = self.lifted()?;
        Ok((imports, exports, lifted))
    }

    /// Describes imports or exports; `path` leads to the instance that they are in.
    fn externs(
        &mut self,
        instance: &Instance<'a>,
        exported: bool,
        path: &mut Vec<&'a str>,
    ) -> Result<Vec<Extern>> {
        let mut all = Vec::new();
        for (name, entity) in &instance.exports {
            self.charge_extern(exported)?;
            self.charge_name(name.name)?;
            self.charge_name(name.implements.unwrap_or_default())?;
            path.push(name.name);
            let item = match entity {
                Entity::Func(id) if exported => self.exported(name.name, *id)?,
                Entity::Func(id) => Item::Func {
                    func: self.func_type_of(*id)?,
                    lifted: None,
                },
                Entity::Instance(inner) => Item::Instance {
                    items: self.nested(|this| this.externs(inner, exported, path))?,
                },
                Entity::Type(Type::Value(ty)) => Item::Type { ty: ty.0 },
                Entity::Type(Type::Resource(resource)) => Item::Resource {
                    resource: resource.0,
                },
                // Names for types of functions, instances and components mean nothing to a host.
                Entity::Type(Type::Func(_) | Type::Instance(_) | Type::Component) => {
                    path.pop();
                    continue;
                }
                Entity::Module(module) => self.module(*module, exported, path)?,
                Entity::Component(_) => return Err(self.refuse("component export", name.name)),
            };
            path.pop();
            all.push(Extern {
                name: name.name.to_string(),
                implements: name.implements.map(str::to_string),
                item,
            });
        }
        Ok(all)
    }

    fn module(&mut self, module: Module, exported: bool, path: &[&'a str]) -> Result<Item> {
        let ty = if exported {
            self.externs.exported_module(path)
        } else {
            self.externs.imported_module(path)
        };
        let ty = ty.ok_or_else(|| dangling("core module type"))?;
        Ok(Item::Module {
            ty: self.module_type(ty)?,
            module: exported.then(|| self.plan_module(module)).transpose()?,
        })
    }

    fn refuse(&self, what: &str, name: &str) -> CompileError {
        CompileError::unsupported(what, &format!("`{name}`"), self.offset)
    }

    /// `wasi:cli/run@0.3.0#run`
    pub(super) fn func_name(&mut self, name: Option<FuncName<'a>>) -> Result<Option<String>> {
        let Some(FuncName { instance, name }) = name else {
            return Ok(None);
        };
        self.charge_name(instance.unwrap_or_default())?;
        self.charge_name(name)?;
        Ok(Some(match instance {
            Some(instance) => format!("{instance}#{name}"),
            None => name.to_string(),
        }))
    }

    fn func_type_of(&self, id: FuncId) -> Result<u32> {
        Ok(self
            .funcs
            .get(id.0 as usize)
            .ok_or_else(|| dangling("function"))?
            .ty
            .0)
    }

    fn exported(&mut self, name: &str, id: FuncId) -> Result<Item> {
        let func = self.func_type_of(id)?;
        if let FuncKind::Imported { .. } = self.funcs[id.0 as usize].kind {
            return Err(self.refuse("export of an imported function", name));
        }
        let (lifted, wanted) = self.register(id)?;
        self.lifts.wanted.extend(wanted);
        Ok(Item::Func {
            func,
            lifted: Some(lifted),
        })
    }

    /// The number of a lifted function, and what it needs to have a place when it is new.
    pub(super) fn register(&mut self, id: FuncId) -> Result<(u32, Vec<CanonId>)> {
        if let Some(&index) = self.lifts.index.get(&id) {
            return Ok((index, Vec::new()));
        }
        let func = &self.funcs[id.0 as usize];
        let FuncKind::Lifted(lift) = &func.kind else {
            return Err(dangling("lifted function"));
        };
        let lift = lift.clone();
        let mut wanted = Vec::new();
        if let Some(realloc) = lift.options.realloc {
            wanted.push(self.realloc_guard(&lift.options, realloc));
        }
        let post_return = self.post_return_of(id, &lift);
        wanted.extend(post_return);
        for core in [Some(lift.core), lift.callback].into_iter().flatten() {
            if let CoreFunc::Canon(id) = core {
                wanted.push(id);
            }
        }
        self.charge_function()?;
        let index = self.lifts.order.len() as u32;
        self.lifts.index.insert(id, index);
        self.lifts.order.push(LiftedFunc { id, post_return });
        Ok((index, wanted))
    }

    /// Places what exports need, then describes the functions that are lifted.
    fn lifted(&mut self) -> Result<Vec<Lifted>> {
        let wanted = std::mem::take(&mut self.lifts.wanted);
        self.place(wanted)?;
        let mut all = Vec::with_capacity(self.lifts.order.len());
        let mut guards = ShimSpec::default();
        for LiftedFunc { id, post_return } in std::mem::take(&mut self.lifts.order) {
            let func = &self.funcs[id.0 as usize];
            let FuncKind::Lifted(lift) = &func.kind else {
                return Err(dangling("lifted function"));
            };
            let (ty, name, lift) = (func.ty, func.name, lift.clone());
            let result = self.types.func(ty).result;
            let core = self.source(lift.core)?;
            let guard = self.lift_guard(ty, &lift, &core, &mut guards);
            let Lift {
                options,
                is_async,
                callback,
                ..
            } = lift;
            all.push(Lifted {
                name: self.func_name(name)?,
                func: ty.0,
                core,
                guard,
                is_async,
                callback: callback.map(|core| self.slot(core)).transpose()?,
                post_return: post_return
                    .map(|id| self.source(CoreFunc::Canon(id)))
                    .transpose()?,
                options: self.plan_options(&options)?,
                return_key: self.return_key(&options, result)?,
            });
        }
        if !guards.funcs.is_empty() {
            self.plan.guards = Some(self.emit(&guards)?);
        }
        Ok(all)
    }
}
