//! A module of adapters under construction, and the functions that its adapters share.

use std::collections::HashMap;

use wasm_encoder::{BlockType, ValType};

use tidegate_abi::code::TrapCode;
use tidegate_abi::layout::PtrType;

use super::func::{Func, Local};
use super::traits::Traits;
use super::{AdapterSpec, Direction, Side, SideId};
use crate::emit::builtin::{pointer, val_types};
use crate::emit::module::{Module, OwnFunc};
use crate::plan::{Shim, Source, StringEncoding, TypeDesc, TypeKind};

/// A function that adapters of a module share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Helper {
    /// `(subtask?, source, destination?) -> flat?`. Translates a value. The source is an address or the flat value, and so is
    /// what comes out; the subtask is there for types that contain borrows.
    Value { ty: u32, dir: Direction, form: Form },
    /// `(subtask?, ptr, count) -> ptr`. Copies a list, whose elements need to be looked at.
    Elements { ty: u32, dir: Direction },
    /// `(ptr, count) -> ptr`. Copies a list of [plain](Traits) elements.
    Bytes {
        size: u32,
        align: u32,
        dir: Direction,
    },
    /// `(subtask?, handle) -> handle`. Moves a handle from one table to the other.
    Handle { ty: u32, dir: Direction },
    /// `(ptr, bytes, align - 1) -> ()`, of which only the first may have 64 bits. Traps unless a range is aligned and in memory.
    Check(SideId),
    /// `(bytes, align) -> ptr`. Spec: `allocate`, and the checks that follow it everywhere.
    Allocate(SideId),
}

impl Helper {
    /// For those who look at a stack.
    fn name(self) -> &'static str {
        match self {
            Self::Value { .. } => "adapter: value",
            Self::Elements { .. } | Self::Bytes { .. } => "adapter: list",
            Self::Handle { .. } => "adapter: handle",
            Self::Check(_) => "adapter: check of a range",
            Self::Allocate(_) => "adapter: allocate",
        }
    }
}

/// Where a value comes from and where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Form {
    pub(super) from_memory: bool,
    pub(super) to_memory: bool,
}

/// A module of adapters under construction.
pub(super) struct Emitter<'s> {
    pub(super) module: Module<'s>,
    types: &'s [TypeDesc],
    types64: &'s [TypeDesc],
    pub(super) traits: &'s [Traits],
    spec: &'s AdapterSpec<'s>,
    helpers: HashMap<Helper, OwnFunc>,
    /// Helpers that have no code yet.
    wanted: Vec<(Helper, OwnFunc)>,
    /// Something has more parts than engines allow.
    pub(super) too_large: bool,
}

impl<'s> Emitter<'s> {
    pub(super) fn new(spec: &'s AdapterSpec<'s>) -> Self {
        Self {
            module: Module::new(None, spec.catches),
            types: spec.types,
            types64: spec.types64,
            traits: spec.traits,
            spec,
            helpers: HashMap::new(),
            wanted: Vec::new(),
            too_large: false,
        }
    }

    /// Gives code to every helper that is wanted, and to those which they want in turn; `None` when there is too much.
    pub(super) fn complete(&mut self) -> Option<()> {
        loop {
            if self.too_large || self.module.size() > self.spec.max_size {
                return None;
            }
            let Some((helper, func)) = self.wanted.pop() else {
                return Some(());
            };
            let body = match helper {
                Helper::Value { ty, dir, form } => self.value_body(ty, dir, form),
                Helper::Elements { ty, dir } => self.elements_body(ty, dir),
                Helper::Bytes { size, align, dir } => self.bytes_body(size, align, dir),
                Helper::Handle { ty, dir } => self.handle_body(ty, dir),
                Helper::Check(side) => self.check_body(side),
                Helper::Allocate(side) => self.allocate_body(side),
            };
            body.finish(&mut self.module, func);
        }
    }

    pub(super) fn finish(self) -> Shim {
        self.module.finish()
    }

    /// Calls a helper, whose parameters are on the stack.
    pub(super) fn help(&mut self, f: &mut Func, helper: Helper) {
        let func = match self.helpers.get(&helper) {
            Some(&func) => func,
            None => {
                let (params, results) = self.signature(helper);
                self.module.name_next(helper.name().to_owned());
                let func = self.module.declare(&params, &results);
                self.helpers.insert(helper, func);
                self.wanted.push((helper, func));
                func
            }
        };
        f.call(func);
    }

    /// Pushes the subtask for a helper of this type, if it wants it.
    pub(super) fn push_subtask(&mut self, f: &mut Func, ty: u32) {
        if self.traits[ty as usize].borrows {
            let subtask = f.subtask.expect("borrows are in parameters only");
            f.get(subtask);
        }
    }

    /// The parameters of a helper.
    pub(super) fn params(&self, helper: Helper) -> Vec<ValType> {
        self.signature(helper).0
    }

