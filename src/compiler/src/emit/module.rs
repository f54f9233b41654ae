//! A shim module under construction: its types, its imports and its functions so far.
//!
//! Imports and types are made on first use and never twice. Functions of a shim call imports only,
//! never each other, so an index is final as soon as it is given out.

use std::collections::HashMap;

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, FuncType, Function, FunctionSection,
    GlobalType, ImportSection, MemoryType, NameMap, NameSection, RefType, TableType, TypeSection,
    ValType,
};

use crate::plan::{CoreType, Import, Shim, Source};

/// What engines call every shim in their stacks; the JS host knows its own modules by it.
const MODULE_NAME: &str = "tidegate";

/// Index of an imported function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FuncIndex(pub(super) u32);

/// Index of an imported global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GlobalIndex(pub(super) u32);

/// A module under construction.
pub(super) struct Module<'a> {
    memory: Option<&'a Source>,
    has_memory: bool,
    types: HashMap<FuncType, u32>,
    type_section: TypeSection,
    imported_funcs: HashMap<Source, FuncIndex>,
    imported_globals: HashMap<Source, GlobalIndex>,
    imported_tables: HashMap<Source, u32>,
    imports: Vec<Import>,
    import_section: ImportSection,
    functions: FunctionSection,
    code: CodeSection,
    /// For engines' stacks and tools: what each function is.
    names: Vec<String>,
}

impl<'a> Module<'a> {
    /// An empty module whose functions may use `memory`.
    pub(super) fn new(memory: Option<&'a Source>) -> Self {
        Self {
            memory,
            has_memory: false,
            types: HashMap::new(),
            type_section: TypeSection::new(),
            imported_funcs: HashMap::new(),
            imported_globals: HashMap::new(),
            imported_tables: HashMap::new(),
            imports: Vec::new(),
            import_section: ImportSection::new(),
            functions: FunctionSection::new(),
            code: CodeSection::new(),
            names: Vec::new(),
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
        let mutable = matches!(source, Source::MayLeave { .. } | Source::Fault);
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable,
            shared: false,
        };
        self.import(source.clone(), EntityType::Global(ty));
        self.imported_globals.insert(source, index);
        index
    }

    /// Index of the imported `funcref` table that `source` stands for.
    pub(super) fn table(&mut self, source: Source) -> u32 {
        if let Some(&index) = self.imported_tables.get(&source) {
            return index;
        }
        let index = self.imported_tables.len() as u32;
        let ty = TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 0,
            maximum: None,
            shared: false,
        };
        self.import(source.clone(), EntityType::Table(ty));
        self.imported_tables.insert(source, index);
        index
    }

    /// Makes sure that memory 0 is the guest's memory.
    pub(super) fn use_memory(&mut self) {
        if self.has_memory {
            return;
        }
        let source = self
            .memory
            .expect("link gives a memory to every spec whose functions use one");
        // No minimum and no maximum: every 32-bit memory matches.
        let ty = MemoryType {
            minimum: 0,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        self.import(source.clone(), EntityType::Memory(ty));
        self.has_memory = true;
    }

    /// What the next function is, for those who look at a stack.
    pub(super) fn name_next(&mut self, name: String) {
        self.names.push(name);
    }

    /// Adds a function.
    pub(super) fn define(&mut self, params: &[ValType], results: &[ValType], function: &Function) {
        let ty = self.func_type(params, results);
        self.functions.function(ty);
        self.code.function(function);
    }

    /// The bytes and the imports.
    pub(super) fn finish(self) -> Shim {
        let mut exports = ExportSection::new();
        let first = self.imported_funcs.len() as u32;
        for n in 0..self.functions.len() {
            exports.export(&format!("f{n}"), ExportKind::Func, first + n);
        }
        let mut functions = NameMap::new();
        for (n, name) in (first..).zip(&self.names) {
            functions.append(n, name);
        }
        let mut names = NameSection::new();
        names.module(MODULE_NAME);
        names.functions(&functions);
        let mut module = wasm_encoder::Module::new();
        module
            .section(&self.type_section)
            .section(&self.import_section)
            .section(&self.functions)
            .section(&exports)
            .section(&self.code)
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
            Source::Threads => ("host", "threads".to_owned()),
            Source::Done { ty } => ("done", type_name(*ty)),
            Source::Late { ty } => ("late", type_name(Some(*ty))),
            Source::Lowered { index } => ("lowered", index.to_string()),
            Source::Return { index } => ("return", index.to_string()),
            Source::Instance { index } => ("instance", index.to_string()),
            Source::ElementType { index } => ("element-type", index.to_string()),
            Source::Resource { index } => ("resource", index.to_string()),
            Source::Site { index } => ("site", index.to_string()),
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
