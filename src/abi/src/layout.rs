//! Layout and flattening of value types, in memories with 32-bit and with 64-bit addresses.
//!
//! Enters: the layouts and flattenings of a type's parts, already computed. Leaves: those of the
//! whole. Nothing here recurses, so the depth of a type costs its callers nothing but a table.
//! Sizes are checked: `None` means that a type does not fit in 32 bits.
//! Source: `CanonicalABI.md`, "Alignment", "Element Size", "Flattening".

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::{MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};

/// Size and alignment of a type in memory, in bytes. Spec: `elem_size`, `alignment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Bytes that an element takes; a multiple of `align`.
    pub size: u32,
    /// 1, 2, 4 or 8.
    pub align: u32,
}

impl Layout {
    /// A number, char or handle of `size` bytes, aligned to its size.
    pub const fn scalar(size: u32) -> Self {
        Self { size, align: size }
    }

    /// Nothing at all: the parameters of a function that has none.
    pub const EMPTY: Self = Self { size: 0, align: 1 };
}

/// What addresses a memory has, and pointers and lengths in it. Spec: `ptr_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PtrType {
    /// `i32`; also where there is no memory.
    #[default]
    I32,
    /// `i64`.
    I64,
}

impl PtrType {
    /// Bytes of a pointer. Spec: `ptr_size`.
    pub const fn size(self) -> u32 {
        match self {
            Self::I32 => 4,
            Self::I64 => 8,
        }
    }

    /// The core type of a pointer.
    pub const fn core(self) -> CoreType {
        match self {
            Self::I32 => CoreType::I32,
            Self::I64 => CoreType::I64,
        }
    }

    /// Layout of a pointer and a length: strings, lists and maps.
    pub const fn pair(self) -> Layout {
        Layout {
            size: 2 * self.size(),
            align: self.size(),
        }
    }
}

/// A core value type. Spec: the strings `'i32'` to `'f64'`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum CoreType {
    I32,
    I64,
    F32,
    F64,
}

/// The flat form of a type; `None` when it has more than [`MAX_FLAT_PARAMS`] core values, in which
/// case no whole that contains it is flat either.
pub type Flat = Option<Vec<CoreType>>;

/// `offset` rounded up to a multiple of `align`. Spec: `align_to`.
pub const fn align_to(offset: u32, align: u32) -> Option<u32> {
    match offset.checked_add(align - 1) {
        Some(n) => Some(n / align * align),
        None => None,
    }
}

/// Layout of a record or tuple, and the offset of each field. Spec: `elem_size_record`.
pub fn record(fields: impl IntoIterator<Item = Layout>) -> Option<(Layout, Vec<u32>)> {
    let mut whole = Layout::EMPTY;
    let mut offsets = Vec::new();
    for field in fields {
        let offset = align_to(whole.size, field.align)?;
        offsets.push(offset);
        whole.size = offset.checked_add(field.size)?;
        whole.align = whole.align.max(field.align);
    }
    whole.size = align_to(whole.size, whole.align)?;
    Some((whole, offsets))
}

/// Layout of a variant, as [`variant`] computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariantLayout {
    /// Of the whole.
    pub layout: Layout,
    /// Bytes of the case index.
    pub discriminant_size: u32,
    /// Where every case's payload begins.
    pub payload_offset: u32,
}

/// Layout of a variant, option or result with `cases` cases, some of which have `payloads`.
/// Spec: `elem_size_variant`.
pub fn variant(cases: usize, payloads: impl IntoIterator<Item = Layout>) -> Option<VariantLayout> {
    let discriminant_size = discriminant_size(cases);
    let mut payload = Layout::EMPTY;
    for case in payloads {
        payload.size = payload.size.max(case.size);
        payload.align = payload.align.max(case.align);
    }
    let payload_offset = align_to(discriminant_size, payload.align)?;
    let align = payload.align.max(discriminant_size);
    let size = align_to(payload_offset.checked_add(payload.size)?, align)?;
    Some(VariantLayout {
        layout: Layout { size, align },
        discriminant_size,
        payload_offset,
    })
}