    fn signature(&self, helper: Helper) -> (Vec<ValType>, Vec<ValType>) {
        let subtask = |ty: u32| {
            let borrows = self.traits[ty as usize].borrows;
            borrows.then_some(ValType::I32).into_iter().collect()
        };
        match helper {
            Helper::Value { ty, dir, form } => {
                let mut params: Vec<ValType> = subtask(ty);
                match form.from_memory {
                    true => params.push(self.pointer(dir.from)),
                    false => params.extend(self.flat(ty, dir.from)),
                }
                match form.to_memory {
                    true => {
                        params.push(self.pointer(dir.to));
                        (params, Vec::new())
                    }
                    false => (params, self.flat(ty, dir.to)),
                }
            }
            Helper::Elements { ty, dir } => {
                let mut params: Vec<ValType> = subtask(ty);
                params.extend([self.pointer(dir.from); 2]);
                (params, vec![self.pointer(dir.to)])
            }
            Helper::Handle { ty, .. } => {
                let mut params: Vec<ValType> = subtask(ty);
                params.push(ValType::I32);
                (params, vec![ValType::I32])
            }
            Helper::Check(side) => (
                vec![self.pointer(side), ValType::I32, ValType::I32],
                Vec::new(),
            ),
            Helper::Bytes { dir, .. } => {
                (vec![self.pointer(dir.from); 2], vec![self.pointer(dir.to)])
            }
            Helper::Allocate(side) => (vec![ValType::I32; 2], vec![self.pointer(side)]),
        }
    }

