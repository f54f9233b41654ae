//! Shims that are made at build time: here is only what they import.

use super::entity::{CanonId, CoreFunc, Memory, Options};
use super::{Linker, dangling};
use crate::emit::adapter::ready;
use crate::error::Result;
use crate::plan::{Import, Shim, Source};

/// A shim of which only the imports differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ready<'a> {
    /// A memory as functions.
    Accessor(Memory<'a>),
    /// What copies strings, and lists where memories are reached by functions.
    Transcoder {
        from: Memory<'a>,
        to: Memory<'a>,
        /// The guard of the realloc function.
        realloc: CanonId,
    },
}

impl<'a> Linker<'a> {
    /// What copies the strings and lists in values of type `ty`.
    pub(super) fn transcoder(
        &mut self,
        ty: u32,
        from: &Options<'a>,
        to: &Options<'a>,
    ) -> Option<Ready<'a>> {
        let traits = self.traits()[ty as usize];
        let copies = match self.multi_memory {
            true => traits.strings,
            false => traits.lists,
        };
        if !copies {
            return None;
        }
        Some(Ready::Transcoder {
            from: from.addressed()?,
            to: to.addressed()?,
            realloc: self.guard_of(to)?,
        })
    }

    /// A shim that was made at build time; it becomes number `index`.
    pub(super) fn ready_is(&mut self, ready: Ready<'a>, index: u32) {
        self.adapters.ready.insert(ready, index);
    }

    /// The shim itself.
    pub(super) fn ready_shim(&self, ready: Ready<'a>) -> Result<Shim> {
        let import = |module: &str, name: &str, source| Import {
            module: module.to_owned(),
            name: name.to_owned(),
            source,
        };
        let (code, imports) = match ready {
            Ready::Accessor(memory) => {
                let imported = import("guest", "memory", memory.export.source());
                (ready::accessor(memory.ptr), vec![imported])
            }
            Ready::Transcoder { from, to, realloc } => {
                let realloc = self.source(CoreFunc::Canon(realloc))?;
                let mut imports = vec![import("src", "memory", from.export.source())];
                let code = if self.multi_memory {
                    imports.push(import("dst", "memory", to.export.source()));
                    ready::transcode(from.ptr, to.ptr)
                } else {
                    let shim = self.ready_index(Ready::Accessor(to))?;
                    imports.extend(ready::FOREIGN_IMPORTS.map(|name| {
                        let source = Source::Shim {
                            shim,
                            name: name.to_owned(),
                        };
                        import("dst", name, source)
                    }));
                    ready::transcode_foreign(from.ptr, to.ptr)
                };
                imports.push(import("dst", "realloc", realloc));
                imports.push(import("host", "trap", Source::Trap));
                (code, imports)
            }
        };
        Ok(Shim {
            code: code.to_vec(),
            imports,
        })
    }

    pub(super) fn ready_index(&self, ready: Ready<'a>) -> Result<u32> {
        let index = self.adapters.ready.get(&ready);
        index.copied().ok_or_else(|| dangling("shim"))
    }
}
