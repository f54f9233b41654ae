//! Values on their way from one component to another. Spec: `load` and `lift_flat`, `store` and `lower_flat`, in one.

use wasm_encoder::{BlockType, ValType};

use tidegate_abi::code::TrapCode;

use super::emitter::{Emitter, Form, Helper};
use super::func::{Func, Local};
use super::memory::Width;
use super::traits::MAX_INLINE;
use super::{Direction, SideId};
use crate::plan::{Field, Source, TypeKind};

/// Where a value is, or where it has to go.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In these locals, one for each of its flat types.
    Flat(Vec<Local>),
    /// In a memory, `offset` behind the address.
    Memory { addr: Local, offset: u32 },
}

impl Place {
    /// At the address in a local.
    pub(super) fn at(addr: Local) -> Self {
        Self::Memory { addr, offset: 0 }
    }

    pub(super) fn in_memory(&self) -> bool {
        matches!(self, Self::Memory { .. })
    }

    /// The address of what is in memory, in a local of its own.
    pub(super) fn address(&self, f: &mut Func) -> Local {
        let Self::Memory { addr, offset } = self else {
            unreachable!("flat values have no address");
        };
        let local = f.local(addr.ty);
        f.push_address(*addr, *offset);
        f.set(local);
        local
    }

    /// A part of what is here: `count` flat values from `first` on, or what is `offset` behind.
    pub(super) fn part(&self, first: usize, count: usize, offset: u32) -> Self {
        match self {
            Self::Flat(locals) => Self::Flat(locals[first..first + count].to_vec()),
            Self::Memory { addr, offset: o } => Self::Memory {
                addr: *addr,
                offset: o + offset,
            },
        }
    }
}

/// A value's source and destination.
pub(super) type Route<'p> = (&'p Place, &'p Place);

impl<'s> Emitter<'s> {
    /// Translates a value of type `ty`. Both places have been checked.
    pub(super) fn translate(&mut self, f: &mut Func, dir: Direction, ty: u32, route: Route<'_>) {
        if self.traits[ty as usize].weight > MAX_INLINE {
            self.translate_by_helper(f, dir, ty, route);
        } else {
            self.translate_inline(f, dir, ty, route);
        }
    }

    fn translate_by_helper(&mut self, f: &mut Func, dir: Direction, ty: u32, (from, to): Route) {
        self.push_subtask(f, ty);
        for place in [Some(from), Some(to).filter(|to| to.in_memory())] {
            match place {
                Some(Place::Flat(locals)) => f.get_all(locals),
                Some(Place::Memory { addr, offset }) => f.push_address(*addr, *offset),
                None => {}
            }
        }
        let form = Form {
            from_memory: from.in_memory(),
            to_memory: to.in_memory(),
        };
        self.help(f, Helper::Value { ty, dir, form });
        if let Place::Flat(locals) = to {
            f.set_all(locals);
        }
    }

    /// The body of [`Helper::Value`].
    pub(super) fn value_body(&mut self, ty: u32, dir: Direction, form: Form) -> Func {
        let (mut f, mut params) = Func::new(&self.params(Helper::Value { ty, dir, form }));
        if self.traits[ty as usize].borrows {
            f.subtask = Some(params.remove(0));
        }
        let to = match form.to_memory {
            true => Place::at(params.pop().expect("the destination is the last")),
            false => Place::Flat(f.locals(self.flat(ty, dir.to))),
        };
        let from = match form.from_memory {
            true => Place::at(params[0]),
            false => Place::Flat(params),
        };
        self.translate_inline(&mut f, dir, ty, (&from, &to));
        if let Place::Flat(locals) = &to {
            f.get_all(locals);
        }
        f
    }

