//! Streams and futures: two ends that meet at run time.
//!
//! An end offers a buffer and waits for the other. When both have one, the elements are copied by whoever performs
//! [`ActionKind::Copy`]; everything that changes has changed before that action is returned, so that whatever runs during the
//! copy (a guest's realloc, code of the host) finds a consistent store. A buffer stays fillable until its event is delivered.
//!
//! The host's ends differ in one thing: a copy with a buffer of theirs that stood *is* the delivery.

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::{BLOCKED, MAX_BUFFER_LENGTH};

use crate::ids::{EndId, Handle, InstanceId, SiteId, TypeId};
use crate::schedule::Item;
use crate::store::{Entry, Outcome, Step, Store};
use crate::waitable::{Membership, Waitable};

/// Stream or future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// Any number of elements.
    Stream,
    /// One element.
    Future,
}

/// Readable or writable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Spec: `Readable{Stream,Future}End`.
    Readable,
    /// Spec: `Writable{Stream,Future}End`.
    Writable,
}

/// Spec: `End`.
#[derive(Debug)]
pub(crate) struct End {
    kind: EndKind,
    side: Side,
    ty: TypeId,
    state: EndState,
    other: Option<EndId>,
    buffer: Option<Buffer>,
    owner: Owner,
    /// An event with this progress. Spec: `pending_event`.
    pub(crate) pending: Option<u32>,
    pub(crate) membership: Membership,
}

/// Spec: `End.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndState {
    Idle,
    Copying,
    Cancelling,
    Done,
}

impl End {
    /// Whether the host, if it holds the end, is told of an event. A readable end at rest finds out when it is read: until
    /// then the host may pass it on.
    fn tells_host(&self) -> bool {
        self.side == Side::Writable || self.state != EndState::Idle
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Host,
    Guest(InstanceId, Handle),
}

/// A guest's buffer by its site and address, or a buffer that only the host knows.
#[derive(Clone, Copy, Debug)]
struct Buffer {
    /// `None`: the host's.
    memory: Option<(SiteId, u32)>,
    length: u32,
    progress: u32,
}

impl Buffer {
    fn remain(&self) -> u32 {
        self.length - self.progress
    }
}

/// A buffer that a guest names.
#[derive(Clone, Copy, Debug)]
pub struct GuestBuffer {
    /// Canonical options of the operation.
    pub site: SiteId,
    /// Address of the first element.
    pub ptr: u32,
    /// Elements.
    pub len: u32,
}

/// Which end a built-in is about: its handle, and what the handle has to be.
#[derive(Clone, Copy, Debug)]
pub struct EndRef {
    /// Stream or future.
    pub kind: EndKind,
    /// Readable or writable.
    pub side: Side,
    /// The instance whose table holds it.
    pub inst: InstanceId,
    /// Its element type.
    pub ty: TypeId,
    /// The handle.
    pub h: Handle,
}

/// Built-ins.
impl Store {
    /// Spec: `canon {stream,future}.new`.
    pub fn end_new(&mut self, kind: EndKind, inst: InstanceId, ty: TypeId) -> Outcome {
        self.element_type(ty)?;
        let (r, w) = self.pair(kind, ty);
        let rh = self.give(inst, r)?;
        let wh = self.give(inst, w)?;
        Ok(Step::Value(u64::from(rh.0) | u64::from(wh.0) << 32))
    }

    /// Spec: `canon {stream,future}.{read,write}`.
    pub fn end_copy(&mut self, at: EndRef, buffer: GuestBuffer) -> Outcome {
        let id = self.idle_end(at)?;
        let started = self.start_copy(
            id,
            Buffer {
                memory: Some((buffer.site, buffer.ptr)),
                length: buffer.len,
                progress: 0,
            },
        )?;
        if let Some(copy) = started {
            return Ok(copy);
        }
        Ok(self.payload_or_pull(id, buffer.len))
    }

