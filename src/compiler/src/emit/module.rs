//! A shim module under construction: its types, its imports and its functions so far.
//!
//! Imports and types are made on first use and never twice. An imported function's index is final as soon as it is given
//! out; those of the module's own functions follow the imports, so that calls of them are completed at the end.

use std::collections::HashMap;

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, FuncType, Function, FunctionSection,
    GlobalType, ImportSection, MemoryType, NameMap, NameSection, RefType, TableType, TypeSection,
    ValType,
};

use tidegate_abi::layout::PtrType;

use crate::plan::{CoreType, Import, Shim, Source};

/// What engines call every shim in their stacks; the JS host knows its own modules by it.
const MODULE_NAME: &str = "tidegate";

/// Index of an imported function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FuncIndex(pub(super) u32);

/// A function of the module itself, counted from the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OwnFunc(u32);

/// Index of an imported memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemoryIndex(pub(super) u32);

/// Index of an imported global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GlobalIndex(pub(super) u32);

/// Instructions, without the locals before and with the `end` after.
#[derive(Debug, Default)]
pub(super) struct Code {
    pub(super) bytes: Vec<u8>,
    /// Where functions of the module are called: see [`Code::call`].
    calls: Vec<(usize, OwnFunc)>,
}

impl Code {
    /// Calls a function of the same module.
    pub(super) fn call(&mut self, func: OwnFunc) {
        self.bytes.push(CALL);
        self.calls.push((self.bytes.len(), func));
        self.bytes.extend([0; INDEX_BYTES]);
    }

    /// Fills in the indices of own functions, of which the first one's is `first`.
    fn complete(&mut self, first: u32) {
        for &(at, func) in &self.calls {
            let mut index = first + func.0;
            for (i, byte) in self.bytes[at..at + INDEX_BYTES].iter_mut().enumerate() {
                let more = if i + 1 < INDEX_BYTES { 0x80 } else { 0 };
                *byte = (index & 0x7f) as u8 | more;
                index >>= 7;
            }
        }
    }
}

/// The opcode of `call`.
const CALL: u8 = 0x10;
/// Bytes that an index takes when it is not known yet: enough for any.
const INDEX_BYTES: usize = 5;

/// A function of the module: its type and, when it has got them, its locals and its code.
struct Own {
    ty: u32,
    body: Option<(Vec<ValType>, Code)>,
}

/// A module under construction.
pub(super) struct Module<'a> {
    memory: Option<&'a Source>,
    memories: HashMap<Source, MemoryIndex>,
    types: HashMap<FuncType, u32>,
    type_section: TypeSection,
    imported_funcs: HashMap<Source, FuncIndex>,
    imported_globals: HashMap<Source, GlobalIndex>,
    imported_tables: HashMap<Source, u32>,
    imports: Vec<Import>,
    import_section: ImportSection,
    /// For engines' stacks and tools: what each function is.
    names: Vec<(OwnFunc, String)>,
    own: Vec<Own>,
    exports: Vec<(String, OwnFunc)>,
    /// How many of `exports` are `f<n>`.
    numbered: usize,
    /// Bytes of code so far.
    size: usize,
    /// Guests may throw exceptions.
    pub(super) catches: bool,
}

impl<'a> Module<'a> {
    /// An empty module whose functions may use `memory`.
    pub(super) fn new(memory: Option<&'a Source>, catches: bool) -> Self {
        Self {
            memory,
            memories: HashMap::new(),
            types: HashMap::new(),
            type_section: TypeSection::new(),
            imported_funcs: HashMap::new(),
            imported_globals: HashMap::new(),
            imported_tables: HashMap::new(),
            imports: Vec::new(),
            import_section: ImportSection::new(),
            names: Vec::new(),
            own: Vec::new(),
            exports: Vec::new(),
            numbered: 0,
            size: 0,
            catches,
        }
    }

    /// The imported function that `source` stands for. A source always has the same type.
    pub(super) fn func(
        &mut self,
        source: Source,
        params: &[ValType],
        results: &[ValType],
    ) -> FuncIndex {
        if let Some(&index) = self.imported_funcs.get(&source) {
            return index;
        }
        let ty = self.func_type(params, results);
        let index = FuncIndex(self.imported_funcs.len() as u32);
        self.import(source.clone(), EntityType::Function(ty));
        self.imported_funcs.insert(source, index);
        index
    }

