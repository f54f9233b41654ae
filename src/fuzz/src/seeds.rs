//! Components to begin with: guests without what the compiler does not look at.

use crate::tree::{Binary, Body, leb};

/// The component without function bodies, data and custom sections: small, and as hard on the compiler as before.
#[must_use]
pub fn skeleton(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut binary = Binary::decode(bytes)?;
    strip(&mut binary);
    Some(binary.encode())
}

fn strip(binary: &mut Binary) {
    let is_component = binary.is_component();
    let funcs = binary.sections.iter().find(|section| section.id == 3);
    let funcs = match funcs.map(|section| &section.body) {
        Some(Body::Items(items)) => items.len(),
        _ => 0,
    };
    binary.sections.retain(|section| match section.id {
        0 => false,
        // Data, and how many there are.
        11 | 12 => is_component,
        _ => true,
    });
    for section in &mut binary.sections {
        match &mut section.body {
            Body::Nested(inner) => strip(inner),
            Body::Raw(code) if !is_component && section.id == 10 => *code = unreachable(funcs),
            Body::Raw(_) | Body::Items(_) => {}
        }
    }
}

/// A code section in which every body is `unreachable`.
fn unreachable(funcs: usize) -> Vec<u8> {
    let mut code = Vec::with_capacity(5 + 4 * funcs);
    leb(&mut code, funcs);
    for _ in 0..funcs {
        code.extend([3, 0, 0x00, 0x0b]);
    }
    code
}