    /// Spec: `canon {stream,future}.cancel-{read,write}`. No end makes another wait, so that the sync and async forms agree.
    pub fn end_cancel(&mut self, at: EndRef, is_async: bool) -> Outcome {
        let id = self.end_at(at)?;
        let end = self.end(id)?;
        if end.state != EndState::Copying {
            return Err(TrapCode::EndBusy);
        }
        if end.membership.sync_waiter {
            return Err(TrapCode::SyncWaiter);
        }
        if !is_async && end.membership.set.is_some() {
            return Err(TrapCode::EndBusy);
        }
        let payload = self.cancel(id)?;
        Ok(Step::Value(u64::from(payload)))
    }

    /// Spec: `canon {stream,future}.drop-{readable,writable}`.
    pub fn end_drop(&mut self, at: EndRef) -> Outcome {
        let id = self.end_at(at)?;
        let end = self.end(id)?;
        if matches!(end.state, EndState::Copying | EndState::Cancelling) {
            return Err(TrapCode::EndBusy);
        }
        let unwritten = end.kind == EndKind::Future
            && end.side == Side::Writable
            && end.state != EndState::Done;
        if unwritten {
            return Err(TrapCode::FutureUnwritten);
        }
        self.remove(at.inst, at.h)?;
        self.drop_end(id);
        Ok(Step::Value(0))
    }

    fn end_at(&mut self, at: EndRef) -> Result<EndId, TrapCode> {
        let id = match self.entry(at.inst, at.h)? {
            Entry::End(id) => *id,
            Entry::Resource(_) | Entry::Subtask(_) | Entry::Set(_) => {
                return Err(TrapCode::WrongHandleType);
            }
        };
        let end = self.end(id)?;
        if end.kind != at.kind || end.side != at.side || end.ty != at.ty {
            return Err(TrapCode::WrongHandleType);
        }
        Ok(id)
    }

    fn idle_end(&mut self, at: EndRef) -> Result<EndId, TrapCode> {
        let id = self.end_at(at)?;
        match self.end(id)?.state {
            EndState::Idle => Ok(id),
            EndState::Copying | EndState::Cancelling | EndState::Done => Err(TrapCode::EndBusy),
        }
    }

    /// What a copy that was not performed at once answers. A read that waits for the host asks it for elements.
    fn payload_or_pull(&mut self, id: EndId, n: u32) -> Step {
        if let Some(payload) = self.take_payload(id) {
            return Step::Value(u64::from(payload));
        }
        let Some(writer) = self.idle_host_writer(id) else {
            return Step::Value(u64::from(BLOCKED));
        };
        // Whatever the host answers is for this operation: no set may take the event, no cancellation the copy.
        if let Some(end) = self.ends.get_mut(id.0) {
            end.membership.sync_waiter = true;
        }
        self.pulling.push(id);
        self.args([n]);
        Step::Action(ActionKind::HostPull, writer.0)
    }

    /// The other end, when it is a writable one at rest that the host holds.
    fn idle_host_writer(&self, id: EndId) -> Option<EndId> {
        let other = self.ends.get(id.0)?.other?;
        let writer = self.ends.get(other.0)?;
        let idle = writer.side == Side::Writable && writer.state == EndState::Idle;
        (idle && writer.owner == Owner::Host).then_some(other)
    }
}

/// Reports.
impl Store {
    /// The elements of the innermost copy are where they belong.
    pub fn copied(&mut self) -> Outcome {
        let id = self.copying.pop().ok_or(TrapCode::UnknownHandle)?;
        Ok(Step::Value(u64::from(self.payload_or_blocked(id))))
    }

    /// The host has been asked for elements, and may have given some.
    pub fn pulled(&mut self) -> Outcome {
        let id = self.pulling.pop().ok_or(TrapCode::UnknownHandle)?;
        if let Some(end) = self.ends.get_mut(id.0) {
            end.membership.sync_waiter = false;
        }
        Ok(Step::Value(u64::from(self.payload_or_blocked(id))))
    }