/// Bytes of a variant's or enum's case index. Spec: `discriminant_type`.
pub const fn discriminant_size(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Layout of a list whose length is part of its type: its elements. Spec: `elem_size_list`.
pub fn fixed_length_list(element: Layout, length: u32) -> Option<Layout> {
    Some(Layout {
        size: element.size.checked_mul(length)?,
        align: element.align,
    })
}

/// Layout of flags. Spec: `elem_size_flags`.
pub const fn flags(labels: usize) -> Layout {
    Layout::scalar(match labels {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    })
}

/// Flat form of a record or tuple. Spec: `flatten_record`.
pub fn flatten_record<'a>(fields: impl IntoIterator<Item = Option<&'a [CoreType]>>) -> Flat {
    let mut flat = Vec::new();
    for field in fields {
        flat.extend_from_slice(field?);
        if flat.len() > MAX_FLAT_PARAMS {
            return None;
        }
    }
    Some(flat)
}

/// Flat form of a list whose length is part of its type. Spec: `flatten_list`.
pub fn flatten_fixed_length_list(element: Option<&[CoreType]>, length: u32) -> Flat {
    let element = element?;
    let count = element.len().checked_mul(length as usize)?;
    (count <= MAX_FLAT_PARAMS).then(|| element.repeat(length as usize))
}

/// Flat form of a variant, option or result, from the payloads of its cases. Spec: `flatten_variant`.
pub fn flatten_variant<'a>(payloads: impl IntoIterator<Item = Option<&'a [CoreType]>>) -> Flat {
    let mut flat = vec![CoreType::I32];
    for payload in payloads {
        for (i, &ty) in payload?.iter().enumerate() {
            match flat.get_mut(i + 1) {
                Some(slot) => *slot = join(*slot, ty),
                None => flat.push(ty),
            }
        }
    }
    (flat.len() <= MAX_FLAT_PARAMS).then_some(flat)
}

/// The core type that can hold either. Spec: `join`.
pub fn join(a: CoreType, b: CoreType) -> CoreType {
    use CoreType::{F32, I32, I64};
    match (a, b) {
        _ if a == b => a,
        (I32, F32) | (F32, I32) => I32,
        _ => I64,
    }
}

/// Which canonical definition a function type is flattened for. Spec: `context` and `opts` of
/// `flatten_functype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `canon lift` without `async`.
    LiftSync,
    /// `canon lift` with `async` and a callback.
    LiftCallback,
    /// `canon lift` with `async` and no callback.
    LiftStackful,
    /// `canon lower` without `async`.
    LowerSync,
    /// `canon lower` with `async`.
    LowerAsync,
}

/// A core function type that stands for a component function. Spec: `flatten_functype`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Core parameters.
    pub params: Vec<CoreType>,
    /// The core result.
    pub result: Option<CoreType>,
}

/// Core type of a function whose parameters and result have these flat forms; a function without a
/// result has an empty one. Spec: `flatten_functype`.
pub fn flatten_func(
    call: Call,
    ptr: PtrType,
    params: Option<&[CoreType]>,
    result: Option<&[CoreType]>,
) -> Signature {
    let limit = match call {
        Call::LiftSync | Call::LiftCallback | Call::LiftStackful | Call::LowerSync => {
            MAX_FLAT_PARAMS
        }
        Call::LowerAsync => MAX_FLAT_ASYNC_PARAMS,
    };
    let mut params = match params {
        Some(flat) if flat.len() <= limit => flat.to_vec(),
        _ => vec![ptr.core()],
    };
    let fits = result.is_some_and(|flat| flat.len() <= MAX_FLAT_RESULTS);
    let flat_result = result
        .and_then(|flat| flat.first().copied())
        .filter(|_| fits);
    let result = match call {
        Call::LiftSync if fits => flat_result,
        Call::LiftSync => Some(ptr.core()),
        Call::LiftCallback => Some(CoreType::I32),
        Call::LiftStackful => None,
        Call::LowerSync if fits => flat_result,
        Call::LowerSync => {
            params.push(ptr.core());
            None
        }
        Call::LowerAsync => {
            if result.is_none_or(|flat| !flat.is_empty()) {
                params.push(ptr.core());
            }
            Some(CoreType::I32)
        }
    };
    Signature { params, result }
}

