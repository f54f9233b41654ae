//! Random streams for the exploration: who holds which end, what was written, what was read.

use tidegate_runtime::{EndId, EndKind, Handle, InstanceId, Side, TypeId};

use super::common::*;

/// A stream. Its elements are 0, 1, 2 and so on.
struct Flow {
    reader: Holder,
    writer: Holder,
    /// The first element of which the writer does not know that it was read.
    next: u32,
    /// The first element that has not been read.
    wanted: u32,
}

impl Flow {
    /// Both ends are gone, and both have heard of everything: what was written was read.
    fn ended(self) {
        assert_eq!(self.wanted, self.next, "elements are neither lost nor made");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Gone,
    Host {
        end: EndId,
        standing: bool,
        done: bool,
    },
    Guest {
        /// Index of the guest.
        g: usize,
        h: Handle,
        /// Address and length of the operation that is going on.
        copying: Option<(u32, u32)>,
        done: bool,
    },
}

pub(crate) struct Flows {
    ty: TypeId,
    /// Instances, each with its set.
    guests: Vec<(InstanceId, Handle)>,
    all: Vec<Flow>,
    /// Next unused address.
    ptr: u32,
}

impl Flows {
    pub(crate) fn new(ty: TypeId, guests: Vec<(InstanceId, Handle)>) -> Self {
        Self {
            ty,
            guests,
            all: Vec::new(),
            ptr: 0,
        }
    }

    /// A random step of one guest or of the host.
    pub(crate) fn step(&mut self, world: &mut World, rng: &mut Rng, g: usize) {
        if self.all.is_empty() || (self.all.len() < 8 && rng.below(8) == 0) {
            self.open(world, rng, g);
            return;
        }
        let at = rng.below(self.all.len() as u32) as usize;
        let side = match rng.below(2) {
            0 => Side::Readable,
            _ => Side::Writable,
        };
        match *self.holder(at, side) {
            Holder::Gone => {}
            Holder::Host { .. } => self.host_step(world, rng, at, side),
            Holder::Guest { .. } => self.guest_step(world, rng, at, side),
        }
        self.check(world);
        let Flow { reader, writer, .. } = self.all[at];
        if reader == Holder::Gone && writer == Holder::Gone {
            self.all.swap_remove(at).ended();
        }
    }

    fn open(&mut self, world: &mut World, rng: &mut Rng, g: usize) {
        let (inst, _) = self.guests[g];
        let guest = |h| Holder::Guest {
            g,
            h,
            copying: None,
            done: false,
        };
        let (reader, writer) = if rng.below(2) == 0 {
            let (r, w) = world.new_ends(EndKind::Stream, inst, self.ty);
            (guest(r), guest(w))
        } else {
            let (r, w) = world.host_ends(EndKind::Stream, self.ty);
            assert!(r.0.max(w.0) <= 40, "ends are used again");
            let end = world.ends.entry(w).or_default();
            *end = HostEnd::default();
            end.source.extend(0..10_000);
            end.eager = rng.below(4);
            let h = world.lower_end(inst, self.ty, r);
            let writer = Holder::Host {
                end: w,
                standing: false,
                done: false,
            };
            (guest(h), writer)
        };
        self.all.push(Flow {
            reader,
            writer,
            next: 0,
            wanted: 0,
        });
    }

    fn guest_step(&mut self, world: &mut World, rng: &mut Rng, at: usize, side: Side) {
        let Holder::Guest {
            g,
            h,
            copying,
            done,
        } = *self.holder(at, side)
        else {
            return;
        };
        let (inst, set) = self.guests[g];
        let end = end(EndKind::Stream, side, inst, self.ty, h);
        match (rng.below(8), copying) {
            (0, _) => world.join(inst, h, set),
            (1, _) => world.join(inst, h, Handle(0)),
            (2, Some(_)) => {
                let payload = world.cancel_end(end).expect("it is copying");
                assert_ne!(payload & 0xf, 0, "cancelling beats completing");
                self.finish(world, at, side, payload);
            }
            (2, None) => {
                world.drop_end(end).expect("it is at rest");
                *self.holder(at, side) = Holder::Gone;
            }
            (3, None) if side == Side::Readable && !done => {
                world.join(inst, h, Handle(0));
                let end = world.lift_end(EndKind::Stream, inst, self.ty, h);
                world.ends.insert(end, HostEnd::default());
                *self.holder(at, side) = Holder::Host {
                    end,
                    standing: false,
                    done: false,
                };
            }
            (_, None) if !done => {
                let len = rng.below(5);
                let ptr = self.ptr;
                self.ptr += 16;
                if side == Side::Writable {
                    let next = self.all[at].next;
                    let tokens: Vec<u32> = (next..next + len).collect();
                    world.put(inst, ptr, &tokens);
                }
                if let Holder::Guest { copying, .. } = self.holder(at, side) {
                    *copying = Some((ptr, len));
                }
                let payload = world.copy_end(end, ptr, len);
                if payload != BLOCKS {
                    self.finish(world, at, side, payload);
                }
            }
            (_, _) => {}
        }
    }