    fn payload_or_blocked(&mut self, id: EndId) -> u32 {
        self.take_payload(id).unwrap_or(BLOCKED)
    }
}

/// Ends of the host.
impl Store {
    /// A stream or future both of whose ends the host holds. Argument words 0, 1: readable, writable.
    pub fn ends_new(&mut self, kind: EndKind, ty: TypeId) -> Result<(), TrapCode> {
        self.element_type(ty)?;
        let (r, w) = self.pair(kind, ty);
        self.args([r.0, w.0]);
        Ok(())
    }

    /// Spec: `lift_async_value`. Word 0: the end, which is the host's now.
    pub fn lift_end(
        &mut self,
        kind: EndKind,
        inst: InstanceId,
        ty: TypeId,
        h: Handle,
    ) -> Result<(), TrapCode> {
        let side = Side::Readable;
        let id = self.idle_end(EndRef {
            kind,
            side,
            inst,
            ty,
            h,
        })?;
        let end = self.end(id)?;
        if end.membership.set.is_some() {
            return Err(TrapCode::EndBusy);
        }
        end.owner = Owner::Host;
        self.remove(inst, h)?;
        self.args([id.0]);
        Ok(())
    }

    /// Spec: `lower_async_value`. Word 0: the guest's handle.
    pub fn lower_end(&mut self, inst: InstanceId, ty: TypeId, id: EndId) -> Result<(), TrapCode> {
        let end = self.host_end(id)?;
        let fits = end.side == Side::Readable && end.ty == ty;
        if !fits || end.state != EndState::Idle {
            return Err(TrapCode::EndBusy);
        }
        let h = self.give(inst, id)?;
        self.args([h.0]);
        Ok(())
    }

    /// The host offers a buffer of `n` elements to fill (readable) or to take from (writable).
    pub fn host_copy(&mut self, side: Side, id: EndId, n: u32) -> Outcome {
        let end = self.host_end(id)?;
        if end.side != side {
            return Err(TrapCode::WrongHandleType);
        }
        match end.state {
            EndState::Idle => {}
            // It has been told before; it is told again.
            EndState::Done => return Ok(Step::Value(u64::from(DROPPED))),
            EndState::Copying | EndState::Cancelling => return Err(TrapCode::EndBusy),
        }
        let started = self.start_copy(
            id,
            Buffer {
                memory: None,
                length: n,
                progress: 0,
            },
        )?;
        Ok(match started {
            Some(copy) => copy,
            None => self.payload_or_pull(id, n),
        })
    }

    /// The host takes its buffer back.
    pub fn host_cancel(&mut self, id: EndId) -> Outcome {
        let payload = match self.host_end(id)?.state {
            EndState::Copying => self.cancel(id)?,
            EndState::Done => DROPPED,
            EndState::Idle | EndState::Cancelling => CANCELLED,
        };
        Ok(Step::Value(u64::from(payload)))
    }

    /// The host drops an end, whatever its state; one that is gone already is left alone.
    pub fn host_drop(&mut self, id: EndId) -> Outcome {
        if let Ok(end) = self.host_end(id) {
            end.buffer = None;
            end.pending = None;
            // Its number may be another end's by the time the pull is over.
            for pulling in self.pulling.iter_mut().filter(|p| **p == id) {
                *pulling = EndId(0);
            }
            self.drop_end(id);
        }
        Ok(Step::Value(0))
    }

    /// What happened to an end of the host; `None` when it has learned of it otherwise.
    pub(crate) fn host_event(&mut self, id: EndId) -> Option<Step> {
        if !self.host_end(id).ok()?.tells_host() {
            return None;
        }
        let payload = self.take_payload(id)?;
        self.args([payload]);
        Some(Step::Action(ActionKind::HostEvent, id.0))
    }

