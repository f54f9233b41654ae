//! The body of one function of an adapter: its locals and its instructions so far.

use wasm_encoder::{InstructionSink, ValType};

use crate::emit::module::{Code, Module, OwnFunc};

/// A local variable; parameters come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) index: u32,
    pub(super) ty: ValType,
}

/// A function under construction.
pub(super) struct Func {
    /// What is called may read or write this local's subtask: see `Helper::Value`.
    pub(super) subtask: Option<Local>,
    params: u32,
    locals: Vec<ValType>,
    code: Code,
    /// Locals in use, those of the innermost scope last.
    live: Vec<Local>,
    /// Locals that a scope has given back.
    free: Vec<Local>,
}

impl Func {
    /// An empty body of a function with these parameters, and the parameters.
    pub(super) fn new(params: &[ValType]) -> (Self, Vec<Local>) {
        let func = Self {
            subtask: None,
            params: params.len() as u32,
            locals: Vec::new(),
            code: Code::default(),
            live: Vec::new(),
            free: Vec::new(),
        };
        let locals = (0..).zip(params).map(|(index, &ty)| Local { index, ty });
        (func, locals.collect())
    }

    /// Gives the function its code.
    pub(super) fn finish(mut self, module: &mut Module, func: OwnFunc) {
        self.ins().end();
        module.fill(func, self.locals, self.code);
    }

    /// A local whose value is unknown; it is given back at the end of the scope.
    pub(super) fn local(&mut self, ty: ValType) -> Local {
        let found = self.free.iter().rposition(|local| local.ty == ty);
        let local = match found {
            Some(i) => self.free.swap_remove(i),
            None => {
                self.locals.push(ty);
                let index = self.params + self.locals.len() as u32 - 1;
                Local { index, ty }
            }
        };
        self.live.push(local);
        local
    }

    /// As [`Self::local`], one for each of `types`.
    pub(super) fn locals(&mut self, types: impl IntoIterator<Item = ValType>) -> Vec<Local> {
        types.into_iter().map(|ty| self.local(ty)).collect()
    }

    /// Begins a scope.
    pub(super) fn scope(&self) -> usize {
        self.live.len()
    }

    /// Ends the scope that began with `scope`.
    pub(super) fn end_scope(&mut self, scope: usize) {
        self.free.extend(self.live.drain(scope..));
    }

    /// Calls a function of the same module.
    pub(super) fn call(&mut self, func: OwnFunc) {
        self.code.call(func);
    }

    pub(super) fn get(&mut self, local: Local) {
        self.ins().local_get(local.index);
    }

    pub(super) fn set(&mut self, local: Local) {
        self.ins().local_set(local.index);
    }

    pub(super) fn get_all(&mut self, locals: &[Local]) {
        for &local in locals {
            self.get(local);
        }
    }

    /// Takes several results from the stack, the last one first.
    pub(super) fn set_all(&mut self, locals: &[Local]) {
        for &local in locals.iter().rev() {
            self.set(local);
        }
    }

    /// `local`, an address or a number of bytes, is a `size` further.
    pub(super) fn advance(&mut self, local: Local, size: i32) {
        self.get(local);
        match local.ty {
            ValType::I64 => self.ins().i64_const(size.into()).i64_add(),
            _ => self.ins().i32_const(size).i32_add(),
        };
        self.set(local);
    }

    /// Pushes the address that is `offset` behind that in a local.
    pub(super) fn push_address(&mut self, addr: Local, offset: u32) {
        self.get(addr);
        match (offset, addr.ty) {
            (0, _) => {}
            (_, ValType::I64) => {
                self.ins().i64_const(offset.into()).i64_add();
            }
            (_, _) => {
                self.ins().i32_const(offset as i32).i32_add();
            }
        }
    }

    /// Appends instructions.
    pub(super) fn ins(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code.bytes)
    }
}
