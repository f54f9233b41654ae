//! Binaries as trees of sections and items, which can be taken apart and put together.
//!
//! What does not parse stays as it is, so that [`Binary::encode`] of a [`Binary::decode`] is a binary of the same meaning.

use wasmparser::{
    BinaryReader, CanonicalFunction, ComponentAlias, ComponentExport, ComponentImport,
    ComponentInstance, ComponentType, CoreType, Export, FromReader, Imports, Instance, RecGroup,
    SectionLimited,
};

/// A component or a core module.
#[derive(Clone, Debug)]
pub struct Binary {
    header: [u8; 8],
    /// In order.
    pub sections: Vec<Section>,
}

/// A section of a binary.
#[derive(Clone, Debug)]
pub struct Section {
    /// What kind of section it is; its meaning depends on the binary that it is in.
    pub id: u8,
    /// What is in it.
    pub body: Body,
}

/// What is in a section.
#[derive(Clone, Debug)]
pub enum Body {
    /// Anything.
    Raw(Vec<u8>),
    /// As many items as it says.
    Items(Vec<Vec<u8>>),
    /// A binary in a component.
    Nested(Binary),
}

/// Deeper binaries stay as they are.
const DEPTH: u32 = 8;

impl Binary {
    /// Takes a binary apart; `None` when its sections do not fit into it.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        decode(bytes, DEPTH)
    }

    /// Whether it is a component, else it is a core module.
    #[must_use]
    pub fn is_component(&self) -> bool {
        self.header[6] == 1
    }

    /// The bytes of it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.header.to_vec();
        for Section { id, body } in &self.sections {
            let body = match body {
                Body::Raw(raw) => raw.clone(),
                Body::Nested(binary) => binary.encode(),
                Body::Items(items) => {
                    let mut body = Vec::new();
                    leb(&mut body, items.len());
                    body.extend(items.iter().flatten());
                    body
                }
            };
            bytes.push(*id);
            leb(&mut bytes, body.len());
            bytes.extend(body);
        }
        bytes
    }
}

fn decode(bytes: &[u8], depth: u32) -> Option<Binary> {
    let header: [u8; 8] = bytes.get(..8)?.try_into().ok()?;
    let is_component = header[6] == 1;
    let mut sections = Vec::new();
    let mut reader = BinaryReader::new(&bytes[8..], 0);
    while !reader.eof() {
        let id = reader.read_u8().ok()?;
        let size = reader.read_var_u32().ok()?;
        let body = reader.read_bytes(size as usize).ok()?;
        sections.push(Section {
            id,
            body: self::body(is_component, id, body, depth),
        });
    }
    Some(Binary { header, sections })
}

fn body(is_component: bool, id: u8, bytes: &[u8], depth: u32) -> Body {
    let items = match (is_component, id) {
        (true, 1 | 4) if depth > 0 => {
            return decode(bytes, depth - 1)
                .map_or_else(|| Body::Raw(bytes.to_vec()), Body::Nested);
        }
        (true, 2) => items::<Instance<'_>>(bytes),
        (true, 3) => items::<CoreType<'_>>(bytes),
        (true, 5) => items::<ComponentInstance<'_>>(bytes),
        (true, 6) => items::<ComponentAlias<'_>>(bytes),
        (true, 7) => items::<ComponentType<'_>>(bytes),
        (true, 8) => items::<CanonicalFunction>(bytes),
        (true, 10) => items::<ComponentImport<'_>>(bytes),
        (true, 11) => items::<ComponentExport<'_>>(bytes),
        (false, 1) => items::<RecGroup>(bytes),
        (false, 2) => items::<Imports<'_>>(bytes),
        (false, 3) => items::<u32>(bytes),
        (false, 7) => items::<Export<'_>>(bytes),
        _ => None,
    };
    items.map_or_else(|| Body::Raw(bytes.to_vec()), Body::Items)
}

/// The items of a section; `None` when one does not parse.
fn items<'a, T: FromReader<'a>>(bytes: &'a [u8]) -> Option<Vec<Vec<u8>>> {
    let section = SectionLimited::<T>::new(BinaryReader::new(bytes, 0)).ok()?;
    let mut starts = Vec::new();
    for item in section.into_iter_with_offsets() {
        starts.push(item.ok()?.0 as usize);
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let ranges = starts.iter().copied().zip(ends);
    ranges
        .map(|(start, end)| bytes.get(start..end).map(<[u8]>::to_vec))
        .collect()
}

/// Appends a number in LEB128.
pub(crate) fn leb(to: &mut Vec<u8>, mut n: usize) {
    while n > 0x7f {
        to.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    to.push(n as u8);
}