    fn host_end(&mut self, id: EndId) -> Result<&mut End, TrapCode> {
        let end = self.end(id)?;
        match end.owner {
            Owner::Host => Ok(end),
            Owner::Guest(..) => Err(TrapCode::WrongHandleType),
        }
    }
}

/// The protocol between two ends.
impl Store {
    /// Spec: `new_stream`, `new_future`.
    fn pair(&mut self, kind: EndKind, ty: TypeId) -> (EndId, EndId) {
        let end = |side| End {
            kind,
            side,
            ty,
            state: EndState::Idle,
            other: None,
            buffer: None,
            owner: Owner::Host,
            pending: None,
            membership: Membership::default(),
        };
        let r = EndId(self.ends.insert(end(Side::Readable)));
        let w = EndId(self.ends.insert(end(Side::Writable)));
        for (a, b) in [(r, w), (w, r)] {
            if let Some(end) = self.ends.get_mut(a.0) {
                end.other = Some(b);
            }
        }
        (r, w)
    }

    fn give(&mut self, inst: InstanceId, id: EndId) -> Result<Handle, TrapCode> {
        let h = self.add(inst, Entry::End(id))?;
        self.end(id)?.owner = Owner::Guest(inst, h);
        Ok(h)
    }

    /// Spec: `End.copy`. `Some` is a copy to be performed first.
    fn start_copy(&mut self, id: EndId, mut buffer: Buffer) -> Result<Option<Step>, TrapCode> {
        if buffer.length > MAX_BUFFER_LENGTH {
            return Err(TrapCode::BufferTooLong);
        }
        let end = self.end(id)?;
        end.state = EndState::Copying;
        let (side, ty, owner) = (end.side, end.ty, end.owner);
        let Some(other_id) = end.other else {
            // Its drop has left an event.
            return Ok(None);
        };
        let other = self.end(other_id)?;
        let Some(theirs) = other.buffer.as_mut() else {
            self.end(id)?.buffer = Some(buffer);
            return Ok(None);
        };
        if buffer.remain() > 0 && theirs.remain() > 0 {
            let n = buffer.remain().min(theirs.remain());
            let (mine_before, theirs_before) = (buffer, *theirs);
            buffer.progress += n;
            theirs.progress += n;
            let (their_progress, used_up) = (theirs.progress, theirs.remain() == 0);
            let other_owner = other.owner;
            if used_up {
                other.buffer = None;
            }
            let ElementSize { flat, size } = self.element_size(ty)?;
            if same_instance(owner, other_owner) && !flat {
                return Err(TrapCode::SameInstanceCopy);
            }
            self.complete(id, buffer.progress);
            match other_owner {
                // The copy tells it.
                Owner::Host => {
                    self.complete(other_id, their_progress);
                    self.take_payload(other_id);
                }
                Owner::Guest(..) => self.notify(other_id, their_progress),
            }
            self.copying.push(id);
            let (from, to) = match side {
                Side::Readable => ((theirs_before, other_id), (mine_before, id)),
                Side::Writable => ((mine_before, id), (theirs_before, other_id)),
            };
            return Ok(Some(self.copy_action(from, to, n, size)));
        }
        let zero_reads_meet = side == Side::Readable && theirs.remain() == 0;
        if buffer.remain() > 0 || zero_reads_meet {
            other.buffer = None;
            self.notify(other_id, 0);
            self.end(id)?.buffer = Some(buffer);
        } else {
            self.complete(id, 0);
        }
        Ok(None)
    }

    fn element_size(&self, ty: TypeId) -> Result<ElementSize, TrapCode> {
        let ty = self.element_type(ty)?;
        Ok(ElementSize {
            flat: ty.flat_number,
            size: ty.size,
        })
    }

    /// Fills the argument words of a copy of `n` elements.
    fn copy_action(
        &mut self,
        (from, writer): (Buffer, EndId),
        (to, reader): (Buffer, EndId),
        n: u32,
        size: u32,
    ) -> Step {
        let at = |buffer: Buffer, ptr: u32| ptr.wrapping_add(buffer.progress.wrapping_mul(size));
        let end = match (from.memory, to.memory) {
            (Some((src, from_ptr)), Some((dst, to_ptr))) => {
                self.args([0, src.0, at(from, from_ptr), n, dst.0, at(to, to_ptr)]);
                EndId(0)
            }
            (Some((site, ptr)), None) => {
                self.args([reader.0, 1, site.0, at(from, ptr), n]);
                reader
            }
            (None, Some((site, ptr))) => {
                self.args([writer.0, 0, site.0, at(to, ptr), n]);
                writer
            }
            // A guest has handed the host's own end back, and the host reads what it writes.
            (None, None) => {
                self.args([reader.0, 1, 0, writer.0, n]);
                reader
            }
        };
        Step::Action(ActionKind::Copy, end.0)
    }

