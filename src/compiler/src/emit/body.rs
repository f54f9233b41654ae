//! The body of one shim function: the few sequences that all of them are made of.
//!
//! What a guest pays for on the way that does not trap is kept to a compare and an untaken branch
//! per check.

use wasm_encoder::{BlockType, HeapType, InstructionSink, MemArg, MemArgTarget, ValType};

use crate::plan::Source;
use tidegate_abi::code::TrapCode;
use tidegate_abi::layout::PtrType;
use tidegate_abi::limits::MAX_BUFFER_LENGTH;

use super::module::{Code, Module};

/// A local variable; parameters come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local(pub(super) u32);

/// Elements in a guest's memory, as a copy names them. Spec: `GuestBuffer`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buffer {
    /// Address of the first element.
    pub(super) ptr: Local,
    /// How many elements; `None` stands for exactly one.
    pub(super) len: Option<Local>,
    /// Bytes of an element, more than 0.
    pub(super) size: u32,
    /// Alignment of an element, a power of two.
    pub(super) align: u32,
}

/// A function body under construction, of a function of one component instance.
pub(super) struct Body<'m, 'a> {
    module: &'m mut Module<'a>,
    instance: u32,
    params: Vec<ValType>,
    results: Vec<ValType>,
    code: Code,
    locals: Vec<ValType>,
    step: Option<Local>,
}

impl<'m, 'a> Body<'m, 'a> {
    /// A body of a function with this signature.
    pub(super) fn new(
        module: &'m mut Module<'a>,
        instance: u32,
        params: Vec<ValType>,
        results: Vec<ValType>,
    ) -> Self {
        Self {
            module,
            instance,
            params,
            results,
            code: Code::default(),
            locals: Vec::new(),
            step: None,
        }
    }

    /// Adds the function to the module.
    pub(super) fn finish(mut self) {
        self.ins().end();
        self.module
            .define(&self.params, &self.results, self.locals, self.code);
    }

    /// A local behind the parameters.
    fn local(&mut self, ty: ValType) -> Local {
        self.locals.push(ty);
        Local((self.params.len() + self.locals.len() - 1) as u32)
    }

    /// Traps unless the instance may leave.
    pub(super) fn check_may_leave(&mut self) {
        let may_leave = self.module.global(Source::MayLeave {
            instance: self.instance,
        });
        self.ins()
            .global_get(may_leave.0)
            .i32_eqz()
            .if_(BlockType::Empty);
        self.trap(TrapCode::CannotLeave);
        self.ins().end();
    }

    /// Sets the instance's `may_leave`.
    pub(super) fn set_may_leave(&mut self, value: bool) {
        let may_leave = self.module.global(Source::MayLeave {
            instance: self.instance,
        });
        self.ins()
            .i32_const(i32::from(value))
            .global_set(may_leave.0);
    }

    /// Traps unless the buffer is aligned and lies inside the memory. A buffer without elements may
    /// be anywhere.
    pub(super) fn check_buffer(&mut self, buffer: Buffer) {
        if let Some(len) = buffer.len {
            self.check_length(len);
            self.push_narrow(len);
            self.ins().if_(BlockType::Empty);
        }
        self.check_aligned(buffer.ptr, buffer.align);
        self.module.use_memory(self.pointer(buffer.ptr));
        match self.pointer(buffer.ptr) {
            // In 64 bits nothing overflows: ptr + len * size is at most 2^64 - 2^32.
            PtrType::I32 => {
                self.push_wide(buffer.ptr);
                self.push_bytes(buffer);
                self.ins().i64_add();
                self.push_memory_size(PtrType::I32);
                self.ins().i64_gt_u();
            }
            PtrType::I64 => {
                self.push_wide(buffer.ptr);
                self.push_memory_size(PtrType::I64);
                self.ins().i64_gt_u();
                self.push_memory_size(PtrType::I64);
                self.push_wide(buffer.ptr);
                self.ins().i64_sub();
                self.push_bytes(buffer);
                self.ins().i64_lt_u().i32_or();
            }
        }
        self.ins().if_(BlockType::Empty);
        self.trap(TrapCode::OutOfBounds);
        self.ins().end();
        if buffer.len.is_some() {
            self.ins().end();
        }
    }