    /// The imported i32 global that `source` stands for.
    pub(super) fn global(&mut self, source: Source) -> GlobalIndex {
        if let Some(&index) = self.imported_globals.get(&source) {
            return index;
        }
        let index = GlobalIndex(self.imported_globals.len() as u32);
        let mutable = matches!(
            source,
            Source::MayLeave { .. } | Source::Fault | Source::Entered
        );
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable,
            shared: false,
        };
        self.import(source.clone(), EntityType::Global(ty));
        self.imported_globals.insert(source, index);
        index
    }

    /// Index of the imported `funcref` table that `source` stands for, whose indices are so wide.
    pub(super) fn table(&mut self, source: Source, index: PtrType) -> u32 {
        if let Some(&index) = self.imported_tables.get(&source) {
            return index;
        }
        let table64 = index == PtrType::I64;
        let index = self.imported_tables.len() as u32;
        let ty = TableType {
            element_type: RefType::FUNCREF,
            table64,
            minimum: 0,
            maximum: None,
            shared: false,
        };
        self.import(source.clone(), EntityType::Table(ty));
        self.imported_tables.insert(source, index);
        index
    }

    /// Makes sure that memory 0 is the guest's memory.
    pub(super) fn use_memory(&mut self, ptr: PtrType) {
        let source = self
            .memory
            .expect("link gives a memory to every spec whose functions use one");
        self.memory(source, ptr);
    }

    /// The imported memory that `source` stands for, whose addresses are so wide.
    pub(super) fn memory(&mut self, source: &Source, ptr: PtrType) -> MemoryIndex {
        if let Some(&index) = self.memories.get(source) {
            return index;
        }
        // No minimum and no maximum: every memory with such addresses matches.
        let ty = MemoryType {
            minimum: 0,
            maximum: None,
            memory64: ptr == PtrType::I64,
            shared: false,
            page_size_log2: None,
        };
        let index = MemoryIndex(self.memories.len() as u32);
        self.import(source.clone(), EntityType::Memory(ty));
        self.memories.insert(source.clone(), index);
        index
    }

    /// What the next function is, for those who look at a stack.
    pub(super) fn name_next(&mut self, name: String) {
        self.names.push((OwnFunc(self.own.len() as u32), name));
    }

    /// Adds a function that is exported.
    pub(super) fn define(
        &mut self,
        params: &[ValType],
        results: &[ValType],
        locals: Vec<ValType>,
        code: Code,
    ) {
        let func = self.export(params, results);
        self.fill(func, locals, code);
    }

    /// A function of the module that is exported as `f<n>`; its code comes later.
    pub(super) fn export(&mut self, params: &[ValType], results: &[ValType]) -> OwnFunc {
        let func = self.declare(params, results);
        self.export_as(format!("f{}", self.numbered), func);
        self.numbered += 1;
        func
    }

    /// Exports a function of the module under another name.
    pub(super) fn export_as(&mut self, name: String, func: OwnFunc) {
        self.exports.push((name, func));
    }

    /// A function of the module that is not exported; its code comes later.
    pub(super) fn declare(&mut self, params: &[ValType], results: &[ValType]) -> OwnFunc {
        let ty = self.func_type(params, results);
        self.own.push(Own { ty, body: None });
        OwnFunc(self.own.len() as u32 - 1)
    }

    /// Gives a function its code.
    pub(super) fn fill(&mut self, func: OwnFunc, locals: Vec<ValType>, code: Code) {
        self.size += code.bytes.len();
        self.own[func.0 as usize].body = Some((locals, code));
    }

    /// Bytes of code so far.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The bytes and the imports.
    pub(super) fn finish(self) -> Shim {
        let mut exports = ExportSection::new();
        let mut functions = FunctionSection::new();
        let mut bodies = CodeSection::new();
        let first = self.imported_funcs.len() as u32;
        for (name, func) in &self.exports {
            exports.export(name, ExportKind::Func, first + func.0);
        }
        for Own { ty, body } in self.own {
            let (locals, mut code) = body.expect("every function that is declared gets its code");
            code.complete(first);
            let mut function = Function::new_with_locals_types(locals);
            function.raw(code.bytes);
            functions.function(ty);
            bodies.function(&function);
        }
        let mut named = NameMap::new();
        for (func, name) in &self.names {
            named.append(first + func.0, name);
        }
        let mut names = NameSection::new();
        names.module(MODULE_NAME);
        names.functions(&named);
        let mut module = wasm_encoder::Module::new();
        module
            .section(&self.type_section)
            .section(&self.import_section)
            .section(&functions)
            .section(&exports)
            .section(&bodies)
            .section(&names);
        Shim {
            code: module.finish(),
            imports: self.imports,
        }
    }

    /// Index of a function type.
    pub(super) fn func_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let ty = FuncType::new(params.iter().copied(), results.iter().copied());
        if let Some(&index) = self.types.get(&ty) {
            return index;
        }
        let index = self.type_section.len();
        self.type_section.ty().func_type(&ty);
        self.types.insert(ty, index);
        index
    }

    fn import(&mut self, source: Source, ty: EntityType) {
        let (module, name) = self.import_name(&source);
        self.import_section.import(module, &name, ty);
        self.imports.push(Import {
            module: module.to_owned(),
            name,
            source,
        });
    }

    /// A pair of names that is unique within the module and tells a reader what is meant.
    fn import_name(&self, source: &Source) -> (&'static str, String) {
        match source {
            Source::Runtime { name } => ("runtime", name.clone()),
            Source::Driver { name } => ("driver", name.clone()),
            Source::Trap => ("host", "trap".to_owned()),
            Source::Fault => ("host", "fault".to_owned()),
            Source::Entered => ("host", "entered".to_owned()),
            Source::Threads => ("host", "threads".to_owned()),
            Source::Table => ("host", "table".to_owned()),
            Source::Done { ty } => ("done", type_name(*ty)),
            Source::Late { ty } => ("late", type_name(Some(*ty))),
            Source::Lowered { index } => ("lowered", index.to_string()),
            Source::Return { index } => ("return", index.to_string()),
            Source::Instance { index } => ("instance", index.to_string()),
            Source::ElementType { index } => ("element-type", index.to_string()),
            Source::Resource { index } => ("resource", index.to_string()),
            Source::Site { index } => ("site", index.to_string()),
            Source::CallSite { index } => ("call-site", index.to_string()),
            Source::MayLeave { instance } => ("may-leave", instance.to_string()),
            // Two instances can export the same name, so the position keeps these apart.
            Source::Core { .. } | Source::Shim { .. } => ("guest", self.imports.len().to_string()),
        }
    }
}

fn type_name(ty: Option<CoreType>) -> String {
    match ty {
        None => "nothing",
        Some(CoreType::I32) => "i32",
        Some(CoreType::I64) => "i64",
        Some(CoreType::F32) => "f32",
        Some(CoreType::F64) => "f64",
    }
    .to_owned()
}
