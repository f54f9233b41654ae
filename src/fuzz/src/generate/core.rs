//! Core modules, and the canonical definitions between them and component functions.

use arbitrary::{Result, Unstructured};
use tidegate_abi::layout::{Call, CoreType};
use wasm_encoder::{
    CanonicalOption, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, Instruction, MemorySection, MemoryType, Module, ModuleArg, TypeSection, ValType,
};

use super::component::Builder;
use super::ty::{CoreFuncTy, FuncTy, Parts, Ty};

impl Builder {
    /// A module with a memory, an allocator and a destructor; its instance.
    pub(super) fn allocator(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let mut module = Code::default();
        module.func("realloc", &CoreFuncTy::ints(4, 1));
        module.func("dtor", &CoreFuncTy::ints(1, 0));
        module.memory(u.int_in_range(0..=2)?);
        let module = self.to.core_module(None, &module.finish());
        let instance = self.to.core_instantiate(None, module, []);
        let mut export = |name, kind| self.to.core_alias_export(None, instance, name, kind);
        self.memories.push(export("memory", ExportKind::Memory));
        self.reallocs.push(export("realloc", ExportKind::Func));
        self.dtors.push(export("dtor", ExportKind::Func));
        Ok(())
    }

    /// Options for a function whose values need a memory, or `None` when there is none.
    fn options(
        &self,
        u: &mut Unstructured<'_>,
        needs_memory: bool,
        realloc: bool,
    ) -> Result<Option<Vec<CanonicalOption>>> {
        let mut options = vec![*u.choose(&[
            CanonicalOption::UTF8,
            CanonicalOption::UTF16,
            CanonicalOption::CompactUTF16,
        ])?];
        if self.memories.is_empty() {
            return Ok((!needs_memory).then_some(options));
        }
        options.push(CanonicalOption::Memory(*u.choose(&self.memories)?));
        if realloc {
            options.push(CanonicalOption::Realloc(*u.choose(&self.reallocs)?));
        }
        Ok(Some(options))
    }

    pub(super) fn lower(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        if self.funcs.is_empty() {
            return Ok(());
        }
        let (func, ty) = u.choose(&self.funcs)?.clone();
        let is_async = ty.is_async && u.ratio(15, 16)?;
        let needs_memory = ty.needs_memory() || is_async && ty.result.is_some();
        let Some(mut options) = self.options(u, needs_memory, true)? else {
            return Ok(());
        };
        let call = if is_async {
            options.push(CanonicalOption::Async);
            Call::LowerAsync
        } else {
            Call::LowerSync
        };
        let core = self.to.lower_func(None, func, options);
        self.core_funcs.push((core, ty.core(call)));
        Ok(())
    }

    pub(super) fn built_in(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let to = &mut self.to;
        let ints = CoreFuncTy::ints;
        let slot = u32::from(u.arbitrary::<bool>()?);
        let added = match u.int_in_range(0..=15)? {
            0 if !self.resources.is_empty() => {
                let resource = *u.choose(&self.resources)?;
                let own = self.own.contains(&resource);
                let Some(index) = self.space.resource(resource) else {
                    return Ok(());
                };
                match u.int_in_range(0..=2)? {
                    0 if own => (to.resource_new(index), ints(1, 1)),
                    1 if own => (to.resource_rep(index), ints(1, 1)),
                    _ => (to.resource_drop(index), ints(1, 0)),
                }
            }
            1 => (to.backpressure_inc(), ints(0, 0)),
            2 => (to.backpressure_dec(), ints(0, 0)),
            3 => (to.task_cancel(), ints(0, 0)),
            4 => (to.context_get(ValType::I32, slot), ints(0, 1)),
            5 => (to.context_set(ValType::I32, slot), ints(1, 0)),
            6 => (to.subtask_cancel(u.ratio(1, 4)?), ints(1, 1)),
            7 => (to.subtask_drop(), ints(1, 0)),
            8 => (to.waitable_set_new(), ints(0, 1)),
            9 if !self.memories.is_empty() => {
                (to.waitable_set_poll(*u.choose(&self.memories)?), ints(2, 1))
            }
            10 => (to.waitable_set_drop(), ints(1, 0)),
            11 => (to.waitable_join(), ints(2, 0)),
            12 => return self.task_return(u),
            _ => return self.end(u),
        };
        self.core_funcs.push(added);
        Ok(())
    }

