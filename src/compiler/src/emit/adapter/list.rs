//! Strings and lists: a pointer and a length. Spec: `load_list_from_range` and `store_list_into_range`, in one.

use wasm_encoder::{BlockType, ValType};

use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::MAX_LIST_BYTE_LENGTH;

use super::Direction;
use super::emitter::{Emitter, Helper};
use super::func::{Func, Local};
use super::memory::Width;
use super::value::{Place, Route};

impl Emitter<'_> {
    pub(super) fn string(&mut self, f: &mut Func, dir: Direction, (from, to): Route<'_>) {
        let pair = self.pair(f, dir, from);
        let copy = [f.local(ValType::I32), f.local(ValType::I32)];
        f.get_all(&pair);
        let copier = self.string_copier(dir);
        self.call_import(f, copier, &[ValType::I32; 2], &[ValType::I32; 2]);
        f.set_all(&copy);
        self.write_pair(f, dir, to, copy);
    }

    /// A list of elements of type `ty`, or a map of such entries.
    pub(super) fn list(&mut self, f: &mut Func, dir: Direction, ty: u32, (from, to): Route<'_>) {
        let [ptr, count] = self.pair(f, dir, from);
        let copy = f.local(ValType::I32);
        let desc = &self.types[ty as usize];
        let (size, align) = (desc.size, desc.align);
        let helper = match self.traits[ty as usize].plain {
            true => Helper::Bytes { size, align, dir },
            false => Helper::Elements { ty, dir },
        };
        self.push_subtask(f, ty);
        f.get_all(&[ptr, count]);
        self.help(f, helper);
        f.set(copy);
        self.write_pair(f, dir, to, [copy, count]);
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
        let size = self.types[ty as usize].size;
        if !from.in_memory() || !to.in_memory() {
            let count = self.flat(ty).len();
            for i in 0..length {
                let part = |place: &Place| place.part(i as usize * count, count, i * size);
                self.translate(f, dir, ty, (&part(from), &part(to)));
            }
            return;
        }
        let [source, copy] = [from, to].map(|place| place.address(f));
        // The layout of the whole has been checked to fit in 32 bits.
        let bytes = size * length;
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
        [(0, 0), (1, 4)].map(|(i, offset)| self.held(f, dir, Width::I32, &from.part(i, 1, offset)))
    }

    fn write_pair(&mut self, f: &mut Func, dir: Direction, to: &Place, pair: [Local; 2]) {
        for ((i, offset), local) in [(0, 0), (1, 4)].into_iter().zip(pair) {
            let to = to.part(i, 1, offset);
            self.write(f, dir, Width::I32, &to, |_, f| f.get(local));
        }
    }

    /// The body of [`Helper::Bytes`].
    pub(super) fn bytes_body(&mut self, size: u32, align: u32, dir: Direction) -> Func {
        let (mut f, params) = Func::new(&[ValType::I32; 2]);
        let [ptr, count] = params[..] else {
            unreachable!("there are two")
        };
        let copy = self.allocate_list(&mut f, dir, [ptr, count], (size, align));
        f.get_all(&[copy, ptr, count]);
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
        let desc = &self.types[ty as usize];
        let (size, align) = (desc.size, desc.align);
        let copy = self.allocate_list(&mut f, dir, [ptr, count], (size, align));
        let to = f.local(ValType::I32);
        f.get(copy);
        f.set(to);
        self.each(&mut f, dir, ty, [ptr, to, count]);
        f.get(copy);
        f
    }

    /// Translates elements one after the other: `[source, destination, bytes that are left]`, all of which change.
    fn each(&mut self, f: &mut Func, dir: Direction, ty: u32, [from, to, left]: [Local; 3]) {
        let size = self.types[ty as usize].size;
        f.ins().block(BlockType::Empty).loop_(BlockType::Empty);
        f.get(left);
        f.ins().i32_eqz().br_if(1);
        self.translate(f, dir, ty, (&Place::at(from), &Place::at(to)));
        f.advance(from, size);
        f.advance(to, size);
        f.advance(left, size.wrapping_neg());
        f.ins().br(0).end().end();
    }

    /// Checks the range of a list and allocates its copy, whose address is in the local that it returns. What was the number
    /// of elements is that of bytes then.
    fn allocate_list(
        &mut self,
        f: &mut Func,
        dir: Direction,
        [ptr, count]: [Local; 2],
        (size, align): (u32, u32),
    ) -> Local {
        f.get(count);
        f.ins()
            .i32_const((MAX_LIST_BYTE_LENGTH / size) as i32)
            .i32_gt_u()
            .if_(BlockType::Empty);
        self.trap(f, TrapCode::TooLong);
        f.ins().end();
        f.get(ptr);
        f.get(count);
        if size > 1 {
            f.ins().i32_const(size as i32).i32_mul();
        }
        f.ins().local_tee(count.index).i32_const(align as i32 - 1);
        self.help(f, Helper::Check(dir.from));
        let copy = f.local(ValType::I32);
        f.get(count);
        f.ins().i32_const(align as i32);
        self.help(f, Helper::Allocate(dir.to));
        f.set(copy);
        copy
    }
}
