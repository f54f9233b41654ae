//! The driver module: performs the runtime's actions, so that the runtime never calls anything.
//!
//! Enters: nothing; the module is the same for every store. Leaves: its bytes. Imports and exports are
//! those of ARCHITECTURE.md, "The driver module"; the actions are those of `tidegate_abi::action`.
//!
//! Argument words are read before anything is called: what is called may use the runtime itself.

use tidegate_abi::action::ActionKind;
use wasm_encoder::ValType::{self, I32, I64};
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, InstructionSink, Module, NameMap, NameSection, RefType, TableType, TypeSection,
};

/// The module's bytes.
pub(crate) fn driver() -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    for import in IMPORTS {
        let ty = types.len();
        types.ty().function(
            import.params.iter().copied(),
            import.results.iter().copied(),
        );
        imports.import(import.module, import.name, EntityType::Function(ty));
    }
    let table = TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 0,
        maximum: None,
        shared: false,
    };
    for name in ["table", "threads"] {
        imports.import("env", name, EntityType::Table(table));
    }

    let indirect = Indirect {
        callback: types.len(),
        unary: types.len() + 1,
        wide: types.len() + 2,
    };
    types.ty().function([I32; 3], [I32]);
    types.ty().function([I32], []);
    types.ty().function([I64], []);

    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    let mut names = NameMap::new();
    let mut export = |name: &str, params: &[ValType], results: &[ValType], body: &Function| {
        let index = IMPORTS.len() as u32 + functions.len();
        exports.export(name, ExportKind::Func, index);
        names.append(index, name);
        functions.function(types.len());
        types
            .ty()
            .function(params.iter().copied(), results.iter().copied());
        code.function(body);
    };
    export("perform", &[I64], &[I64], &perform(indirect));
    export("run", &[I32], &[I32], &run());
    export("thread_main", &[I32], &[], &thread_main());
    export("blocked", &[], &[I32], &blocked());
    for import in IMPORTS.iter().filter(|import| import.reexported()) {
        export(import.name, import.params, &[I32], &narrowed(import));
    }

    // The name that shims have too: the host knows its own functions by it in an engine's stack.
    let mut name_section = NameSection::new();
    name_section.module("tidegate");
    name_section.functions(&names);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&exports)
        .section(&code)
        .section(&name_section);
    module.finish()
}

/// An imported function.
struct Import {
    module: &'static str,
    name: &'static str,
    params: &'static [ValType],
    results: &'static [ValType],
}

impl Import {
    /// The driver exports a function of the same name whose value is an `i32`, for JS.
    fn reexported(&self) -> bool {
        self.module == "rt" && self.name.starts_with("host_")
    }
}

const fn rt(name: &'static str, params: &'static [ValType]) -> Import {
    Import {
        module: "rt",
        name,
        params,
        results: &[I64],
    }
}

const fn host(name: &'static str, params: &'static [ValType]) -> Import {
    Import {
        module: "host",
        name,
        params,
        results: &[I32],
    }
}

/// Every imported function; its place is its index.
const IMPORTS: &[Import] = &[
    Import {
        module: "rt",
        name: "arg",
        params: &[I32],
        results: &[I32],
    },
    rt("copied", &[]),
    rt("dtor_done", &[]),
    rt("pulled", &[I32]),
    rt("aborted", &[I32]),
    rt("told", &[]),
    rt("next", &[]),
    rt("callback_done", &[I32, I32]),
    rt("thread_begin", &[I32]),
    rt("thread_done", &[I32]),
    rt("spawned", &[I32]),
    rt("resumed", &[I32]),
    rt("subtask_wait", &[I32, I32]),
    rt("host_read", &[I32, I32]),
    rt("host_write", &[I32, I32]),
    rt("host_cancel", &[I32]),
    rt("host_drop", &[I32]),
    rt("host_resource_drop", &[I32]),
    Import {
        module: "host",
        name: "trap",
        params: &[I32],
        results: &[],
    },
    host("copy", &[]),
    host("pull", &[I32, I32]),
    host("event", &[I32, I32]),
    host("host_dtor", &[I32, I32]),
    host("abort", &[I32]),
    host("cancelled", &[I32]),
    host("start", &[I32, I32]),
    host("block", &[I32]),
    host("suspend", &[I32]),
    host("resumed", &[I32]),
    host("resume", &[I32]),
    host("spawn", &[I32]),
    host("finished", &[I32]),
    host("blocked", &[]),
];

fn index(module: &str, name: &str) -> u32 {
    let found = IMPORTS
        .iter()
        .position(|import| import.module == module && import.name == name);
    found.expect("every function that is called is listed in IMPORTS") as u32
}

/// Type indices of what lives in the store's tables.
#[derive(Clone, Copy)]
struct Indirect {
    /// `(event, p1, p2) -> packed`. Spec: `callback`.
    callback: u32,
    /// `(i32) -> ()`: destructors, start halves, functions of explicit threads.
    unary: u32,
    /// `(i64) -> ()`: functions of explicit threads of programs with 64-bit addresses.
    wide: u32,
}