    fn task_return(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let ty = FuncTy {
            params: Vec::new(),
            ..FuncTy::arbitrary(u, self.parts())?
        };
        let Some(options) = self.options(u, ty.needs_memory(), false)? else {
            return Ok(());
        };
        let flat = ty.result.as_ref().map_or(Some(Vec::new()), Ty::flat);
        let result = self.space.optional(&mut self.to, ty.result.as_ref());
        let core = CoreFuncTy {
            params: flat.unwrap_or_else(|| vec![CoreType::I32]),
            results: Vec::new(),
        };
        self.core_funcs
            .push((self.to.task_return(result, options), core));
        Ok(())
    }

    /// An operation on streams or futures.
    fn end(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let is_stream = u.arbitrary()?;
        let parts = Parts {
            borrows: false,
            ..self.parts()
        };
        let wanted = Ty::arbitrary(u, parts, 2)?.streamed();
        let ty = match is_stream {
            true => Ty::Stream(Some(wanted.into())),
            false => Ty::Future(Some(wanted.into())),
        };
        let Some(mut options) = self.options(u, true, true)? else {
            return Ok(());
        };
        options.push(CanonicalOption::Async);
        let index = self.space.index(&mut self.to, &ty);
        let to = &mut self.to;
        let ints = CoreFuncTy::ints;
        let (op, is_async) = (u.int_in_range(0..=6)?, u.ratio(1, 4)?);
        let pair = CoreFuncTy {
            params: Vec::new(),
            results: vec![CoreType::I64],
        };
        let added = match (is_stream, op) {
            (true, 0) => (to.stream_new(index), pair),
            (true, 1) => (to.stream_read(index, options), ints(3, 1)),
            (true, 2) => (to.stream_write(index, options), ints(3, 1)),
            (true, 3) => (to.stream_cancel_read(index, is_async), ints(1, 1)),
            (true, 4) => (to.stream_cancel_write(index, is_async), ints(1, 1)),
            (true, 5) => (to.stream_drop_readable(index), ints(1, 0)),
            (true, _) => (to.stream_drop_writable(index), ints(1, 0)),
            (false, 0) => (to.future_new(index), pair),
            (false, 1) => (to.future_read(index, options), ints(2, 1)),
            (false, 2) => (to.future_write(index, options), ints(2, 1)),
            (false, 3) => (to.future_cancel_read(index, is_async), ints(1, 1)),
            (false, 4) => (to.future_cancel_write(index, is_async), ints(1, 1)),
            (false, 5) => (to.future_drop_readable(index), ints(1, 0)),
            (false, _) => (to.future_drop_writable(index), ints(1, 0)),
        };
        self.core_funcs.push(added);
        Ok(())
    }

    /// A module that imports core functions and exports what is lifted; its instance, and the lifts.
    pub(super) fn guest(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let mut module = Code::default();
        let mut imports = Vec::new();
        for (index, ty) in &self.core_funcs {
            if u.ratio(3, 4)? {
                let name = format!("f{index}");
                module.import(&name, ty);
                imports.push((name, *index));
            }
        }
        module.func("callback", &CoreFuncTy::ints(3, 1));
        let mut lifts = Vec::new();
        for i in 0..u.int_in_range(0..=4)? {
            if let Some(lift) = self.plan_lift(u)? {
                module.func(&format!("l{i}"), &lift.ty.core(lift.call()));
                if !lift.is_async {
                    let released = CoreFuncTy {
                        params: lift.ty.core(lift.call()).results,
                        results: Vec::new(),
                    };
                    module.func(&format!("r{i}"), &released);
                }
                lifts.push((i, lift));
            }
        }
        let module = self.to.core_module(None, &module.finish());
        let exports = imports
            .iter()
            .map(|(name, index)| (&**name, ExportKind::Func, *index));
        let env = self
            .to
            .core_instantiate_exports(None, exports.collect::<Vec<_>>());
        let args = [("", ModuleArg::Instance(env))];
        let instance = self.to.core_instantiate(None, module, args);
        for (i, lift) in lifts {
            self.lift(u, instance, i, lift)?;
        }
        Ok(())
    }

