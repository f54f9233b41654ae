//! Bytes to [`Binary`].
//!
//! Every payload goes through wasmparser's validator, except the bodies of core functions: the
//! engine validates those when it compiles the module. What leaves here is a valid component that uses no gated
//! feature that is not enabled, nor one that cannot be; those are refused by name and offset. The validator bounds how
//! deep types nest (100) and how large they are, which recursion over types here and in `link` rests on.

mod budget;
mod canon;
mod externs;
mod gate;
mod gc;
mod growth;
mod header;
mod names;
mod sections;
mod types;

use wasmparser::{
    CanonicalFunction, Chunk, ExternalKind, FromReader, Parser, Payload, SectionLimited, TypeRef,
    ValidPayload, Validator,
};

use self::budget::Budget;
pub(crate) use self::externs::{CoreModule, Externs};
use self::gate::Gate;
use crate::error::{CompileError, Result};
use crate::model::{At, Binary, Component, ComponentId, CoreImport, Definition, Module, ModuleId};
use crate::plan::{ByteRange, Patch};
use crate::{CompileOptions, Features, Limit, Limits};

/// Decodes and validates one component.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    options: &'a CompileOptions,
) -> Result<(Binary<'a>, Externs)> {
    header::check(bytes)?;
    let mut decoder = Decoder {
        bytes,
        budget: Budget::new(bytes, &options.limits)?,
        at: 0,
        validator: Validator::new_with_features(gate::wasm_features(options)),
        features: options.features,
        binary: Binary::default(),
        levels: Vec::new(),
        limits: &options.limits,
    };
    let externs = decoder.run()?;
    Ok((decoder.binary, externs))
}

struct Decoder<'a> {
    bytes: &'a [u8],
    /// How many bytes are consumed.
    at: usize,
    validator: Validator,
    features: Features,
    binary: Binary<'a>,
    /// The component or module being read, and those around it.
    levels: Vec<Level<'a>>,
    budget: Budget<'a>,
    limits: &'a Limits,
}

/// A component or module that has begun and has not ended.
struct Level<'a> {
    /// The parser of what is around it.
    outer: Option<Parser>,
    content: Content<'a>,
}

