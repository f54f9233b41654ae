//! Variants, enums, options and results. Spec: `load_variant`, `lift_flat_variant`, `lower_flat_variant`.

use wasm_encoder::{BlockType, ValType};

use tidegate_abi::code::TrapCode;

use super::emitter::Emitter;
use super::func::{Func, Local};
use super::memory::Width;
use super::value::{Place, Route};
use super::{Direction, SideId};
use crate::plan::TypeKind;

/// How long a table of branches may be in any engine.
const MAX_TARGETS: usize = 65_000;

/// What types with cases have in common.
struct Shape {
    /// The payload of each case.
    payloads: Vec<Option<u32>>,
    discriminant: Width,
    /// In each side's memory.
    from_offset: u32,
    to_offset: u32,
}

impl Emitter<'_> {
    pub(super) fn cases(&mut self, f: &mut Func, dir: Direction, ty: u32, (from, to): Route<'_>) {
        let shape = self.shape(ty, dir);
        let case = self.held(f, dir, shape.discriminant, &from.part(0, 1, 0));
        f.get(case);
        f.ins()
            .i32_const(shape.payloads.len() as i32)
            .i32_ge_u()
            .if_(BlockType::Empty);
        self.trap(f, TrapCode::InvalidDiscriminant);
        f.ins().end();
        let discriminant = to.part(0, 1, 0);
        self.write(f, dir, shape.discriminant, &discriminant, |_, f| {
            f.get(case)
        });
        let rest = |place: &Place, offset| match place {
            Place::Flat(locals) => Place::Flat(locals[1..].to_vec()),
            Place::Memory { .. } => place.part(0, 0, offset),
        };
        let from = rest(from, shape.from_offset);
        let to = rest(to, shape.to_offset);
        self.payloads(f, dir, case, &shape.payloads, (&from, &to));
    }

    fn shape(&self, ty: u32, dir: Direction) -> Shape {
        let (payloads, discriminant_size) = match self.kind(ty) {
            TypeKind::Variant {
                cases,
                discriminant_size,
                payload_offset: _,
            } => {
                let payloads = cases.iter().map(|case| case.ty).collect();
                (payloads, *discriminant_size)
            }
            TypeKind::Option { ty, .. } => (vec![None, Some(*ty)], 1),
            TypeKind::Result { ok, err, .. } => (vec![*ok, *err], 1),
            TypeKind::Enum {
                labels,
                discriminant_size,
            } => (vec![None; labels.len()], *discriminant_size),
            _ => unreachable!("only these types have cases"),
        };
        let [from_offset, to_offset] = [dir.from, dir.to].map(|side| self.payload_offset(ty, side));
        Shape {
            payloads,
            discriminant: Width::unsigned(discriminant_size),
            from_offset,
            to_offset,
        }
    }

    fn payload_offset(&self, ty: u32, side: SideId) -> u32 {
        match self.desc(ty, side).kind {
            TypeKind::Variant { payload_offset, .. }
            | TypeKind::Option { payload_offset, .. }
            | TypeKind::Result { payload_offset, .. } => payload_offset,
            TypeKind::Enum { .. } => 0,
            _ => unreachable!("only these types have cases"),
        }
    }

    /// Translates the payload of the case in `case`; payloads of one type share their code.
    fn payloads(
        &mut self,
        f: &mut Func,
        dir: Direction,
        case: Local,
        payloads: &[Option<u32>],
        route: Route<'_>,
    ) {
        let mut kinds: Vec<Option<u32>> = payloads.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        let kind = |payload: &Option<u32>| kinds.binary_search(payload).unwrap_or(0);
        if kinds.len() == 1 {
            return self.payload(f, dir, kinds[0], route);
        }
        // Blocks around each other: leaving the n-th, counted from within, leads to the code of the n-th kind.
        for _ in 0..=kinds.len() {
            f.ins().block(BlockType::Empty);
        }
        f.get(case);
        match payloads {
            [first, _] => {
                // There are two kinds: one is the first case's, the other the second's.
                let first = kind(first) as u32;
                f.ins().br_if(1 - first).br(first);
            }
            _ => {
                let mut targets: Vec<u32> = payloads.iter().map(|p| kind(p) as u32).collect();
                let default = targets[targets.len() - 1];
                while targets.last() == Some(&default) {
                    targets.pop();
                }
                self.too_large |= targets.len() > MAX_TARGETS;
                f.ins().br_table(targets, default);
            }
        }
        for (n, &payload) in kinds.iter().enumerate() {
            f.ins().end();
            self.payload(f, dir, payload, route);
            let outer = kinds.len() - 1 - n;
            if outer > 0 {
                f.ins().br(outer as u32);
            }
        }
        f.ins().end();
    }

    /// Translates the payload of one case. Flat values have the joined types of all cases.
    fn payload(&mut self, f: &mut Func, dir: Direction, ty: Option<u32>, (from, to): Route<'_>) {
        let scope = f.scope();
        let flat = |side, place: &Place| match (ty, place) {
            (Some(ty), Place::Flat(_)) => self.flat(ty, side),
            (_, _) => Vec::new(),
        };
        let (flat_from, flat_to) = (flat(dir.from, from), flat(dir.to, to));
        if let Some(ty) = ty {
            let own_from = narrowed(f, from, &flat_from);
            let own_to = match to {
                Place::Flat(joined) => Place::Flat(own_locals(f, joined, &flat_to)),
                Place::Memory { .. } => to.clone(),
            };
            self.translate(f, dir, ty, (&own_from, &own_to));
            if let (Place::Flat(own), Place::Flat(joined)) = (&own_to, to) {
                widen(f, own, joined);
            }
        }
        if let Place::Flat(joined) = to {
            for &local in &joined[flat_to.len()..] {
                zero(f, local);
            }
        }
        f.end_scope(scope);
    }
}

