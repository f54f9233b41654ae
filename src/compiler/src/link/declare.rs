//! Resolves types, and makes the entities that stand for what the host provides.

use std::rc::Rc;

use super::entity::{
    Entity, FrameId, Func, FuncKind, Instance, InstanceType, ResourceId, Type, TypeId,
};
use super::{Linker, dangling, item};
use crate::error::{CompileError, Result};
use crate::model::{self, Bound, ExternType, FuncType, InstanceDecl, TypeIndex, ValRef, ValueType};
use crate::plan::{ResourceDesc, Step};

impl<'a> Linker<'a> {
    /// The type that a definition stands for in `frame`.
    pub(super) fn define_type(
        &mut self,
        frame: FrameId,
        ty: &'a model::Type<'a>,
    ) -> Result<Type<'a>> {
        Ok(match ty {
            model::Type::Value(ty) => self.value_type(frame, ty)?,
            model::Type::Func(ty) => Type::Func(self.func_type(frame, ty)?),
            model::Type::Instance(decls) => Type::Instance(InstanceType {
                decls,
                scope: frame,
            }),
            model::Type::Component => Type::Component,
            model::Type::Resource { dtor } => {
                let dtor = dtor.map(|i| item(&self.frame(frame).core_funcs, i.0, "core function"));
                let slot = match dtor.transpose()? {
                    Some(func) => Some(self.slot(func)?),
                    None => None,
                };
                let instance = self.number(frame).0;
                let resource = self.new_resource(ResourceDesc::Defined {
                    instance,
                    name: None,
                });
                self.plan.steps.push(Step::Resource {
                    resource: resource.0,
                    slot,
                });
                Type::Resource(resource)
            }
        })
    }

    /// An entity of this type that the host provides at `path`.
    pub(super) fn declare(
        &mut self,
        frame: FrameId,
        ty: ExternType,
        path: &[&'a str],
    ) -> Result<Entity<'a>> {
        let offset = self.offset;
        self.charge(path.len())?;
        match ty {
            ExternType::Module => Ok(Entity::Module(self.import_module(path)?)),
            ExternType::Component => Err(CompileError::unsupported(
                "component import",
                "a component comes in a binary, which a program can instantiate itself",
                offset,
            )),
            ExternType::Func(index) => match self.type_at(frame, index)? {
                Type::Func(ty) => {
                    let kind = FuncKind::Imported {
                        path: Rc::from(path),
                    };
                    Ok(Entity::Func(self.new_func(Func {
                        ty,
                        name: None,
                        kind,
                    })))
                }
                _ => Err(dangling("function type")),
            },
            ExternType::Type(Bound::Eq(index)) => Ok(Entity::Type(self.type_at(frame, index)?)),
            ExternType::Type(Bound::SubResource) => {
                let path = self.path(path)?;
                let resource = self.new_resource(ResourceDesc::Imported { path });
                Ok(Entity::Type(Type::Resource(resource)))
            }
            ExternType::Instance(index) => match self.type_at(frame, index)? {
                Type::Instance(ty) => {
                    let instance = self.nested(|this| this.declare_instance(ty, path))?;
                    Ok(Entity::Instance(Rc::new(instance)))
                }
                _ => Err(dangling("instance type")),
            },
        }
    }

    /// A path as the plan has it.
    pub(super) fn path(&mut self, path: &[&'a str]) -> Result<Vec<String>> {
        path.iter().try_for_each(|name| self.charge_name(name))?;
        Ok(path.iter().map(|name| (*name).to_string()).collect())
    }

    /// Evaluates an instance type: every resource that it declares is a new one.
    fn declare_instance(&mut self, ty: InstanceType<'a>, path: &[&'a str]) -> Result<Instance<'a>> {
        let frame = self.new_frame(Some(ty.scope));
        let mut exports = Instance::default();
        let mut inner = path.to_vec();
        for decl in ty.decls {
            self.charge(1)?;
            match &decl.item {
                InstanceDecl::Type(ty) => {
                    let ty = self.define_type(frame, ty)?;
                    self.frame(frame).types.push(ty);
                }
                InstanceDecl::Alias(alias) => self.alias(frame, alias)?,
                InstanceDecl::Export { name, ty } => {
                    inner.truncate(path.len());
                    inner.push(name.name);
                    let entity = self.declare(frame, *ty, &inner)?;
                    exports.add(*name, entity.clone());
                    self.add(frame, entity);
                }
            }
        }
        Ok(exports)
    }

    pub(super) fn type_at(&mut self, frame: FrameId, index: TypeIndex) -> Result<Type<'a>> {
        item(&self.frame(frame).types, index.0, "type")
    }

    pub(super) fn resource_at(&mut self, frame: FrameId, index: TypeIndex) -> Result<ResourceId> {
        match self.type_at(frame, index)? {
            Type::Resource(resource) => Ok(resource),
            _ => Err(dangling("resource type")),
        }
    }

    pub(super) fn value_at(&mut self, frame: FrameId, ty: ValRef) -> Result<TypeId> {
        match ty {
            ValRef::Primitive(ty) => self.types.primitive(ty),
            ValRef::Index(index) => match self.type_at(frame, index)? {
                Type::Value(ty) => Ok(ty),
                _ => Err(dangling("value type")),
            },
        }
    }

    fn optional(&mut self, frame: FrameId, ty: Option<ValRef>) -> Result<Option<TypeId>> {
        ty.map(|ty| self.value_at(frame, ty)).transpose()
    }

    fn func_type(
        &mut self,
        frame: FrameId,
        ty: &FuncType<'a>,
    ) -> Result<super::entity::FuncTypeId> {
        let params = self.labelled(frame, &ty.params)?;
        let result = self.optional(frame, ty.result)?;
        self.types.function(params, result, ty.is_async)
    }

    fn labelled(
        &mut self,
        frame: FrameId,
        fields: &[(&'a str, ValRef)],
    ) -> Result<Vec<(String, TypeId)>> {
        self.charge_names(fields.iter().map(|field| field.0))?;
        fields
            .iter()
            .map(|&(name, ty)| Ok((name.to_string(), self.value_at(frame, ty)?)))
            .collect()
    }

    fn labels(&mut self, labels: &[&'a str]) -> Result<Vec<String>> {
        self.charge_names(labels.iter().copied())?;
        Ok(labels.iter().map(|label| (*label).to_string()).collect())
    }

    fn value_type(&mut self, frame: FrameId, ty: &ValueType<'a>) -> Result<Type<'a>> {
        let ty = match ty {
            ValueType::Primitive(ty) => self.types.primitive(*ty),
            ValueType::Record(fields) => {
                let fields = self.labelled(frame, fields)?;
                self.types.record(fields)
            }
            ValueType::Variant(cases) => {
                self.charge_names(cases.iter().map(|case| case.0))?;
                let cases = cases
                    .iter()
                    .map(|&(name, ty)| Ok((name.to_string(), self.optional(frame, ty)?)))
                    .collect::<Result<_>>()?;
                self.types.variant(cases)
            }
            ValueType::List(ty) => {
                let ty = self.value_at(frame, *ty)?;
                self.types.list(ty)
            }
            ValueType::FixedLengthList(ty, length) => {
                let ty = self.value_at(frame, *ty)?;
                self.types.fixed_length_list(ty, *length)
            }
            ValueType::Map(key, value) => {
                let key = self.value_at(frame, *key)?;
                let value = self.value_at(frame, *value)?;
                self.types.map(key, value)
            }
            ValueType::Tuple(types) => {
                self.charge(types.len())?;
                let types: Vec<TypeId> = types
                    .iter()
                    .map(|&ty| self.value_at(frame, ty))
                    .collect::<Result<_>>()?;
                self.types.tuple(&types)
            }
            ValueType::Flags(labels) => {
                let labels = self.labels(labels)?;
                self.types.flags(labels)
            }
            ValueType::Enum(labels) => {
                let labels = self.labels(labels)?;
                self.types.enumeration(labels)
            }
            ValueType::Option(ty) => {
                let ty = self.value_at(frame, *ty)?;
                self.types.option(ty)
            }
            ValueType::Result { ok, err } => {
                let ok = self.optional(frame, *ok)?;
                let err = self.optional(frame, *err)?;
                self.types.result(ok, err)
            }
            ValueType::Own(index) => {
                let resource = self.resource_at(frame, *index)?;
                self.types.own(resource)
            }
            ValueType::Borrow(index) => {
                let resource = self.resource_at(frame, *index)?;
                self.types.borrow(resource)
            }
            ValueType::Stream(ty) => {
                let ty = self.optional(frame, *ty)?;
                self.types.stream(ty)
            }
            ValueType::Future(ty) => {
                let ty = self.optional(frame, *ty)?;
                self.types.future(ty)
            }
        };
        Ok(Type::Value(ty?))
    }
}