    fn host_step(&mut self, world: &mut World, rng: &mut Rng, at: usize, side: Side) {
        self.look(world);
        let Holder::Host {
            end,
            standing,
            done,
        } = *self.holder(at, side)
        else {
            return;
        };
        match (rng.below(8), standing) {
            (0, _) => {
                world.host_drop(end);
                self.look(world);
                *self.holder(at, side) = Holder::Gone;
                return;
            }
            (1, _) => {
                let payload = world.host_cancel(end);
                self.mark(at, side, false, done || payload & 0xf == 1);
            }
            (2 | 3, false) if side == Side::Readable && !done => {
                let to = rng.below(self.guests.len() as u32) as usize;
                let h = world.lower_end(self.guests[to].0, self.ty, end);
                *self.holder(at, side) = Holder::Guest {
                    g: to,
                    h,
                    copying: None,
                    done: false,
                };
            }
            (_, false) if !done => {
                let n = rng.below(4);
                let before = world.ends[&end].copies;
                let payload = match side {
                    Side::Readable => world.host_read(end, n),
                    Side::Writable => world.host_write(end, n).expect("it is at rest"),
                };
                // A copy that came while the operation was under way has completed it.
                let copied = world.ends[&end].copies > before;
                let standing = payload == BLOCKS && !copied;
                let done = payload != BLOCKS && payload & 0xf == 1;
                self.mark(at, side, standing, done);
            }
            (_, _) => {}
        }
        self.look(world);
    }

    fn mark(&mut self, at: usize, side: Side, stands: bool, is_done: bool) {
        if let Holder::Host { standing, done, .. } = self.holder(at, side) {
            (*standing, *done) = (stands, is_done);
        }
    }

    /// Takes in what the host was told: copies and events since the last look.
    fn look(&mut self, world: &mut World) {
        for flow in &mut self.all {
            for holder in [&mut flow.reader, &mut flow.writer] {
                let Holder::Host {
                    end,
                    standing,
                    done,
                } = holder
                else {
                    continue;
                };
                let host = world.ends.entry(*end).or_default();
                *standing |= std::mem::take(&mut host.stands);
                if std::mem::take(&mut host.copies) > 0 {
                    *standing = false;
                }
                for event in host.events.drain(..) {
                    *standing = false;
                    *done |= event & 0xf == 1;
                }
                if !host.source.is_empty() {
                    flow.next = 10_000 - host.source.len() as u32;
                }
                for element in host.read.drain(..) {
                    assert_eq!(element, flow.wanted, "elements come in order");
                    flow.wanted += 1;
                }
            }
        }
    }

    /// What must always hold.
    pub(crate) fn check(&mut self, world: &mut World) {
        self.look(world);
        for flow in &self.all {
            if let Holder::Host { .. } = flow.writer {
                assert!(
                    flow.wanted <= flow.next,
                    "nothing is read that was not written"
                );
            }
        }
    }

    /// An event of an end that a guest holds.
    pub(crate) fn deliver(&mut self, world: &mut World, g: usize, [event, h, payload]: [u32; 3]) {
        let side = match event {
            STREAM_READ => Side::Readable,
            STREAM_WRITE => Side::Writable,
            _ => panic!("there is no other event"),
        };
        let at = (0..self.all.len()).find(|at| {
            matches!(*self.holder(*at, side), Holder::Guest { g: g2, h: h2, .. } if g2 == g && h2.0 == h)
        });
        let at = at.expect("the event is of an end of this guest");
        self.finish(world, at, side, payload);
    }

    /// An operation of a guest has ended, or the other end is gone.
    fn finish(&mut self, world: &mut World, at: usize, side: Side, payload: u32) {
        self.look(world);
        let guests = self.guests.clone();
        let flow = &mut self.all[at];
        let holder = match side {
            Side::Readable => &mut flow.reader,
            Side::Writable => &mut flow.writer,
        };
        let Holder::Guest {
            g, copying, done, ..
        } = holder
        else {
            panic!("the end is a guest's");
        };
        let n = payload >> 4;
        let (ptr, len) = copying.take().unwrap_or_default();
        assert!(n <= len && !*done);
        *done = payload & 0xf == 1;
        let inst = guests[*g].0;
        match side {
            Side::Readable => {
                for element in world.get(inst, ptr, n) {
                    assert_eq!(element, flow.wanted, "elements come in order");
                    flow.wanted += 1;
                }
            }
            Side::Writable => flow.next += n,
        }
    }

    /// Drops every end.
    pub(crate) fn close(&mut self, world: &mut World) {
        self.look(world);
        for at in 0..self.all.len() {
            for side in [Side::Readable, Side::Writable] {
                match *self.holder(at, side) {
                    Holder::Gone => {}
                    Holder::Host { end, .. } => world.host_drop(end),
                    Holder::Guest { g, h, copying, .. } => {
                        let end = end(EndKind::Stream, side, self.guests[g].0, self.ty, h);
                        if copying.is_some() {
                            let payload = world.cancel_end(end).expect("it is copying");
                            self.finish(world, at, side, payload);
                        }
                        world.drop_end(end).expect("it is at rest");
                    }
                }
                *self.holder(at, side) = Holder::Gone;
            }
        }
        self.look(world);
        self.all.drain(..).for_each(Flow::ended);
    }

    fn holder(&mut self, at: usize, side: Side) -> &mut Holder {
        match side {
            Side::Readable => &mut self.all[at].reader,
            Side::Writable => &mut self.all[at].writer,
        }
    }
}