    /// A type as a side has it.
    pub(super) fn desc(&self, ty: u32, side: SideId) -> &'s TypeDesc {
        match self.side(side).ptr {
            PtrType::I32 => &self.types[ty as usize],
            PtrType::I64 => &self.types64[ty as usize],
        }
    }

    /// Size and alignment of a type in a side's memory.
    pub(super) fn layout(&self, ty: u32, side: SideId) -> (u32, u32) {
        let desc = self.desc(ty, side);
        (desc.size, desc.align)
    }

    /// A side's flat types of a type that has at most 16.
    pub(super) fn flat(&self, ty: u32, side: SideId) -> Vec<ValType> {
        let flat = self.desc(ty, side).flat.as_deref();
        val_types(flat.expect("what is flat has at most 16 core values"))
    }

    /// How many flat values a type has that has at most 16: the same number on every side.
    pub(super) fn flat_count(&self, ty: u32) -> usize {
        let flat = self.types[ty as usize].flat.as_ref();
        flat.expect("what is flat has at most 16 core values").len()
    }

    /// Whether values of a type are flat where at most so many may be.
    pub(super) fn fits(&self, ty: u32, most: usize) -> bool {
        let flat = self.types[ty as usize].flat.as_ref();
        flat.is_some_and(|flat| flat.len() <= most)
    }

    /// The kind of a type; offsets in it are those of 32-bit memories.
    pub(super) fn kind(&self, ty: u32) -> &'s TypeKind {
        &self.types[ty as usize].kind
    }

    /// The core type of a side's addresses and lengths.
    pub(super) fn pointer(&self, side: SideId) -> ValType {
        pointer(self.side(side).ptr)
    }

    pub(super) fn side(&self, side: SideId) -> &Side {
        &self.spec.sides[side.0 as usize]
    }

    /// The function of a transcoder.
    pub(super) fn transcoder(&self, dir: Direction, name: &str) -> Source {
        let shim = self.spec.transcoders.get(&dir);
        Source::Shim {
            shim: *shim.expect("link gives one to every direction that needs it"),
            name: name.to_owned(),
        }
    }

    /// The function that copies strings.
    pub(super) fn string_copier(&self, dir: Direction) -> Source {
        let name = |side| match self.side(side).encoding {
            StringEncoding::Utf8 => "utf8",
            StringEncoding::Utf16 => "utf16",
            StringEncoding::CompactUtf16 => "compact",
        };
        self.transcoder(dir, &format!("{}-{}", name(dir.from), name(dir.to)))
    }

    /// Calls a guest's function with these parameters; exceptions are traps. Spec: `call_and_trap_on_throw`.
    pub(super) fn call_guest(
        &mut self,
        f: &mut Func,
        source: Source,
        params: &[Local],
        result: Option<ValType>,
    ) {
        let types: Vec<ValType> = params.iter().map(|local| local.ty).collect();
        if self.module.catches {
            f.ins()
                .try_(result.map_or(BlockType::Empty, BlockType::Result));
        }
        f.get_all(params);
        self.call_import(f, source, &types, result.as_slice());
        if self.module.catches {
            f.ins().catch_all();
            self.trap(f, TrapCode::UncaughtException);
            f.ins().end();
        }
    }

    pub(super) fn call_import(
        &mut self,
        f: &mut Func,
        source: Source,
        params: &[ValType],
        results: &[ValType],
    ) {
        let func = self.module.func(source, params, results);
        f.ins().call(func.0);
    }

    /// Calls the runtime: its operands are on the stack, all of them i32; its step or status is left there.
    pub(super) fn call_runtime(
        &mut self,
        f: &mut Func,
        name: &str,
        operands: usize,
        result: ValType,
    ) {
        let source = Source::Runtime {
            name: name.to_owned(),
        };
        self.call_import(f, source, &vec![ValType::I32; operands], &[result]);
    }

    /// Performs the step on the stack when it is an action, and leaves its value as an i32.
    pub(super) fn settle(&mut self, f: &mut Func) {
        let scope = f.scope();
        let step = self.settle_value(f);
        f.get(step);
        f.ins().i32_wrap_i64();
        f.end_scope(scope);
    }

    /// Performs the step on the stack when it is an action; the value is in the local then.
    pub(super) fn settle_value(&mut self, f: &mut Func) -> Local {
        let source = Source::Driver {
            name: "perform".to_owned(),
        };
        let step = f.local(ValType::I64);
        f.ins()
            .local_tee(step.index)
            .i64_const(0)
            .i64_lt_s()
            .if_(BlockType::Empty);
        f.get(step);
        self.call_import(f, source, &[ValType::I64], &[ValType::I64]);
        f.set(step);
        f.ins().end();
        step
    }

    /// Traps when the status on the stack is negative, and else leaves it there.
    pub(super) fn expect(&mut self, f: &mut Func) {
        let scope = f.scope();
        let status = f.local(ValType::I32);
        f.ins()
            .local_tee(status.index)
            .i32_const(0)
            .i32_lt_s()
            .if_(BlockType::Empty)
            .i32_const(0);
        f.get(status);
        f.ins().i32_sub();
        self.trap_with_code(f);
        f.ins().end();
        f.get(status);
        f.end_scope(scope);
    }

    /// Tells the runtime of the sync call of `side` that runs, unless it knows of it.
    pub(super) fn ensure_entered(&mut self, f: &mut Func, side: SideId) {
        let entered = self.module.global(Source::Entered);
        f.ins()
            .global_get(entered.0)
            .i32_eqz()
            .if_(BlockType::Empty);
        self.push_instance(f, side);
        // On the caller's stack.
        f.ins().i32_const(1);
        self.call_runtime(f, "sync_enter", 2, ValType::I32);
        f.ins().drop().i32_const(1).global_set(entered.0).end();
    }

    /// Pushes a number of the store.
    pub(super) fn push_number(&mut self, f: &mut Func, source: Source) {
        let global = self.module.global(source);
        f.ins().global_get(global.0);
    }

    pub(super) fn push_instance(&mut self, f: &mut Func, side: SideId) {
        let index = self.side(side).instance;
        self.push_number(f, Source::Instance { index });
    }

    pub(super) fn trap(&mut self, f: &mut Func, code: TrapCode) {
        f.ins().i32_const(code as i32);
        self.trap_with_code(f);
    }

    fn trap_with_code(&mut self, f: &mut Func) {
        self.call_import(f, Source::Trap, &[ValType::I32], &[]);
        f.ins().unreachable();
    }

    /// Allocates memory for a value; leaves the address on the stack.
    pub(super) fn allocate(&mut self, f: &mut Func, side: SideId, ty: u32) {
        let (size, align) = self.layout(ty, side);
        f.ins().i32_const(size as i32).i32_const(align as i32);
        self.help(f, Helper::Allocate(side));
    }

    /// Checks the range of a value of which the address is in a local.
    pub(super) fn check(&mut self, f: &mut Func, side: SideId, ptr: Local, ty: u32) {
        let (size, align) = self.layout(ty, side);
        f.get(ptr);
        f.ins().i32_const(size as i32).i32_const(align as i32 - 1);
        self.help(f, Helper::Check(side));
    }

    /// The body of [`Helper::Allocate`].
    fn allocate_body(&mut self, side: SideId) -> Func {
        let (mut f, params) = Func::new(&[ValType::I32; 2]);
        let [bytes, align] = params[..] else {
            unreachable!("there are two")
        };
        let realloc = self.side(side).realloc.clone();
        let realloc = realloc.expect("validation wants a realloc where memory is needed");
        let pointer = self.pointer(side);
        let ptr = f.local(pointer);
        match pointer {
            ValType::I64 => {
                f.ins().i64_const(0).i64_const(0);
                f.get(align);
                f.ins().i64_extend_i32_u();
                f.get(bytes);
                f.ins().i64_extend_i32_u();
            }
            _ => {
                f.ins().i32_const(0).i32_const(0);
                f.get_all(&[align, bytes]);
            }
        }
        self.call_import(&mut f, realloc, &[pointer; 4], &[pointer]);
        f.ins().local_tee(ptr.index);
        f.get_all(&[bytes, align]);
        f.ins().i32_const(1).i32_sub();
        self.help(&mut f, Helper::Check(side));
        f.get(ptr);
        f
    }
}
