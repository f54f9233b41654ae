//! Access to the memories of both sides, imported or by functions.

use wasm_encoder::{BlockType, MemArg, MemArgTarget, ValType};

use tidegate_abi::code::TrapCode;

use super::emitter::{Emitter, Helper};
use super::func::{Func, Local};
use super::{Memory, SideId};
use crate::plan::Source;

/// What a scalar takes in memory, and how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    U8,
    S8,
    U16,
    S16,
    I32,
    I64,
    F32,
    F64,
}

impl Width {
    /// An unsigned integer of this many bytes.
    pub(super) fn unsigned(size: u32) -> Self {
        match size {
            1 => Self::U8,
            2 => Self::U16,
            _ => Self::I32,
        }
    }

    /// Its core type.
    pub(super) fn core(self) -> ValType {
        match self {
            Self::U8 | Self::S8 | Self::U16 | Self::S16 | Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
        }
    }

    /// The binary logarithm of its size.
    fn log2(self) -> u32 {
        match self {
            Self::U8 | Self::S8 => 0,
            Self::U16 | Self::S16 => 1,
            Self::I32 | Self::F32 => 2,
            Self::I64 | Self::F64 => 3,
        }
    }
}

impl Emitter<'_> {
    /// Reads what is `offset` behind the address in `addr`.
    pub(super) fn load(&mut self, f: &mut Func, side: SideId, width: Width, at: (Local, u32)) {
        let (addr, offset) = at;
        match self.memory(side) {
            Memory::Imported(source) => {
                f.get(addr);
                let arg = self.mem_arg(side, &source, width, offset);
                let mut ins = f.ins();
                match width {
                    Width::U8 => ins.i32_load8_u(arg),
                    Width::S8 => ins.i32_load8_s(arg),
                    Width::U16 => ins.i32_load16_u(arg),
                    Width::S16 => ins.i32_load16_s(arg),
                    Width::I32 => ins.i32_load(arg),
                    Width::I64 => ins.i64_load(arg),
                    Width::F32 => ins.f32_load(arg),
                    Width::F64 => ins.f64_load(arg),
                };
            }
            Memory::Accessor(shim) => {
                f.push_address(addr, offset);
                let name = ["load8", "load16", "load32", "load64"][width.log2() as usize];
                self.accessor(f, (shim, name), &[addr.ty], &[integer(width)]);
                let mut ins = f.ins();
                match width {
                    Width::U8 | Width::U16 | Width::I32 | Width::I64 => &mut ins,
                    Width::S8 => ins.i32_extend8_s(),
                    Width::S16 => ins.i32_extend16_s(),
                    Width::F32 => ins.f32_reinterpret_i32(),
                    Width::F64 => ins.f64_reinterpret_i64(),
                };
            }
        }
    }

    /// Begins a store: what `value` leaves on the stack is written `offset` behind the address in `addr`.
    pub(super) fn store(
        &mut self,
        f: &mut Func,
        side: SideId,
        width: Width,
        at: (Local, u32),
        value: impl FnOnce(&mut Self, &mut Func),
    ) {
        let (addr, offset) = at;
        match self.memory(side) {
            Memory::Imported(source) => {
                f.get(addr);
                value(self, f);
                let arg = self.mem_arg(side, &source, width, offset);
                let mut ins = f.ins();
                match width {
                    Width::U8 | Width::S8 => ins.i32_store8(arg),
                    Width::U16 | Width::S16 => ins.i32_store16(arg),
                    Width::I32 => ins.i32_store(arg),
                    Width::I64 => ins.i64_store(arg),
                    Width::F32 => ins.f32_store(arg),
                    Width::F64 => ins.f64_store(arg),
                };
            }
            Memory::Accessor(shim) => {
                f.push_address(addr, offset);
                value(self, f);
                let mut ins = f.ins();
                match width {
                    Width::F32 => ins.i32_reinterpret_f32(),
                    Width::F64 => ins.i64_reinterpret_f64(),
                    _ => &mut ins,
                };
                let name = ["store8", "store16", "store32", "store64"][width.log2() as usize];
                self.accessor(f, (shim, name), &[addr.ty, integer(width)], &[]);
            }
        }
    }

    /// Pushes the memory's size in bytes as an i64.
    fn memory_size(&mut self, f: &mut Func, side: SideId) {
        let pages = self.pointer(side);
        match self.memory(side) {
            Memory::Imported(source) => {
                let index = self.imported(side, &source);
                f.ins().memory_size(index);
            }
            Memory::Accessor(shim) => self.accessor(f, (shim, "pages"), &[], &[pages]),
        }
        extend(f, pages);
        f.ins().i64_const(16).i64_shl();
    }

    /// Copies bytes; takes the destination, the source and the count, all in range, from the stack. The count is an i32.
    pub(super) fn copy(&mut self, f: &mut Func, dir: super::Direction) {
        let [from, to] = [self.pointer(dir.from), self.pointer(dir.to)];
        match (self.memory(dir.from), self.memory(dir.to)) {
            (Memory::Imported(source), Memory::Imported(target)) => {
                // The count is as wide as the narrower addresses.
                if (from, to) == (ValType::I64, ValType::I64) {
                    f.ins().i64_extend_i32_u();
                }
                let source = self.imported(dir.from, &source);
                let target = self.imported(dir.to, &target);
                f.ins().memory_copy(target, source);
            }
            _ => {
                let source = self.transcoder(dir, "copy");
                self.call_import(f, source, &[to, from, ValType::I32], &[]);
            }
        }
    }

    fn memory(&self, side: SideId) -> Memory {
        self.side(side)
            .memory
            .clone()
            .expect("validation wants a memory where values are in memory")
    }

    /// Index of a memory that is imported.
    fn imported(&mut self, side: SideId, source: &Source) -> u32 {
        let ptr = self.side(side).ptr;
        self.module.memory(source, ptr).0
    }

    fn mem_arg(&mut self, side: SideId, memory: &Source, width: Width, offset: u32) -> MemArg {
        MemArg {
            offset: u64::from(offset),
            align: width.log2(),
            target: MemArgTarget::Memory(self.imported(side, memory)),
            ordering: None,
        }
    }

    fn accessor(
        &mut self,
        f: &mut Func,
        (shim, name): (u32, &str),
        params: &[ValType],
        results: &[ValType],
    ) {
        let source = Source::Shim {
            shim,
            name: name.to_owned(),
        };
        self.call_import(f, source, params, results);
    }

    /// The body of `Helper::Check`, `(ptr, bytes, align - 1) -> ()`: traps unless the range is aligned and in memory.
    pub(super) fn check_body(&mut self, side: SideId) -> Func {
        let (mut f, params) = Func::new(&self.params(Helper::Check(side)));
        let [ptr, bytes, mask] = params[..] else {
            unreachable!("there are three")
        };
        f.get(ptr);
        if ptr.ty == ValType::I64 {
            f.ins().i32_wrap_i64();
        }
        f.get(mask);
        f.ins().i32_and().if_(BlockType::Empty);
        self.trap(&mut f, TrapCode::Unaligned);
        f.ins().end();
        match ptr.ty {
            ValType::I64 => {
                let size = f.local(ValType::I64);
                self.memory_size(&mut f, side);
                f.ins().local_tee(size.index);
                f.get(ptr);
                f.ins().i64_lt_u();
                // What is left behind the address; when it is beyond the end, the first condition holds.
                f.get_all(&[size, ptr]);
                f.ins().i64_sub();
                f.get(bytes);
                f.ins().i64_extend_i32_u().i64_lt_u().i32_or();
            }
            _ => {
                // In 64 bits nothing overflows.
                f.get(ptr);
                f.ins().i64_extend_i32_u();
                f.get(bytes);
                f.ins().i64_extend_i32_u().i64_add();
                self.memory_size(&mut f, side);
                f.ins().i64_gt_u();
            }
        }
        f.ins().if_(BlockType::Empty);
        self.trap(&mut f, TrapCode::OutOfBounds);
        f.ins().end();
        f
    }
}

/// Makes the address or length on the stack an i64.
pub(super) fn extend(f: &mut Func, ty: ValType) {
    match ty {
        ValType::I64 => {}
        _ => {
            f.ins().i64_extend_i32_u();
        }
    }
}

/// As an accessor has it.
fn integer(width: Width) -> ValType {
    match width {
        Width::I64 | Width::F64 => ValType::I64,
        _ => ValType::I32,
    }
}
