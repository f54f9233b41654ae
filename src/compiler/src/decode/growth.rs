//! How far a core module's memories and tables may grow: no further than the limits say.
//!
//! Growing is an instruction of the guest's that nobody is asked about, so the bound is written into the module: as the
//! maximum of what it defines. What it imports is another module's, or the host's own.

use wasmparser::{BinaryReader, ConstExpr, FromReader, RefType};

use super::header::invalid;
use crate::error::{CompileError, Result};
use crate::{Limit, Limits};

/// What grows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Memory,
    Table,
}

/// A memory or table section with each maximum lowered; `None` when none has to be. `offset` is the section's.
pub(super) fn capped(
    kind: Kind,
    section: &[u8],
    offset: u64,
    limits: &Limits,
) -> Result<Option<Vec<u8>>> {
    let mut reader = BinaryReader::new(section, offset);
    let id = reader.read_u8().map_err(invalid)?;
    reader.read_var_u32().map_err(invalid)?;
    let count = reader.read_var_u32().map_err(invalid)?;
    let mut contents = Vec::new();
    leb(&mut contents, count.into());
    let mut changed = false;
    for _ in 0..count {
        changed |= item(kind, &mut reader, section, offset, limits, &mut contents)?;
    }
    if !changed {
        return Ok(None);
    }
    let mut out = vec![id];
    leb(&mut out, contents.len() as u64);
    out.append(&mut contents);
    Ok(Some(out))
}

/// Copies a memory or table to `out`; whether its maximum has been lowered.
fn item<'a>(
    kind: Kind,
    reader: &mut BinaryReader<'a>,
    section: &'a [u8],
    offset: u64,
    limits: &Limits,
    out: &mut Vec<u8>,
) -> Result<bool> {
    let at = |reader: &BinaryReader<'_>| (reader.original_position() - offset) as usize;
    let start = at(reader);
    // A table that has a value to begin with is marked by two bytes, and has it at the end.
    let initialized = kind == Kind::Table && section.get(start) == Some(&0x40);
    if initialized {
        reader.read_bytes(2).map_err(invalid)?;
    }
    if kind == Kind::Table {
        RefType::from_reader(reader).map_err(invalid)?;
    }
    let size_at = at(reader);
    out.extend_from_slice(&section[start..size_at]);
    let mut size = Size::read(reader)?;
    let changed = size.cap(kind, limits, offset + size_at as u64)?;
    size.write(out);
    if initialized {
        let value = at(reader);
        ConstExpr::from_reader(reader).map_err(invalid)?;
        out.extend_from_slice(&section[value..at(reader)]);
    }
    Ok(changed)
}

/// Spec of core WebAssembly: `limits`.
struct Size {
    flags: u8,
    min: u64,
    max: Option<u64>,
    page_size_log2: Option<u32>,
}

impl Size {
    fn read(reader: &mut BinaryReader<'_>) -> Result<Self> {
        let flags = reader.read_u8().map_err(invalid)?;
        let min = reader.read_var_u64().map_err(invalid)?;
        let max = match flags & HAS_MAX {
            0 => None,
            _ => Some(reader.read_var_u64().map_err(invalid)?),
        };
        let page_size_log2 = match flags & HAS_PAGE_SIZE {
            0 => None,
            _ => Some(reader.read_var_u32().map_err(invalid)?),
        };
        Ok(Self {
            flags,
            min,
            max,
            page_size_log2,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.flags);
        leb(out, self.min);
        if let Some(max) = self.max {
            leb(out, max);
        }
        if let Some(log2) = self.page_size_log2 {
            leb(out, log2.into());
        }
    }

    /// Lowers the maximum, unless no engine lets it grow that far.
    fn cap(&mut self, kind: Kind, limits: &Limits, offset: u64) -> Result<bool> {
        let (what, limit, most) = match kind {
            Kind::Memory if self.flags & IS_64 == 0 => {
                ("pages of a memory", Limit::MemoryPages, 1 << 16)
            }
            Kind::Memory => ("pages of a memory", Limit::MemoryPages, 1 << 18),
            Kind::Table => ("elements of a table", Limit::TableElements, 10_000_000),
        };
        let pages = |pages: u64| match self.page_size_log2 {
            Some(log2) if kind == Kind::Memory => (pages << 16).checked_shr(log2).unwrap_or(0),
            _ => pages,
        };
        let (cap, most) = (pages(limits.get(limit) as u64), pages(most));
        if self.min > cap {
            return Err(CompileError::limit(what, limit, limits).at(offset));
        }
        if self.max.map_or(most, |max| max.min(most)) <= cap {
            return Ok(false);
        }
        self.max = Some(cap);
        self.flags |= HAS_MAX;
        Ok(true)
    }
}

fn leb(to: &mut Vec<u8>, mut n: u64) {
    while n > 0x7f {
        to.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    to.push(n as u8);
}

const HAS_MAX: u8 = 1;
const IS_64: u8 = 4;
const HAS_PAGE_SIZE: u8 = 8;