    /// What to lift: one of the function types that are there, or a new one.
    fn plan_lift(&self, u: &mut Unstructured<'_>) -> Result<Option<Lift>> {
        let ty = match !self.funcs.is_empty() && u.arbitrary()? {
            true => u.choose(&self.funcs)?.1.clone(),
            false => FuncTy::arbitrary(u, self.parts())?,
        };
        let is_async = ty.is_async && u.arbitrary()?;
        let options = self.options(u, ty.needs_memory(), true)?;
        let known = |part: &Ty| match part {
            Ty::Own(resource) | Ty::Borrow(resource) => self.space.resource(*resource).is_some(),
            part => self.space.has(part),
        };
        let mut all = true;
        ty.types()
            .for_each(|ty| ty.visit(&mut |part| all &= known(part)));
        Ok(options.filter(|_| all).map(|options| Lift {
            ty,
            is_async,
            options,
        }))
    }

    fn lift(&mut self, u: &mut Unstructured<'_>, instance: u32, i: u32, lift: Lift) -> Result<()> {
        let mut options = lift.options;
        let export = |to: &mut wasm_encoder::ComponentBuilder, name: &str| {
            to.core_alias_export(None, instance, name, ExportKind::Func)
        };
        let core = export(&mut self.to, &format!("l{i}"));
        if lift.is_async {
            let callback = export(&mut self.to, "callback");
            options.extend([CanonicalOption::Async, CanonicalOption::Callback(callback)]);
        } else if u.arbitrary()? {
            let post_return = export(&mut self.to, &format!("r{i}"));
            options.push(CanonicalOption::PostReturn(post_return));
        }
        let ty = self.space.func(&mut self.to, &lift.ty);
        let func = self.to.lift_func(None, core, ty, options);
        self.funcs.push((func, lift.ty));
        Ok(())
    }
}

struct Lift {
    ty: FuncTy,
    is_async: bool,
    options: Vec<CanonicalOption>,
}

impl Lift {
    fn call(&self) -> Call {
        match self.is_async {
            true => Call::LiftCallback,
            false => Call::LiftSync,
        }
    }
}

/// A core module in the making.
#[derive(Default)]
struct Code {
    types: TypeSection,
    imports: ImportSection,
    funcs: FunctionSection,
    memories: MemorySection,
    exports: ExportSection,
    code: CodeSection,
    imported: u32,
}

impl Code {
    fn ty(&mut self, ty: &CoreFuncTy) -> u32 {
        let index = self.types.len();
        let values = |types: &[CoreType]| types.iter().map(|&ty| value(ty)).collect::<Vec<_>>();
        self.types
            .ty()
            .function(values(&ty.params), values(&ty.results));
        index
    }

    /// Imports come before functions.
    fn import(&mut self, name: &str, ty: &CoreFuncTy) {
        let ty = self.ty(ty);
        self.imports.import("", name, EntityType::Function(ty));
        self.imported += 1;
    }

    fn func(&mut self, name: &str, ty: &CoreFuncTy) {
        let ty = self.ty(ty);
        let index = self.imported + self.funcs.len();
        self.funcs.function(ty);
        self.exports.export(name, ExportKind::Func, index);
        let mut body = Function::new([]);
        body.instruction(&Instruction::Unreachable);
        body.instruction(&Instruction::End);
        self.code.function(&body);
    }

    fn memory(&mut self, minimum: u64) {
        self.memories.memory(MemoryType {
            minimum,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        self.exports.export("memory", ExportKind::Memory, 0);
    }

    fn finish(self) -> Module {
        let mut module = Module::new();
        module
            .section(&self.types)
            .section(&self.imports)
            .section(&self.funcs)
            .section(&self.memories)
            .section(&self.exports)
            .section(&self.code);
        module
    }
}

fn value(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
    }
}