    pub(super) fn translate_inline(
        &mut self,
        f: &mut Func,
        dir: Direction,
        ty: u32,
        route: Route<'_>,
    ) {
        let scope = f.scope();
        match self.kind(ty) {
            TypeKind::Bool => self.bool(f, dir, route),
            TypeKind::U8 => self.number(f, dir, Width::U8, route),
            TypeKind::S8 => self.number(f, dir, Width::S8, route),
            TypeKind::U16 => self.number(f, dir, Width::U16, route),
            TypeKind::S16 => self.number(f, dir, Width::S16, route),
            TypeKind::U32 | TypeKind::S32 => self.number(f, dir, Width::I32, route),
            TypeKind::U64 | TypeKind::S64 => self.number(f, dir, Width::I64, route),
            TypeKind::F32 => self.number(f, dir, Width::F32, route),
            TypeKind::F64 => self.number(f, dir, Width::F64, route),
            TypeKind::Char => self.char(f, dir, route),
            TypeKind::Flags { labels } => {
                let (size, _) = self.layout(ty, dir.from);
                self.flags(f, dir, labels.len(), size, route);
            }
            TypeKind::Record { .. } | TypeKind::Tuple { .. } => self.record(f, dir, ty, route),
            TypeKind::Variant { .. }
            | TypeKind::Enum { .. }
            | TypeKind::Option { .. }
            | TypeKind::Result { .. } => self.cases(f, dir, ty, route),
            TypeKind::String => self.string(f, dir, route),
            TypeKind::List { ty: element } | TypeKind::Map { entry: element, .. } => {
                self.list(f, dir, *element, route);
            }
            TypeKind::FixedLengthList {
                ty: element,
                length,
            } => self.fixed_length_list(f, dir, *element, *length, route),
            TypeKind::Own { .. }
            | TypeKind::Borrow { .. }
            | TypeKind::Stream { .. }
            | TypeKind::Future { .. }
            | TypeKind::ErrorContext => self.handle(f, dir, ty, route),
        }
        f.end_scope(scope);
    }

    /// Pushes the scalar that is at `place`.
    pub(super) fn read(&mut self, f: &mut Func, dir: Direction, width: Width, place: &Place) {
        match place {
            Place::Flat(locals) => f.get(locals[0]),
            Place::Memory { addr, offset } => self.load(f, dir.from, width, (*addr, *offset)),
        }
    }

    /// Writes the scalar that `value` pushes to `place`.
    pub(super) fn write(
        &mut self,
        f: &mut Func,
        dir: Direction,
        width: Width,
        place: &Place,
        value: impl FnOnce(&mut Self, &mut Func),
    ) {
        match place {
            Place::Flat(locals) => {
                value(self, f);
                f.set(locals[0]);
            }
            Place::Memory { addr, offset } => {
                self.store(f, dir.to, width, (*addr, *offset), value);
            }
        }
    }

    /// The scalar that is at `place`, in a local.
    pub(super) fn held(
        &mut self,
        f: &mut Func,
        dir: Direction,
        width: Width,
        place: &Place,
    ) -> Local {
        if let Place::Flat(locals) = place {
            return locals[0];
        }
        let local = f.local(width.core());
        self.read(f, dir, width, place);
        f.set(local);
        local
    }

    /// Spec: `lift_flat_unsigned`, `lift_flat_signed`. What is read from memory, or written to it, is in range.
    fn number(&mut self, f: &mut Func, dir: Direction, width: Width, (from, to): Route) {
        let narrow = !from.in_memory() && !to.in_memory();
        self.write(f, dir, width, to, |this, f| {
            this.read(f, dir, width, from);
            let mut ins = f.ins();
            match width {
                Width::U8 if narrow => ins.i32_const(0xff).i32_and(),
                Width::U16 if narrow => ins.i32_const(0xffff).i32_and(),
                Width::S8 if narrow => ins.i32_extend8_s(),
                Width::S16 if narrow => ins.i32_extend16_s(),
                _ => &mut ins,
            };
        });
    }

    /// Spec: `convert_int_to_bool`.
    fn bool(&mut self, f: &mut Func, dir: Direction, (from, to): Route) {
        self.write(f, dir, Width::U8, to, |this, f| {
            this.read(f, dir, Width::U8, from);
            f.ins().i32_const(0).i32_ne();
        });
    }