    /// Spec: `Waitable.set_pending_event` by `notify`.
    fn notify(&mut self, id: EndId, progress: u32) {
        let Some(end) = self.ends.get_mut(id.0) else {
            return;
        };
        end.pending = Some(progress);
        let tells_host = end.tells_host();
        match end.owner {
            Owner::Host if tells_host => self.enqueue(Item::Event(id)),
            Owner::Host => {}
            Owner::Guest(..) => self.announce(Waitable::End(id)),
        }
    }

    /// The operation that is being answered has its event at once, so that nobody need be told.
    fn complete(&mut self, id: EndId, progress: u32) {
        if let Some(end) = self.ends.get_mut(id.0) {
            end.pending = Some(progress);
        }
    }

    /// Takes an end's event. Spec: `stream_event`, `future_event`.
    fn take_payload(&mut self, id: EndId) -> Option<u32> {
        let end = self.ends.get_mut(id.0)?;
        let progress = end.pending.take()?;
        end.buffer = None;
        let completed_future = end.kind == EndKind::Future && progress == 1;
        let (result, state) = match end.state {
            _ if completed_future => (COMPLETED, EndState::Done),
            _ if end.other.is_none() => (DROPPED, EndState::Done),
            EndState::Cancelling => (CANCELLED, EndState::Idle),
            EndState::Copying | EndState::Idle | EndState::Done => (COMPLETED, EndState::Idle),
        };
        end.state = state;
        Some(match end.kind {
            EndKind::Stream => result | progress << 4,
            EndKind::Future => result,
        })
    }

    pub(crate) fn end_event(&mut self, id: EndId) -> Option<(u32, u32, u32)> {
        let end = self.ends.get(id.0)?;
        let Owner::Guest(_, h) = end.owner else {
            return None;
        };
        let code = match (end.kind, end.side) {
            (EndKind::Stream, Side::Readable) => 2,
            (EndKind::Stream, Side::Writable) => 3,
            (EndKind::Future, Side::Readable) => 4,
            (EndKind::Future, Side::Writable) => 5,
        };
        Some((code, h.0, self.take_payload(id)?))
    }

    /// Spec: `End.cancel`.
    fn cancel(&mut self, id: EndId) -> Result<u32, TrapCode> {
        let end = self.end(id)?;
        end.state = EndState::Cancelling;
        end.pending.get_or_insert(0);
        Ok(self.payload_or_blocked(id))
    }

    /// Spec: `End.drop`.
    fn drop_end(&mut self, id: EndId) {
        self.leave_set(Waitable::End(id));
        let Some(end) = self.ends.remove(id.0) else {
            return;
        };
        let Some(other_id) = end.other else {
            return;
        };
        let Some(other) = self.ends.get_mut(other_id.0) else {
            return;
        };
        other.other = None;
        if other.state != EndState::Done && other.pending.is_none() {
            self.notify(other_id, 0);
        }
    }

    fn end(&mut self, id: EndId) -> Result<&mut End, TrapCode> {
        self.ends.get_mut(id.0).ok_or(TrapCode::UnknownHandle)
    }
}

struct ElementSize {
    flat: bool,
    size: u32,
}

fn same_instance(a: Owner, b: Owner) -> bool {
    matches!((a, b), (Owner::Guest(a, _), Owner::Guest(b, _)) if a == b)
}

/// Spec: `CopyResult`.
const COMPLETED: u32 = 0;
const DROPPED: u32 = 1;
const CANCELLED: u32 = 2;