#[cfg(test)]
mod tests {
    use super::CoreType::{F32, F64, I32, I64};
    use super::*;

    fn layout(size: u32, align: u32) -> Layout {
        Layout { size, align }
    }

    #[test]
    fn records_pad_between_fields_and_at_the_end() {
        let fields = [
            Layout::scalar(1),
            Layout::scalar(4),
            Layout::scalar(2),
            Layout::scalar(8),
            Layout::scalar(1),
        ];
        let (whole, offsets) = record(fields).expect("it fits");
        assert_eq!(offsets, [0, 4, 8, 16, 24]);
        assert_eq!(whole, layout(32, 8));
        assert_eq!(record([]).expect("it fits").0, Layout::EMPTY);
        assert_eq!(
            record([Layout::scalar(1); 3]).expect("it fits").0,
            layout(3, 1)
        );
    }

    #[test]
    fn sizes_that_leave_32_bits_are_reported() {
        let big = layout(u32::MAX - 3, 4);
        assert_eq!(record([big, Layout::scalar(8)]), None);
        assert_eq!(variant(2, [big, Layout::scalar(8)]), None);
        assert_eq!(align_to(u32::MAX, 8), None);
    }

    #[test]
    fn discriminants_grow_with_the_number_of_cases() {
        for (cases, size) in [(1, 1), (2, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4)] {
            assert_eq!(discriminant_size(cases), size, "{cases} cases");
        }
    }

    #[test]
    fn variants_align_the_payload() {
        let v = variant(2, [Layout::scalar(8)]).expect("it fits");
        assert_eq!(
            (v.layout, v.discriminant_size, v.payload_offset),
            (layout(16, 8), 1, 8)
        );
        let v = variant(2, []).expect("it fits");
        assert_eq!((v.layout, v.payload_offset), (layout(1, 1), 1));
        let v = variant(257, [Layout::scalar(1)]).expect("it fits");
        assert_eq!((v.layout, v.payload_offset), (layout(4, 2), 2));
        // result<string, u8>
        let v = variant(2, [PtrType::I32.pair(), Layout::scalar(1)]).expect("it fits");
        assert_eq!((v.layout, v.payload_offset), (layout(12, 4), 4));
        let v = variant(2, [PtrType::I64.pair(), Layout::scalar(1)]).expect("it fits");
        assert_eq!((v.layout, v.payload_offset), (layout(24, 8), 8));
    }

    #[test]
    fn flags_take_one_two_or_four_bytes() {
        for (labels, size) in [(1, 1), (8, 1), (9, 2), (16, 2), (17, 4), (32, 4)] {
            assert_eq!(flags(labels), Layout::scalar(size));
        }
    }

    #[test]
    fn join_follows_the_table() {
        assert_eq!(join(I32, I32), I32);
        assert_eq!(join(F32, F32), F32);
        assert_eq!(join(I32, F32), I32);
        assert_eq!(join(F32, I32), I32);
        assert_eq!(join(F64, F64), F64);
        for (a, b) in [(I32, I64), (F32, F64), (I32, F64), (I64, F32), (F64, I64)] {
            assert_eq!(join(a, b), I64);
            assert_eq!(join(b, a), I64);
        }
    }

    #[test]
    fn variants_flatten_to_the_join_of_their_cases() {
        let flat = flatten_variant([Some(&[F32][..]), Some(&[I64, F32]), Some(&[])]);
        assert_eq!(flat, Some(vec![I32, I64, F32]));
    }

    #[test]
    fn more_than_sixteen_is_not_flat() {
        let sixteen = [I32; 16];
        assert_eq!(flatten_record([Some(&sixteen[..])]), Some(sixteen.to_vec()));
        assert_eq!(flatten_record([Some(&sixteen[..]), Some(&[I32])]), None);
        assert_eq!(flatten_record([Some(&[I32][..]), None]), None);
        assert_eq!(flatten_variant([Some(&sixteen[..])]), None);
        assert_eq!(
            flatten_variant([Some(&sixteen[..15])]).map(|f| f.len()),
            Some(16)
        );
        assert_eq!(flatten_variant([None]), None);
    }