    /// Spec: `convert_i32_to_char`.
    fn char(&mut self, f: &mut Func, dir: Direction, (from, to): Route) {
        let char = self.held(f, dir, Width::I32, from);
        // Surrogates, and what is above 0x10ffff: of the rest, and only of it, the difference to 0xd800 with its bits 11 to 15
        // turned around is at least 0x800 and at most 0x10f7ff, as unsigned.
        f.get(char);
        f.ins()
            .i32_const(0xd800)
            .i32_xor()
            .i32_const(0x800)
            .i32_sub()
            .i32_const(0x10_f800)
            .i32_ge_u()
            .if_(BlockType::Empty);
        self.trap(f, TrapCode::InvalidChar);
        f.ins().end();
        self.write(f, dir, Width::I32, to, |_, f| f.get(char));
    }

    /// Spec: `load_flags`: bits without a label do not go over.
    fn flags(&mut self, f: &mut Func, dir: Direction, labels: usize, size: u32, (from, to): Route) {
        let width = Width::unsigned(size);
        self.write(f, dir, width, to, |this, f| {
            this.read(f, dir, width, from);
            if labels < 32 {
                f.ins().i32_const((1 << labels) - 1).i32_and();
            }
        });
    }

    fn record(&mut self, f: &mut Func, dir: Direction, ty: u32, (from, to): Route) {
        let is_flat = !from.in_memory() || !to.in_memory();
        let mut first = 0;
        let [sources, targets] = [dir.from, dir.to].map(|side| self.fields(ty, side));
        for (source, target) in sources.iter().zip(targets) {
            let count = match is_flat {
                true => self.flat_count(source.ty),
                false => 0,
            };
            let from = from.part(first, count, source.offset);
            let to = to.part(first, count, target.offset);
            self.translate(f, dir, source.ty, (&from, &to));
            first += count;
        }
    }

    /// The fields of a record or tuple as a side has them.
    fn fields(&self, ty: u32, side: SideId) -> &'s [Field] {
        match &self.desc(ty, side).kind {
            TypeKind::Record { fields } | TypeKind::Tuple { fields } => fields,
            _ => unreachable!("only these types have fields"),
        }
    }

    /// A handle of any kind. Spec: `lift_own` and `lower_own`, and so on.
    fn handle(&mut self, f: &mut Func, dir: Direction, ty: u32, (from, to): Route) {
        self.write(f, dir, Width::I32, to, |this, f| {
            this.push_subtask(f, ty);
            this.read(f, dir, Width::I32, from);
            this.help(f, Helper::Handle { ty, dir });
        });
    }

    /// The body of [`Helper::Handle`].
    pub(super) fn handle_body(&mut self, ty: u32, dir: Direction) -> Func {
        let (mut f, params) = Func::new(&self.params(Helper::Handle { ty, dir }));
        let handle = params[params.len() - 1];
        let resource = |index| Some(Source::Resource { index });
        let element = |index| Some(Source::ElementType { index });
        // The runtime's function, the type's number, and whether it is a future's.
        let (name, source, is_future) = match *self.kind(ty) {
            TypeKind::Own { resource: index } => ("transfer_own", resource(index), None),
            TypeKind::Borrow { resource: index } => ("transfer_borrow", resource(index), None),
            TypeKind::Stream { element: index } => ("transfer_end", element(index), Some(0)),
            TypeKind::Future { element: index } => ("transfer_end", element(index), Some(1)),
            TypeKind::ErrorContext => ("transfer_error_context", None, None),
            _ => unreachable!("only these types are handles"),
        };
        let subtask = self.traits[ty as usize].borrows.then_some(params[0]);
        if subtask.is_some() {
            // It is the callee's task that has to drop what it borrows.
            self.ensure_entered(&mut f, dir.to);
        }
        self.push_instance(&mut f, dir.from);
        let mut operands = 3;
        if let Some(source) = source {
            self.push_number(&mut f, source);
            operands += 1;
        }
        f.get(handle);
        if let Some(subtask) = subtask {
            f.get(subtask);
            operands += 1;
        }
        self.push_instance(&mut f, dir.to);
        if let Some(flag) = is_future {
            f.ins().i32_const(flag);
            operands += 1;
        }
        self.call_runtime(&mut f, name, operands, ValType::I64);
        self.settle(&mut f);
        f
    }
}