    /// A length of 64 bits has to be one that the runtime could be told.
    pub(super) fn check_length(&mut self, len: Local) {
        match self.pointer(len) {
            PtrType::I32 => {}
            PtrType::I64 => {
                self.ins()
                    .local_get(len.0)
                    .i64_const(MAX_BUFFER_LENGTH.into())
                    .i64_gt_u()
                    .if_(BlockType::Empty);
                self.trap(TrapCode::BufferTooLong);
                self.ins().end();
            }
        }
    }

    /// Pushes a buffer's bytes as an i64.
    fn push_bytes(&mut self, buffer: Buffer) {
        let size = i64::from(buffer.size);
        match buffer.len {
            Some(len) => {
                self.push_wide(len);
                if size > 1 {
                    self.ins().i64_const(size).i64_mul();
                }
            }
            None => {
                self.ins().i64_const(size);
            }
        }
    }

    /// Pushes the memory's bytes as an i64.
    fn push_memory_size(&mut self, ptr: PtrType) {
        self.ins().memory_size(0);
        match ptr {
            PtrType::I32 => {
                self.ins().i64_extend_i32_u();
            }
            PtrType::I64 => {}
        }
        self.ins().i64_const(16).i64_shl();
    }

    /// How wide a parameter is that is an address or a length.
    fn pointer(&self, param: Local) -> PtrType {
        match self.params[param.0 as usize] {
            ValType::I64 => PtrType::I64,
            _ => PtrType::I32,
        }
    }

    /// Pushes an address or a length as an i64.
    pub(super) fn push_wide(&mut self, param: Local) {
        self.ins().local_get(param.0);
        match self.pointer(param) {
            PtrType::I32 => {
                self.ins().i64_extend_i32_u();
            }
            PtrType::I64 => {}
        }
    }

    /// Pushes the lower half of a parameter.
    pub(super) fn push_narrow(&mut self, param: Local) {
        self.ins().local_get(param.0);
        match self.pointer(param) {
            PtrType::I32 => {}
            PtrType::I64 => {
                self.ins().i32_wrap_i64();
            }
        }
    }

    /// Stores two words at `ptr`, the second after the first, or traps. Spec: `unpack_event`.
    pub(super) fn store_pair(&mut self, ptr: Local, words: [u32; 2]) {
        self.check_buffer(Buffer {
            ptr,
            len: None,
            size: 8,
            align: 4,
        });
        for (i, word) in words.into_iter().enumerate() {
            self.ins().local_get(ptr.0);
            self.argument_word(word);
            let target = MemArgTarget::Memory(0);
            self.ins().i32_store(MemArg {
                offset: 4 * i as u64,
                align: 2,
                target,
                ordering: None,
            });
        }
    }

    /// Calls the runtime: its operands are on the stack, `count` of them; its step is left there.
    pub(super) fn call_runtime(&mut self, name: &str, count: usize) {
        self.call_raw(name, &vec![ValType::I32; count]);
    }

    /// As [`Self::call_runtime`], with operands of these types. What it leaves need not be a step.
    pub(super) fn call_raw(&mut self, name: &str, params: &[ValType]) {
        let source = Source::Runtime {
            name: name.to_owned(),
        };
        let func = self.module.func(source, params, &[ValType::I64]);
        self.ins().call(func.0);
    }

    /// Tells the runtime of the sync call that runs, unless it knows of it.
    pub(super) fn ensure_entered(&mut self) {
        let entered = self.module.global(Source::Entered);
        self.ins()
            .global_get(entered.0)
            .i32_eqz()
            .if_(BlockType::Empty);
        self.push_number(Source::Instance {
            index: self.instance,
        });
        // On the caller's stack.
        self.ins().i32_const(1);
        self.call_status("sync_enter", 2);
        self.ins().i32_const(1).global_set(entered.0).end();
    }

    /// A call of the instance during `call`, of which the runtime learns when something in it has to do with tasks.
    pub(super) fn entering(&mut self, call: impl FnOnce(&mut Self)) {
        let entered = self.module.global(Source::Entered);
        let before = self.local(ValType::I32);
        self.ins()
            .global_get(entered.0)
            .local_set(before.0)
            .i32_const(0)
            .global_set(entered.0);
        call(self);
        self.ins().global_get(entered.0).if_(BlockType::Empty);
        self.call_status("sync_exit", 0);
        self.ins().end().local_get(before.0).global_set(entered.0);
    }