enum Content<'a> {
    Component(Component<'a>),
    Module(Module<'a>),
}

impl<'a> Decoder<'a> {
    fn run(&mut self) -> Result<Externs> {
        let mut parser = Parser::new(0);
        self.push(None, Content::Component(Component::default()), 0)?;
        loop {
            let bytes = self.bytes;
            let rest = bytes.get(self.at..).unwrap_or_default();
            let before = self.at;
            let payload = match parser.parse(rest, true).map_err(header::invalid)? {
                Chunk::Parsed { consumed, payload } => {
                    self.at += consumed;
                    payload
                }
                Chunk::NeedMoreData(_) => return Err(header::truncated(bytes.len())),
            };
            self.budget.payload(&payload)?;
            // What is refused is refused before validation, so that it is named precisely.
            self.payload(&payload)?;
            match self.validator.payload(&payload).map_err(header::invalid)? {
                ValidPayload::Ok | ValidPayload::Func(..) => {}
                ValidPayload::Parser(inner) => {
                    let offset = inner.offset();
                    let content = self.content_of(&payload);
                    let outer = std::mem::replace(&mut parser, inner);
                    self.push(Some(outer), content, offset)?;
                }
                ValidPayload::End(types) => match self.pop() {
                    Some(outer) => parser = outer,
                    None => return Ok(Externs::new(types)),
                },
            }
            match &payload {
                Payload::ComponentCanonicalSection(section) => self.canons(section)?,
                Payload::MemorySection(_) => self.cap(before, growth::Kind::Memory)?,
                Payload::TableSection(_) => self.cap(before, growth::Kind::Table)?,
                _ => {}
            }
            if let Payload::CodeSectionStart {
                size,
                unchecked_range,
                ..
            } = &payload
            {
                if unchecked_range.end > self.bytes.len() as u64 {
                    return Err(header::truncated(self.bytes.len()));
                }
                parser.skip_section();
                self.at += *size as usize;
            }
        }
    }

    fn content_of(&self, payload: &Payload<'_>) -> Content<'a> {
        match payload {
            Payload::ModuleSection {
                unchecked_range, ..
            } => Content::Module(Module {
                range: ByteRange {
                    start: unchecked_range.start as usize,
                    end: unchecked_range.end as usize,
                },
                patches: Vec::new(),
                imports: Vec::new(),
                has_tags: false,
                memory_exports: Vec::new(),
            }),
            _ => Content::Component(Component::default()),
        }
    }

    fn push(&mut self, outer: Option<Parser>, content: Content<'a>, offset: u64) -> Result<()> {
        if self.levels.len() >= self.limits.nesting {
            let what = "levels of nested components";
            return Err(CompileError::limit(what, Limit::Nesting, self.limits).at(offset));
        }
        self.levels.push(Level { outer, content });
        Ok(())
    }

    /// The current level has ended: it becomes a definition of the level around it.
    fn pop(&mut self) -> Option<Parser> {
        let level = self.levels.pop()?;
        let definition = match level.content {
            Content::Component(component) => {
                self.binary.components.push(component);
                Definition::Component(ComponentId(self.binary.components.len() as u32 - 1))
            }
            Content::Module(module) => {
                self.binary.modules.push(module);
                Definition::Module(ModuleId(self.binary.modules.len() as u32 - 1))
            }
        };
        self.define(self.at as u64, definition);
        level.outer
    }

    fn define(&mut self, offset: u64, item: Definition<'a>) {
        if let Some(Level {
            content: Content::Component(component),
            ..
        }) = self.levels.last_mut()
        {
            component.definitions.push(At { offset, item });
        }
    }

    fn payload(&mut self, payload: &Payload<'a>) -> Result<()> {
        match payload {
            Payload::ImportSection(_) | Payload::TagSection(_) | Payload::ExportSection(_) => {
                self.module_payload(payload)
            }
            Payload::InstanceSection(s) => self.each(s, |item, _| {
                Ok(Definition::CoreInstance(sections::core_instance(item)))
            }),
            Payload::ComponentInstanceSection(s) => self.each(s, |item, gate| {
                Ok(Definition::Instance(sections::instance(item, gate)?))
            }),
            Payload::ComponentAliasSection(s) => {
                self.each(s, |item, _| Ok(Definition::Alias(sections::alias(item))))
            }
            Payload::ComponentTypeSection(s) => self.each(s, |item, gate| {
                Ok(Definition::Type(types::component_type(item, gate)?))
            }),
            Payload::ComponentCanonicalSection(s) => {
                for item in s.clone().into_iter_with_offsets() {
                    let (offset, item) = item.map_err(header::invalid)?;
                    canon::check(&item, self.gate(offset))?;
                }
                Ok(())
            }
            Payload::ComponentImportSection(s) => self.each(s, |item, gate| {
                Ok(Definition::Import(sections::import(item, gate)?))
            }),
            Payload::ComponentExportSection(s) => self.each(s, |item, gate| {
                Ok(Definition::Export(sections::export(item, gate)?))
            }),
            Payload::ComponentStartSection { range, .. } => {
                Err(self.gate(range.start).unsupported("start"))
            }
            Payload::CustomSection(section) => {
                if let Some(Level {
                    content: Content::Component(component),
                    ..
                }) = self.levels.last_mut()
                {
                    names::read(section, &mut component.names);
                }
                Ok(())
            }
            // Core types matter to the validator only; so does the rest of a core module.
            _ => Ok(()),
        }
    }

    /// Turns each item of a section into a definition.
    fn each<T: FromReader<'a>>(
        &mut self,
        section: &SectionLimited<'a, T>,
        define: impl Fn(T, Gate) -> Result<Definition<'a>>,
    ) -> Result<()> {
        for item in section.clone().into_iter_with_offsets() {
            let (offset, item) = item.map_err(header::invalid)?;
            let definition = define(item, self.gate(offset))?;
            self.define(offset, definition);
        }
        Ok(())
    }

    /// Turns the items of a canonical section, which is valid, into definitions: they need types that the validator knows.
    fn canons(&mut self, section: &SectionLimited<'a, CanonicalFunction>) -> Result<()> {
        let items: Vec<_> = section
            .clone()
            .into_iter_with_offsets()
            .map(|item| item.map_err(header::invalid))
            .collect::<Result<_>>()?;
        let Some(types) = self.validator.types(0) else {
            return Err(CompileError::internal("a canonical section without types"));
        };
        // Each item but a lift has added a core function.
        let added = items.iter().filter(|(_, item)| !canon::is_lift(item));
        let mut core_func = types.function_count().saturating_sub(added.count() as u32);
        let mut definitions = Vec::with_capacity(items.len());
        for (offset, item) in items {
            let is_lift = canon::is_lift(&item);
            let canon = canon::canon(item, types, core_func, self.gate(offset))?;
            core_func += u32::from(!is_lift);
            definitions.push((offset, Definition::Canon(canon)));
        }
        for (offset, definition) in definitions {
            self.define(offset, definition);
        }
        Ok(())
    }

    /// Bounds what the section of a core module that ends here and begins at `start` defines.
    fn cap(&mut self, start: usize, kind: growth::Kind) -> Result<()> {
        let bytes = self.bytes;
        let Some(Level {
            content: Content::Module(module),
            ..
        }) = self.levels.last_mut()
        else {
            return Ok(());
        };
        let section = bytes.get(start..self.at).unwrap_or_default();
        let Some(patched) = growth::capped(kind, section, start as u64, self.limits)? else {
            return Ok(());
        };
        module.patches.push(Patch {
            range: ByteRange {
                start,
                end: self.at,
            },
            bytes: patched,
        });
        Ok(())
    }

    fn gate(&self, offset: u64) -> Gate {
        Gate {
            features: self.features,
            offset,
        }
    }

    /// Collects what linking has to know of a core module.
    fn module_payload(&mut self, payload: &Payload<'a>) -> Result<()> {
        let Some(Level {
            content: Content::Module(module),
            ..
        }) = self.levels.last_mut()
        else {
            return Ok(());
        };
        match payload {
            Payload::ImportSection(section) => {
                for group in section.clone() {
                    for import in group.map_err(header::invalid)? {
                        let (_, import) = import.map_err(header::invalid)?;
                        module.imports.push(CoreImport {
                            module: import.module,
                            name: import.name,
                            is_memory: matches!(import.ty, TypeRef::Memory(_)),
                        });
                        module.has_tags |= matches!(import.ty, TypeRef::Tag(_));
                    }
                }
            }
            Payload::TagSection(section) => module.has_tags |= section.count() > 0,
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export.map_err(header::invalid)?;
                    if export.kind == ExternalKind::Memory {
                        module.memory_exports.push((export.name, export.index));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