/// For each of `flat` the joined local, or one of its own where the types differ.
fn own_locals(f: &mut Func, joined: &[Local], flat: &[ValType]) -> Vec<Local> {
    let pairs = joined.iter().zip(flat);
    pairs
        .map(|(&joined, &ty)| match joined.ty == ty {
            true => joined,
            false => f.local(ty),
        })
        .collect()
}

/// The payload's own flat values. Spec: `CoerceValueIter`.
fn narrowed(f: &mut Func, from: &Place, flat: &[ValType]) -> Place {
    use ValType::{F32, F64, I32, I64};
    let Place::Flat(joined) = from else {
        return from.clone();
    };
    let own = own_locals(f, joined, flat);
    for (&own, &joined) in own.iter().zip(joined) {
        if own == joined {
            continue;
        }
        f.get(joined);
        let mut ins = f.ins();
        match (joined.ty, own.ty) {
            (I32, F32) => ins.f32_reinterpret_i32(),
            (I64, I32) => ins.i32_wrap_i64(),
            (I64, F32) => ins.i32_wrap_i64().f32_reinterpret_i32(),
            (I64, F64) => ins.f64_reinterpret_i64(),
            _ => unreachable!("types join to nothing else"),
        };
        f.set(own);
    }
    Place::Flat(own)
}

/// The other way round. Spec: the end of `lower_flat_variant`.
fn widen(f: &mut Func, own: &[Local], joined: &[Local]) {
    use ValType::{F32, F64, I32, I64};
    for (&own, &joined) in own.iter().zip(joined) {
        if own == joined {
            continue;
        }
        f.get(own);
        let mut ins = f.ins();
        match (own.ty, joined.ty) {
            (F32, I32) => ins.i32_reinterpret_f32(),
            (I32, I64) => ins.i64_extend_i32_u(),
            (F32, I64) => ins.i32_reinterpret_f32().i64_extend_i32_u(),
            (F64, I64) => ins.i64_reinterpret_f64(),
            _ => unreachable!("types join to nothing else"),
        };
        f.set(joined);
    }
}

fn zero(f: &mut Func, local: Local) {
    let mut ins = f.ins();
    match local.ty {
        ValType::I64 => ins.i64_const(0),
        ValType::F32 => ins.f32_const(0.0_f32.into()),
        ValType::F64 => ins.f64_const(0.0_f64.into()),
        _ => ins.i32_const(0),
    };
    f.set(local);
}