    #[test]
    fn fixed_length_lists_are_their_elements() {
        assert_eq!(fixed_length_list(Layout::scalar(4), 3), Some(layout(12, 4)));
        assert_eq!(fixed_length_list(Layout::scalar(8), 1 << 29), None);
        assert_eq!(
            flatten_fixed_length_list(Some(&[I32, F64]), 2),
            Some(vec![I32, F64, I32, F64])
        );
        assert_eq!(
            flatten_fixed_length_list(Some(&[I32]), 16).map(|flat| flat.len()),
            Some(16)
        );
        assert_eq!(flatten_fixed_length_list(Some(&[I32]), 17), None);
        assert_eq!(flatten_fixed_length_list(Some(&[I32]), u32::MAX), None);
        assert_eq!(flatten_fixed_length_list(None, 1), None);
    }

    fn flatten_func(
        call: Call,
        params: Option<&[CoreType]>,
        result: Option<&[CoreType]>,
    ) -> Signature {
        super::flatten_func(call, PtrType::I32, params, result)
    }

    fn sig(params: &[CoreType], result: Option<CoreType>) -> Signature {
        Signature {
            params: params.to_vec(),
            result,
        }
    }

    #[test]
    fn sync_functions_flatten_up_to_sixteen_and_one() {
        let sixteen = [I32; 16];
        for call in [Call::LiftSync, Call::LowerSync] {
            assert_eq!(
                flatten_func(call, Some(&sixteen), Some(&[F64])),
                sig(&sixteen, Some(F64))
            );
            assert_eq!(flatten_func(call, None, Some(&[])), sig(&[I32], None));
        }
        assert_eq!(
            flatten_func(Call::LiftSync, Some(&[]), Some(&[I32, I32])),
            sig(&[], Some(I32))
        );
        assert_eq!(
            flatten_func(Call::LiftSync, Some(&[]), None),
            sig(&[], Some(I32))
        );
        assert_eq!(
            flatten_func(Call::LowerSync, Some(&[F32]), Some(&[I32, I32])),
            sig(&[F32, I32], None)
        );
        assert_eq!(
            flatten_func(Call::LowerSync, None, None),
            sig(&[I32, I32], None)
        );
    }

    #[test]
    fn pointers_are_as_wide_as_the_memory_has_them() {
        let flatten =
            |call, params, result| super::flatten_func(call, PtrType::I64, params, result);
        assert_eq!(flatten(Call::LiftSync, None, None), sig(&[I64], Some(I64)));
        assert_eq!(flatten(Call::LowerSync, None, None), sig(&[I64, I64], None));
        assert_eq!(
            flatten(Call::LowerAsync, None, Some(&[F32])),
            sig(&[I64, I64], Some(I32))
        );
        assert_eq!(
            flatten(Call::LiftCallback, None, None),
            sig(&[I64], Some(I32))
        );
    }

    #[test]
    fn async_functions_flatten_up_to_four_and_return_through_memory() {
        let four = [I32, I64, F32, F64];
        assert_eq!(
            flatten_func(Call::LowerAsync, Some(&four), Some(&[])),
            sig(&four, Some(I32))
        );
        assert_eq!(
            flatten_func(Call::LowerAsync, Some(&[I32; 5]), Some(&[])),
            sig(&[I32], Some(I32))
        );
        assert_eq!(
            flatten_func(Call::LowerAsync, Some(&[F32]), Some(&[F64])),
            sig(&[F32, I32], Some(I32))
        );
        assert_eq!(
            flatten_func(Call::LowerAsync, Some(&[]), None),
            sig(&[I32], Some(I32))
        );
        assert_eq!(
            flatten_func(Call::LiftCallback, Some(&four), Some(&[F64])),
            sig(&four, Some(I32))
        );
        assert_eq!(
            flatten_func(Call::LiftCallback, None, Some(&[])),
            sig(&[I32], Some(I32))
        );
    }
}