    /// Calls a function of the runtime that fails in no case that can happen here.
    fn call_status(&mut self, name: &str, count: usize) {
        let source = Source::Runtime {
            name: name.to_owned(),
        };
        let func = self
            .module
            .func(source, &vec![ValType::I32; count], &[ValType::I32]);
        self.ins().call(func.0).drop();
    }

    /// Performs the step on the stack when it is an action, and forgets its value.
    pub(super) fn settle(&mut self) {
        self.perform_if_negative();
        self.ins().drop().end();
    }

    /// Performs the step on the stack when it is an action; the value is in [`Self::step`] then.
    pub(super) fn settle_value(&mut self) {
        self.perform_if_negative();
        let step = self.step();
        self.ins().local_set(step.0).end();
    }

    /// Calls a function of the JS host with all parameters, and goes no further when it has failed.
    pub(super) fn call_host(&mut self, source: Source, results: &[ValType]) {
        let params = self.params.clone();
        self.push_params();
        self.call_checked(source, &params, results);
    }

    /// Calls a function of the JS host with what is on the stack, and goes no further when it has failed.
    pub(super) fn call_checked(&mut self, source: Source, params: &[ValType], results: &[ValType]) {
        let func = self.module.func(source, params, results);
        let fault = self.module.global(Source::Fault);
        self.ins()
            .call(func.0)
            .global_get(fault.0)
            .if_(BlockType::Empty)
            .unreachable()
            .end();
    }

    /// When the step's value is not 0: calls, with all parameters, the half of a call whose slot and 1 is the lower half, with the subtask
    /// that is the upper half, and returns.
    pub(super) fn call_return_half(&mut self) {
        let table = self.module.table(Source::Table, PtrType::I32);
        let params = [&self.params[..], &[ValType::I32]].concat();
        let ty = self.module.func_type(&params, &[]);
        let step = self.step();
        self.ins()
            .local_get(step.0)
            .i32_wrap_i64()
            .if_(BlockType::Empty);
        self.push_params();
        self.ins()
            .local_get(step.0)
            .i64_const(32)
            .i64_shr_u()
            .i32_wrap_i64()
            .local_get(step.0)
            .i32_wrap_i64()
            .i32_const(1)
            .i32_sub()
            .call_indirect(table, ty)
            .return_()
            .end();
    }

    /// As [`Self::call_host`] of a function whose result may be late: then the driver waits for it, or
    /// traps when the function has failed, and `fetch` gives the result.
    pub(super) fn call_late_host(&mut self, source: Source, fetch: Option<(Source, ValType)>) {
        let params = self.params.clone();
        let results = self.results.clone();
        let func = self.module.func(source, &params, &results);
        let fault = self.module.global(Source::Fault);
        let blocked = Source::Driver {
            name: "blocked".to_owned(),
        };
        let blocked = self.module.func(blocked, &[], &[ValType::I32]);
        let fetch = fetch.map(|(source, ty)| self.module.func(source, &[ValType::I32], &[ty]));
        self.push_params();
        self.ins()
            .call(func.0)
            .global_get(fault.0)
            .if_(BlockType::Empty)
            .call(blocked.0);
        match fetch {
            Some(fetch) => self.ins().call(fetch.0),
            None => self.ins().drop(),
        };
        self.ins().return_().end();
    }

    /// Calls a guest's function that has this function's own parameters.
    pub(super) fn call_guest(&mut self, source: Source, results: &[ValType]) {
        let params = self.params.clone();
        let func = self.module.func(source, &params, results);
        self.push_params();
        self.ins().call(func.0);
    }

    /// Where guests may throw exceptions, one that leaves `call` is a trap. Spec: `call_and_trap_on_throw`.
    pub(super) fn catching(&mut self, result: Option<ValType>, call: impl FnOnce(&mut Self)) {
        let catches = self.module.catches;
        if catches {
            let ty = result.map_or(BlockType::Empty, BlockType::Result);
            self.ins().try_(ty);
        }
        call(self);
        if catches {
            self.ins().catch_all();
            self.trap(TrapCode::UncaughtException);
            self.ins().end();
        }
    }

