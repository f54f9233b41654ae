//! Damage that knows where sections and items begin, so that most of it gets past the parser.

use crate::random::Random;
use crate::tree::{Binary, Body, Section};

/// Damages a component in one to four places. `other` is where foreign pieces come from.
#[must_use]
pub fn mutate(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let Some(mut binary) = Binary::decode(bytes) else {
        return scramble(bytes.to_vec(), random);
    };
    let other = Binary::decode(other);
    for _ in 0..=random.below(4) {
        damage(&mut binary, other.as_ref(), random);
    }
    let bytes = binary.encode();
    match random.one_in(16) {
        true => scramble(bytes, random),
        false => bytes,
    }
}

/// Damage at any byte.
fn scramble(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(3) {
        piece(&mut bytes, random);
    }
    if random.one_in(8) {
        bytes.truncate(random.below(bytes.len() + 1));
    }
    bytes
}

fn damage(binary: &mut Binary, other: Option<&Binary>, random: &mut Random) {
    let count = binary.sections.len();
    if count == 0 || random.one_in(12) {
        rearrange(binary, other, random);
        return;
    }
    let donor = match other {
        Some(other) if random.one_in(2) => other,
        _ => &binary.clone(),
    };
    let Section { id, body } = &mut binary.sections[random.below(count)];
    match body {
        Body::Raw(raw) => piece(raw, random),
        Body::Items(list) => items(list, *id, donor, random),
        Body::Nested(inner) => damage(inner, other, random),
    }
}

/// Adds, removes, or moves a section.
fn rearrange(binary: &mut Binary, other: Option<&Binary>, random: &mut Random) {
    let sections = &mut binary.sections;
    let count = sections.len();
    match random.below(5) {
        0 if count > 0 => drop(sections.remove(random.below(count))),
        1 if count > 0 => {
            let copy = sections[random.below(count)].clone();
            sections.insert(random.below(count + 1), copy);
        }
        2 if count > 0 => sections.swap(random.below(count), random.below(count)),
        3 => {
            if let Some(other) = other.filter(|other| !other.sections.is_empty()) {
                let copy = other.sections[random.below(other.sections.len())].clone();
                sections.insert(random.below(count + 1), copy);
            }
        }
        _ => {
            let (id, size) = (random.below(14) as u8, random.below(12));
            let body = Body::Raw(random.bytes(size));
            sections.insert(random.below(count + 1), Section { id, body });
        }
    }
}

/// Adds, removes, moves or damages an item.
fn items(list: &mut Vec<Vec<u8>>, id: u8, donor: &Binary, random: &mut Random) {
    let count = list.len();
    match random.below(6) {
        0 if count > 0 => drop(list.remove(random.below(count))),
        1 if count > 0 => {
            let copy = list[random.below(count)].clone();
            list.insert(random.below(count + 1), copy);
        }
        2 if count > 0 => list.swap(random.below(count), random.below(count)),
        3 => {
            let foreign = donor.sections.iter().filter(|section| section.id == id);
            let foreign: Vec<_> = foreign
                .filter_map(|section| match &section.body {
                    Body::Items(items) => Some(items),
                    Body::Raw(_) | Body::Nested(_) => None,
                })
                .flatten()
                .collect();
            if !foreign.is_empty() {
                let copy = foreign[random.below(foreign.len())].clone();
                list.insert(random.below(count + 1), copy);
            }
        }
        _ if count > 0 => piece(&mut list[random.below(count)], random),
        _ => {}
    }
}

/// Changes a byte, most often to one nearby, as indices are small.
fn piece(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        bytes.push(random.next() as u8);
        return;
    }
    let at = random.below(bytes.len());
    match random.below(10) {
        0..=2 => bytes[at] = random.below(16) as u8,
        3 | 4 => bytes[at] = bytes[at].wrapping_add(1),
        5 => bytes[at] = bytes[at].wrapping_sub(1),
        6 => bytes[at] = random.next() as u8,
        7 => bytes[at] ^= 1 << random.below(8),
        8 => drop(bytes.remove(at)),
        _ => bytes.insert(at, random.next() as u8),
    }
}