/// The store's table of callbacks, destructors and halves of calls.
const TABLE: u32 = 0;
/// The functions of explicit threads, by the thread's number.
const THREADS: u32 = 1;

/// Locals of `perform`.
const STEP: u32 = 0;
const OPERAND: u32 = 1;
const ID: u32 = 2;

/// `perform(step: i64) -> i64`: performs actions until a step is a value.
fn perform(indirect: Indirect) -> Function {
    let kinds: Vec<ActionKind> = (1..).map_while(ActionKind::from_number).collect();
    let count = kinds.len() as u32;
    let mut function = Function::new([(2, I32)]);
    let mut ins = function.instructions();
    ins.loop_(BlockType::Empty);
    ins.local_get(STEP)
        .i64_const(0)
        .i64_ge_s()
        .if_(BlockType::Empty);
    ins.local_get(STEP).return_().end();
    // The operand is bits 8 to 39 of the complement.
    ins.local_get(STEP).i64_const(-1).i64_xor().local_tee(STEP);
    ins.i64_const(8)
        .i64_shr_u()
        .i32_wrap_i64()
        .local_set(OPERAND);
    // A block for each kind and, outermost, one for numbers that no kind has; block `n` ends where the
    // code of kind `n` begins.
    for _ in 0..=count {
        ins.block(BlockType::Empty);
    }
    ins.local_get(STEP).i32_wrap_i64().i32_const(0xff).i32_and();
    ins.br_table(
        [count].into_iter().chain(0..count).collect::<Vec<_>>(),
        count,
    );
    for (i, kind) in kinds.into_iter().enumerate() {
        ins.end();
        match perform_one(&mut ins, kind, indirect) {
            Then::Continue => ins.local_set(STEP).br(count - i as u32),
            Then::Return => ins.i64_const(0).return_(),
            Then::Stop => ins.i64_const(STOP).return_(),
            Then::Nothing => ins.unreachable(),
        };
    }
    ins.end().unreachable().end().unreachable().end();
    function
}

/// What follows an action.
enum Then {
    /// Its report, a step, is on the stack.
    Continue,
    /// It has no report; the value is 0.
    Return,
    /// It has no report; the value is [`STOP`].
    Stop,
    /// It does not end.
    Nothing,
}

/// What `perform` tells `run`: to go no further for now.
const STOP: i64 = 1;

/// The code of one kind of action, whose operand is in [`OPERAND`].
fn perform_one(ins: &mut InstructionSink, kind: ActionKind, indirect: Indirect) -> Then {
    match kind {
        ActionKind::Trap => {
            ins.local_get(OPERAND).call(index("host", "trap"));
            Then::Nothing
        }
        ActionKind::Copy => {
            call_host(ins, "copy");
            ins.call(index("rt", "copied"));
            Then::Continue
        }
        ActionKind::Dtor => {
            argument(ins, 0);
            ins.local_get(OPERAND)
                .call_indirect(TABLE, indirect.unary)
                .call(index("rt", "dtor_done"));
            Then::Continue
        }
        ActionKind::HostDtor => {
            ins.local_get(OPERAND);
            argument(ins, 0);
            call_host(ins, "host_dtor");
            ins.call(index("rt", "dtor_done"));
            Then::Continue
        }
        ActionKind::HostPull => {
            ins.local_get(OPERAND);
            argument(ins, 0);
            call_host(ins, "pull");
            ins.local_get(OPERAND).call(index("rt", "pulled"));
            Then::Continue
        }
        ActionKind::HostEvent => {
            ins.local_get(OPERAND);
            argument(ins, 0);
            call_host(ins, "event");
            Then::Return
        }
        ActionKind::HostAbort => {
            argument(ins, 0);
            ins.local_set(ID).local_get(OPERAND);
            call_host(ins, "abort");
            ins.local_get(ID).call(index("rt", "aborted"));
            Then::Continue
        }
        ActionKind::Callback => {
            argument(ins, 0);
            for word in 1..=3 {
                argument(ins, word);
            }
            ins.local_get(OPERAND)
                .call_indirect(TABLE, indirect.callback);
            ins.call(index("rt", "callback_done"));
            Then::Continue
        }
        ActionKind::Start => {
            ins.local_get(OPERAND);
            argument(ins, 0);
            call_host(ins, "start");
            Then::Return
        }
        ActionKind::HostCancelled => {
            ins.local_get(OPERAND);
            call_host(ins, "cancelled");
            ins.call(index("rt", "told"));
            Then::Continue
        }
        ActionKind::Suspend => {
            ins.local_get(OPERAND);
            call_host(ins, "block");
            ins.local_get(OPERAND);
            call_host(ins, "suspend");
            ins.local_get(OPERAND);
            call_host(ins, "resumed");
            ins.local_get(OPERAND).call(index("rt", "resumed"));
            Then::Continue
        }
        ActionKind::Resume => {
            ins.local_get(OPERAND);
            call_host(ins, "resume");
            Then::Stop
        }
        ActionKind::Spawn => {
            ins.local_get(OPERAND);
            call_host(ins, "spawn");
            ins.local_get(OPERAND).call(index("rt", "spawned"));
            Then::Continue
        }
        ActionKind::StartCall => {
            argument(ins, 0);
            ins.local_get(OPERAND).call_indirect(TABLE, indirect.unary);
            Then::Return
        }
        ActionKind::ThreadStart => {
            argument(ins, 2);
            ins.if_(BlockType::Empty);
            argument(ins, 0);
            ins.i64_extend_i32_u();
            argument(ins, 1);
            ins.i64_extend_i32_u().i64_const(32).i64_shl().i64_or();
            ins.local_get(OPERAND)
                .call_indirect(THREADS, indirect.wide)
                .else_();
            argument(ins, 0);
            ins.local_get(OPERAND)
                .call_indirect(THREADS, indirect.unary)
                .end();
            ins.local_get(OPERAND).call(index("rt", "thread_done"));
            Then::Continue
        }
    }
}

