//! What decoding may cost: counted before a section is read, by what it says and how long it is.
//!
//! A definition takes a byte or two and becomes a hundred in memory; the validator and the model have no other bound
//! in common.

use wasmparser::Payload;

use crate::error::{CompileError, Result};
use crate::{Limit, Limits};

pub(super) struct Budget<'a> {
    limits: &'a Limits,
    definitions: usize,
    core_definitions: usize,
    binaries: usize,
}

impl<'a> Budget<'a> {
    /// For a component of these bytes.
    pub(super) fn new(bytes: &[u8], limits: &'a Limits) -> Result<Self> {
        if bytes.len() > limits.bytes {
            let error = CompileError::limit("bytes", Limit::Bytes, limits);
            return Err(error.at(limits.bytes as u64));
        }
        Ok(Self {
            limits,
            definitions: limits.steps,
            core_definitions: limits.core_definitions,
            binaries: limits.modules,
        })
    }

    /// Accounts for what is about to be read.
    pub(super) fn payload(&mut self, payload: &Payload<'_>) -> Result<()> {
        macro_rules! of {
            ($section:expr) => {{
                let range = $section.range();
                let bytes = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
                // An item has a byte at least, whatever the section says.
                (range.start, ($section.count() as usize).min(bytes), bytes)
            }};
        }
        let (offset, count, bytes) = match payload {
            Payload::TypeSection(s) => return self.core(of!(s)),
            Payload::ImportSection(s) => return self.core(of!(s)),
            Payload::FunctionSection(s) => return self.core(of!(s)),
            Payload::TableSection(s) => return self.core(of!(s)),
            Payload::MemorySection(s) => return self.core(of!(s)),
            Payload::TagSection(s) => return self.core(of!(s)),
            Payload::GlobalSection(s) => return self.core(of!(s)),
            Payload::ExportSection(s) => return self.core(of!(s)),
            Payload::ElementSection(s) => return self.core(of!(s)),
            Payload::DataSection(s) => return self.core(of!(s)),
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } => return self.binary(unchecked_range.start),
            Payload::InstanceSection(s) => of!(s),
            Payload::CoreTypeSection(s) => of!(s),
            Payload::ComponentInstanceSection(s) => of!(s),
            Payload::ComponentAliasSection(s) => of!(s),
            Payload::ComponentTypeSection(s) => of!(s),
            Payload::ComponentCanonicalSection(s) => of!(s),
            Payload::ComponentImportSection(s) => of!(s),
            Payload::ComponentExportSection(s) => of!(s),
            _ => return Ok(()),
        };
        // Definitions that have many parts and few bytes are types, whose parts count here.
        let cost = count.max(bytes / BYTES);
        take(&mut self.definitions, cost).ok_or_else(|| {
            CompileError::limit("definitions", Limit::Definitions, self.limits).at(offset)
        })
    }

    fn core(&mut self, (offset, count, _): (u64, usize, usize)) -> Result<()> {
        take(&mut self.core_definitions, count).ok_or_else(|| {
            let limit = Limit::CoreDefinitions;
            CompileError::limit("definitions in core modules", limit, self.limits).at(offset)
        })
    }

    fn binary(&mut self, offset: u64) -> Result<()> {
        take(&mut self.binaries, 1).ok_or_else(|| {
            let what = "core modules and components";
            CompileError::limit(what, Limit::Modules, self.limits).at(offset)
        })
    }
}

fn take(left: &mut usize, cost: usize) -> Option<()> {
    *left = left.checked_sub(cost)?;
    Some(())
}

/// So many bytes of a component's own sections count as one definition.
const BYTES: usize = 16;
