//! Strings and lists: a pointer and a length. Spec: `load_list_from_range` and `store_list_into_range`, in one.

use wasm_encoder::{BlockType, ValType};

use tidegate_abi::code::TrapCode;
use tidegate_abi::layout::PtrType;
use tidegate_abi::limits::MAX_LIST_BYTE_LENGTH;

use super::Direction;
use super::emitter::{Emitter, Helper};
use super::func::{Func, Local};
use super::memory::Width;
use super::value::{Place, Route};

impl Emitter<'_> {
    pub(super) fn string(&mut self, f: &mut Func, dir: Direction, (from, to): Route<'_>) {
        let pair = self.pair(f, dir, from);
        let [source, target] = [self.pointer(dir.from), self.pointer(dir.to)];
        let copy = [f.local(target), f.local(target)];
        f.get_all(&pair);
        let copier = self.string_copier(dir);
        self.call_import(f, copier, &[source; 2], &[target; 2]);
        f.set_all(&copy);
        self.write_pair(f, dir, to, copy);
    }

    /// A list of elements of type `ty`, or a map of such entries.
    pub(super) fn list(&mut self, f: &mut Func, dir: Direction, ty: u32, (from, to): Route<'_>) {
        let [ptr, count] = self.pair(f, dir, from);
        let copy = f.local(self.pointer(dir.to));
        let helper = match self.traits[ty as usize].plain {
            // Nothing in it is an address, so that it is the same on both sides.
            true => {
                let (size, align) = self.layout(ty, dir.from);
                Helper::Bytes { size, align, dir }
            }
            false => Helper::Elements { ty, dir },
        };
        self.push_subtask(f, ty);
        f.get_all(&[ptr, count]);
        self.help(f, helper);
        f.set(copy);
        let length = resized(f, count, copy.ty);
        self.write_pair(f, dir, to, [copy, length]);
    }

    /// `length` elements of type `ty`, one after the other. Spec: `load_list_from_valid_range`.
    pub(super) fn fixed_length_list(
        &mut self,
        f: &mut Func,
        dir: Direction,
        ty: u32,
        length: u32,
        (from, to): Route<'_>,
    ) {
        let (from_size, _) = self.layout(ty, dir.from);
        let (to_size, _) = self.layout(ty, dir.to);
        if !from.in_memory() || !to.in_memory() {
            let count = self.flat_count(ty);
            for i in 0..length {
                let part = |place: &Place, size| place.part(i as usize * count, count, i * size);
                self.translate(f, dir, ty, (&part(from, from_size), &part(to, to_size)));
            }
            return;
        }
        let [source, copy] = [from, to].map(|place| place.address(f));
        // The layout of the whole has been checked to fit in 32 bits.
        let bytes = from_size * length;
        if self.traits[ty as usize].plain {
            f.get_all(&[copy, source]);
            f.ins().i32_const(bytes as i32);
            return self.copy(f, dir);
        }
        let left = f.local(ValType::I32);
        f.ins().i32_const(bytes as i32);
        f.set(left);
        self.each(f, dir, ty, [source, copy, left]);
    }

    /// The pointer and the length.
    fn pair(&mut self, f: &mut Func, dir: Direction, from: &Place) -> [Local; 2] {
        let ptr = self.side(dir.from).ptr;
        [0, 1].map(|i| self.held(f, dir, width(ptr), &half(from, i, ptr)))
    }

    fn write_pair(&mut self, f: &mut Func, dir: Direction, to: &Place, pair: [Local; 2]) {
        let ptr = self.side(dir.to).ptr;
        for (i, local) in (0..).zip(pair) {
            self.write(f, dir, width(ptr), &half(to, i, ptr), |_, f| f.get(local));
        }
    }

    /// The body of [`Helper::Bytes`].
    pub(super) fn bytes_body(&mut self, size: u32, align: u32, dir: Direction) -> Func {
        let (mut f, params) = Func::new(&self.params(Helper::Bytes { size, align, dir }));
        let [ptr, count] = params[..] else {
            unreachable!("there are two")
        };
        let layout = (size, align);
        let [copy, bytes] = self.allocate_list(&mut f, dir, [ptr, count], (layout, layout));
        f.get_all(&[copy, ptr, bytes]);
        self.copy(&mut f, dir);
        f.get(copy);
        f
    }

    /// The body of [`Helper::Elements`].
    pub(super) fn elements_body(&mut self, ty: u32, dir: Direction) -> Func {
        let (mut f, mut params) = Func::new(&self.params(Helper::Elements { ty, dir }));
        if self.traits[ty as usize].borrows {
            f.subtask = Some(params.remove(0));
        }
        let [ptr, count] = params[..] else {
            unreachable!("there are two")
        };
        let layouts = (self.layout(ty, dir.from), self.layout(ty, dir.to));
        let [copy, bytes] = self.allocate_list(&mut f, dir, [ptr, count], layouts);
        let to = f.local(copy.ty);
        f.get(copy);
        f.set(to);
        self.each(&mut f, dir, ty, [ptr, to, bytes]);
        f.get(copy);
        f
    }

    /// Translates elements one after the other: `[source, destination, bytes of the source that are left]`, all of which change.
    fn each(&mut self, f: &mut Func, dir: Direction, ty: u32, [from, to, left]: [Local; 3]) {
        // No type is larger than a list may be.
        let [from_size, to_size] = [dir.from, dir.to].map(|side| self.layout(ty, side).0 as i32);
        f.ins().block(BlockType::Empty).loop_(BlockType::Empty);
        f.get(left);
        f.ins().i32_eqz().br_if(1);
        self.translate(f, dir, ty, (&Place::at(from), &Place::at(to)));
        f.advance(from, from_size);
        f.advance(to, to_size);
        f.advance(left, -from_size);
        f.ins().br(0).end().end();
    }

    /// Checks the range of a list and allocates its copy: locals with the copy's address and, as an i32, how many bytes the source
    /// has. What was the number of elements is lost.
    fn allocate_list(
        &mut self,
        f: &mut Func,
        dir: Direction,
        [ptr, count]: [Local; 2],
        (source, target): ((u32, u32), (u32, u32)),
    ) -> [Local; 2] {
        let most = MAX_LIST_BYTE_LENGTH / source.0;
        f.get(count);
        match count.ty {
            ValType::I64 => f.ins().i64_const(most.into()).i64_gt_u(),
            _ => f.ins().i32_const(most as i32).i32_gt_u(),
        };
        f.ins().if_(BlockType::Empty);
        self.trap(f, TrapCode::TooLong);
        f.ins().end();
        let count = resized(f, count, ValType::I32);
        let bytes = match source.0 == target.0 {
            true => count,
            false => f.local(ValType::I32),
        };
        f.get_all(&[ptr, count]);
        times(f, source.0);
        f.ins()
            .local_tee(bytes.index)
            .i32_const(source.1 as i32 - 1);
        self.help(f, Helper::Check(dir.from));
        let copy = f.local(self.pointer(dir.to));
        if bytes == count {
            f.get(bytes);
        } else {
            // At most twice as many, which 32 bits can hold.
            f.get(count);
            times(f, target.0);
        }
        f.ins().i32_const(target.1 as i32);
        self.help(f, Helper::Allocate(dir.to));
        f.set(copy);
        [copy, bytes]
    }
}

/// Multiplies the i32 on the stack.
fn times(f: &mut Func, size: u32) {
    if size > 1 {
        f.ins().i32_const(size as i32).i32_mul();
    }
}

/// A length, which 32 bits can hold, in a local of type `ty`.
fn resized(f: &mut Func, length: Local, ty: ValType) -> Local {
    if length.ty == ty {
        return length;
    }
    let local = f.local(ty);
    f.get(length);
    match ty {
        ValType::I64 => f.ins().i64_extend_i32_u(),
        _ => f.ins().i32_wrap_i64(),
    };
    f.set(local);
    local
}

fn width(ptr: PtrType) -> Width {
    match ptr {
        PtrType::I32 => Width::I32,
        PtrType::I64 => Width::I64,
    }
}

/// Of a pointer and a length, one.
fn half(place: &Place, i: usize, ptr: PtrType) -> Place {
    place.part(i, 1, i as u32 * ptr.size())
}