/// `run(budget: i32) -> i32`: 0 when nothing more is ready, 1 when the budget of steps is used up, 2 when a suspended stack
/// is about to go on.
fn run() -> Function {
    let (budget, step) = (0, 1);
    let mut function = Function::new([(1, I64)]);
    let mut ins = function.instructions();
    ins.loop_(BlockType::Empty);
    ins.local_get(budget)
        .i32_eqz()
        .if_(BlockType::Empty)
        .i32_const(1)
        .return_()
        .end();
    ins.call(index("rt", "next")).local_tee(step).i64_eqz();
    ins.if_(BlockType::Empty).i32_const(0).return_().end();
    ins.local_get(step).call(PERFORM).i64_const(STOP).i64_eq();
    ins.if_(BlockType::Empty).i32_const(2).return_().end();
    ins.local_get(budget)
        .i32_const(1)
        .i32_sub()
        .local_set(budget)
        .br(0);
    ins.end().unreachable().end();
    function
}

/// `thread_main(thread: i32)`: what a new stack runs.
fn thread_main() -> Function {
    let thread = 0;
    let mut function = Function::new([]);
    let mut ins = function.instructions();
    ins.local_get(thread).call(index("rt", "thread_begin"));
    ins.call(PERFORM).drop().local_get(thread);
    call_host(&mut ins, "finished");
    ins.end();
    function
}

/// `blocked() -> i32`: a sync-lowered import has failed, or has to be waited for. The host knows which, and answers
/// `subtask * 2 + freeze`, or 0 when it has failed. The result is the subtask.
fn blocked() -> Function {
    let answer = 0;
    let mut function = Function::new([(1, I32)]);
    let mut ins = function.instructions();
    ins.call(index("host", "blocked"))
        .local_tee(answer)
        .i32_eqz()
        .if_(BlockType::Empty)
        .unreachable()
        .end();
    ins.local_get(answer).i32_const(1).i32_shr_u();
    ins.local_get(answer).i32_const(1).i32_and();
    ins.call(index("rt", "subtask_wait")).call(PERFORM).drop();
    ins.local_get(answer).i32_const(1).i32_shr_u().end();
    function
}

/// The driver's first function.
const PERFORM: u32 = IMPORTS.len() as u32;

/// A call of the runtime's function of the same name, performed, as an `i32`.
fn narrowed(import: &Import) -> Function {
    let params = import.params.len() as u32;
    let step = params;
    let mut function = Function::new([(1, I64)]);
    let mut ins = function.instructions();
    for param in 0..params {
        ins.local_get(param);
    }
    ins.call(index("rt", import.name)).local_tee(step);
    ins.i64_const(0).i64_lt_s().if_(BlockType::Empty);
    ins.local_get(step).call(PERFORM).local_set(step).end();
    ins.local_get(step).i32_wrap_i64().end();
    function
}

/// Pushes argument word `i`.
fn argument(ins: &mut InstructionSink, i: i32) {
    ins.i32_const(i).call(index("rt", "arg"));
}

/// Calls a function of the JS host, which answers with something other than 0 when it has failed and
/// has recorded why.
fn call_host(ins: &mut InstructionSink, name: &str) {
    ins.call(index("host", name))
        .if_(BlockType::Empty)
        .unreachable()
        .end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Parser, Payload, Validator, WasmFeatures};

    #[test]
    fn it_is_valid_core_webassembly_2() {
        Validator::new_with_features(WasmFeatures::WASM2)
            .validate_all(&driver())
            .expect("valid");
    }

    #[test]
    fn it_imports_and_exports_what_the_architecture_says() {
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(&driver()) {
            match payload.expect("well-formed") {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.expect("well-formed");
                        imports.push(format!("{}.{}", import.module, import.name));
                    }
                }
                Payload::ExportSection(section) => {
                    exports.extend(
                        section
                            .into_iter()
                            .map(|e| e.expect("well-formed").name.to_owned()),
                    );
                }
                _ => {}
            }
        }
        assert_eq!(imports.len(), IMPORTS.len() + 2);
        assert!(imports.ends_with(&["env.table".to_owned(), "env.threads".to_owned()]));
        assert_eq!(
            exports,
            [
                "perform",
                "run",
                "thread_main",
                "blocked",
                "host_read",
                "host_write",
                "host_cancel",
                "host_drop",
                "host_resource_drop"
            ]
        );
    }
}