    /// Traps unless the guest's `table` has a function `(context) -> ()` at `index`.
    pub(super) fn check_thread_start(&mut self, table: &Source, index: Local, context: ValType) {
        let table = self.module.table(table.clone(), self.pointer(index));
        let ty = self.module.func_type(&[context], &[]);
        self.ins()
            .local_get(index.0)
            .table_get(table)
            .ref_test_non_null(HeapType::Concrete(ty))
            .i32_eqz()
            .if_(BlockType::Empty)
            .unreachable()
            .end();
    }

    /// Puts the function where the driver finds it by the number that is the upper half of the step.
    pub(super) fn keep_thread_start(&mut self, table: &Source, index: Local) {
        let table = self.module.table(table.clone(), self.pointer(index));
        let threads = self.module.table(Source::Threads, PtrType::I32);
        let step = self.step().0;
        let mut ins = self.ins();
        let number = |ins: &mut InstructionSink| {
            ins.local_get(step).i64_const(32).i64_shr_u().i32_wrap_i64();
        };
        number(&mut ins);
        ins.table_size(threads)
            .i32_ge_u()
            .if_(BlockType::Empty)
            .ref_null(HeapType::FUNC);
        number(&mut ins);
        ins.table_size(threads)
            .i32_sub()
            .i32_const(THREADS_STEP)
            .i32_add()
            .table_grow(threads)
            .drop()
            .end();
        number(&mut ins);
        ins.local_get(index.0).table_get(table).table_set(threads);
    }

    /// Pushes a number of the store.
    pub(super) fn push_number(&mut self, source: Source) {
        let global = self.module.global(source);
        self.ins().global_get(global.0);
    }

    /// Pushes all parameters.
    pub(super) fn push_params(&mut self) {
        for n in 0..self.params.len() as u32 {
            self.ins().local_get(n);
        }
    }

    /// Pushes the value in [`Self::step`] as an i32 or an i64.
    pub(super) fn push_step(&mut self, ty: ValType) {
        let step = self.step();
        self.ins().local_get(step.0);
        if ty == ValType::I32 {
            self.ins().i32_wrap_i64();
        }
    }

    /// The local that holds a step.
    pub(super) fn step(&mut self) -> Local {
        if let Some(step) = self.step {
            return step;
        }
        let step = self.local(ValType::I64);
        self.step = Some(step);
        step
    }

    /// Appends instructions.
    pub(super) fn ins(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code.bytes)
    }

    fn argument_word(&mut self, word: u32) {
        let source = Source::Runtime {
            name: "arg".to_owned(),
        };
        let arg = self.module.func(source, &[ValType::I32], &[ValType::I32]);
        self.ins().i32_const(word as i32).call(arg.0);
    }

    fn check_aligned(&mut self, ptr: Local, align: u32) {
        if align > 1 {
            let mask = align as i32 - 1;
            // The bits that tell are the lowest.
            self.push_narrow(ptr);
            self.ins().i32_const(mask).i32_and().if_(BlockType::Empty);
            self.trap(TrapCode::Unaligned);
            self.ins().end();
        }
    }

    /// Opens a block in which the performed step's value is on the stack. What is performed may be a destructor, or a callback
    /// of whom a call is cancelled.
    fn perform_if_negative(&mut self) {
        let source = Source::Driver {
            name: "perform".to_owned(),
        };
        let perform = self.module.func(source, &[ValType::I64], &[ValType::I64]);
        let step = self.step();
        self.ins()
            .local_tee(step.0)
            .i64_const(0)
            .i64_lt_s()
            .if_(BlockType::Empty);
        self.catching(Some(ValType::I64), |body| {
            body.ins().local_get(step.0).call(perform.0);
        });
    }

    fn trap(&mut self, code: TrapCode) {
        let trap = self.module.func(Source::Trap, &[ValType::I32], &[]);
        self.ins().i32_const(code as i32).call(trap.0).unreachable();
    }
}

/// How many places the table of threads gets beyond the one that is needed.
const THREADS_STEP: i32 = 16;
