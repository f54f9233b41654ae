//! Streams and futures: two ends that meet at run time, and what guests do with theirs.
//!
//! Left to others: the protocol between two ends (`copy`), ends that the host holds (`host_ends`).

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::BLOCKED;
use tidegate_abi::rule;

use crate::block::Wait;
use crate::copy::{Buffer, Place};
use crate::ids::{EndId, Handle, InstanceId, SiteId, TypeId};
use crate::store::{Entry, Outcome, Step, Store};
use crate::waitable::{Membership, Waiter};

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
    pub(crate) kind: EndKind,
    pub(crate) side: Side,
    pub(crate) ty: TypeId,
    pub(crate) state: EndState,
    pub(crate) other: Option<EndId>,
    pub(crate) buffer: Option<Buffer>,
    pub(crate) owner: Owner,
    /// An event with this progress. Spec: `pending_event`.
    pub(crate) pending: Option<u32>,
    pub(crate) membership: Membership,
}

/// Spec: `End.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndState {
    Idle,
    Copying,
    Cancelling,
    Done,
}

impl End {
    /// Whether the host, if it holds the end, is told of an event. A readable end at rest finds out when it is read: until
    /// then the host may pass it on.
    pub(crate) fn tells_host(&self) -> bool {
        self.side == Side::Writable || self.state != EndState::Idle
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Host,
    Guest(InstanceId, Handle),
}

/// A buffer that a guest names.
#[derive(Clone, Copy, Debug)]
pub struct GuestBuffer {
    /// Canonical options of the operation.
    pub site: SiteId,
    /// Address of the first element.
    pub ptr: u64,
    /// Elements.
    pub len: u32,
    /// Bytes of an element, which depend on the kind of memory that it is in.
    pub size: u32,
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

/// An operation on an end that has not returned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) end: EndId,
    pub(crate) mode: Mode,
}

/// How an operation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// By its result, or `BLOCKED`.
    Async,
    /// By its result, which it waits for.
    Sync,
    /// By nothing: the result is an event. Spec: `End.forward`.
    Event,
}

impl Mode {
    fn of(is_async: bool) -> Self {
        match is_async {
            true => Self::Async,
            false => Self::Sync,
        }
    }
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
    pub fn end_copy(&mut self, at: EndRef, buffer: GuestBuffer, is_async: bool) -> Outcome {
        let id = self.idle_end(at)?;
        let in_set = self.end(id)?.membership.set.is_some();
        if rule!("copy-sync-in-set", in_set && !is_async) {
            return Err(TrapCode::EndBusy);
        }
        let mode = Mode::of(is_async);
        let operation = Operation { end: id, mode };
        let GuestBuffer {
            site,
            ptr,
            len,
            size,
        } = buffer;
        let started = self.start_copy(
            operation,
            Buffer {
                memory: Some(Place { site, ptr, size }),
                length: len,
                progress: 0,
            },
        )?;
        match started {
            Some(copy) => {
                self.copying.push(operation);
                Ok(copy)
            }
            None => self.payload_or_pull(operation, len),
        }
    }

    /// Spec: `canon {stream,future}.cancel-{read,write}`. No end makes another wait, so that the sync and async forms agree.
    pub fn end_cancel(&mut self, at: EndRef, is_async: bool) -> Outcome {
        let id = self.end_at(at)?;
        let end = self.end(id)?;
        if rule!("cancel-copying", end.state != EndState::Copying) {
            return Err(TrapCode::EndBusy);
        }
        let waited_for = end.membership.waiter != Waiter::Nobody;
        if rule!("cancel-sync-waiter", waited_for) {
            return Err(TrapCode::SyncWaiter);
        }
        let in_set = end.membership.set.is_some();
        if rule!("cancel-sync-in-set", in_set && !is_async) {
            return Err(TrapCode::EndBusy);
        }
        let payload = self.cancel(id)?;
        Ok(Step::Value(u64::from(payload)))
    }

    /// Spec: `canon {stream,future}.drop-{readable,writable}`.
    pub fn end_drop(&mut self, at: EndRef) -> Outcome {
        let id = self.end_at(at)?;
        let end = self.end(id)?;
        let busy = matches!(end.state, EndState::Copying | EndState::Cancelling);
        if rule!("drop-busy", busy) {
            return Err(TrapCode::EndBusy);
        }
        let unwritten = end.kind == EndKind::Future
            && end.side == Side::Writable
            && end.state != EndState::Done;
        if rule!("future-must-write", unwritten) {
            return Err(TrapCode::FutureUnwritten);
        }
        self.remove(at.inst, at.h)?;
        self.drop_end(id);
        Ok(Step::Value(0))
    }

    fn end_at(&mut self, at: EndRef) -> Result<EndId, TrapCode> {
        let id = match self.entry(at.inst, at.h)? {
            Entry::End(id) => *id,
            Entry::Resource(_) | Entry::Subtask(_) | Entry::Set(_) | Entry::ErrorContext(_) => {
                return Err(TrapCode::WrongHandleType);
            }
        };
        let end = self.end(id)?;
        if rule!("end-kind", end.kind != at.kind)
            || rule!("end-side", end.side != at.side)
            || rule!("end-type", end.ty != at.ty)
        {
            return Err(TrapCode::WrongHandleType);
        }
        Ok(id)
    }

    /// Spec: `canon {stream,future}.forward`: whatever is written to the other end of `source` is read from that of `target`.
    pub fn end_forward(&mut self, source: EndRef, target: Handle) -> Outcome {
        let readable = self.take_end(source)?;
        let target = EndRef {
            side: Side::Writable,
            h: target,
            ..source
        };
        let writable = self.take_end(target)?;
        self.forward(readable, writable)
    }

    /// Takes an end at rest out of its table.
    pub(crate) fn take_end(&mut self, at: EndRef) -> Result<EndId, TrapCode> {
        let id = self.idle_end(at)?;
        let in_set = self.end(id)?.membership.set.is_some();
        if rule!("lift-end-in-set", in_set) {
            return Err(TrapCode::EndBusy);
        }
        self.remove(at.inst, at.h)?;
        Ok(id)
    }

    /// Spec: `lift_async_value` and `lower_async_value`, between guests.
    pub fn transfer_end(&mut self, from: EndRef, to: InstanceId) -> Outcome {
        let id = self.take_end(from)?;
        let h = self.give(to, id)?;
        Ok(Step::Value(u64::from(h.0)))
    }

    pub(crate) fn idle_end(&mut self, at: EndRef) -> Result<EndId, TrapCode> {
        let id = self.end_at(at)?;
        if rule!("end-idle", self.end(id)?.state != EndState::Idle) {
            return Err(TrapCode::EndBusy);
        }
        Ok(id)
    }

    /// What a copy that was not performed at once answers. A read that waits for the host asks it for elements.
    pub(crate) fn payload_or_pull(&mut self, operation: Operation, n: u32) -> Outcome {
        let id = operation.end;
        if let Some(payload) = self.take_payload(id) {
            return Ok(Step::Value(u64::from(payload)));
        }
        let Some(writer) = self.idle_host_writer(id) else {
            return self.payload_or_wait(operation);
        };
        // Whatever the host answers is for this operation: no set may take the event, no cancellation the copy.
        if let Some(end) = self.ends.get_mut(id.0) {
            end.membership.waiter = Waiter::Operation;
        }
        Ok(self.pull(operation, writer, n))
    }

    /// Asks the host for `n` elements.
    pub(crate) fn pull(&mut self, operation: Operation, writer: EndId, n: u32) -> Step {
        self.pulling.push(operation);
        self.args([n]);
        Step::Action(ActionKind::HostPull, writer.0)
    }

    /// What an operation answers whose turn is over.
    fn payload_or_wait(&mut self, operation: Operation) -> Outcome {
        let id = operation.end;
        if operation.mode == Mode::Event {
            return Ok(Step::Value(0));
        }
        let payload = self.take_payload(id);
        let owner = self.ends.get(id.0).map(|end| end.owner);
        match (payload, owner) {
            (None, Some(Owner::Guest(inst, _))) if operation.mode == Mode::Sync => {
                self.wait_for_end(inst, id)
            }
            (payload, _) => Ok(Step::Value(u64::from(payload.unwrap_or(BLOCKED)))),
        }
    }

    /// Spec: `Waitable.wait_for_pending_event`.
    pub(crate) fn wait_for_end(&mut self, inst: InstanceId, id: EndId) -> Outcome {
        let thread = self.current_thread(inst)?;
        self.end(id)?.membership.waiter = Waiter::Thread(thread);
        self.block(inst, Wait::End(id))
    }

    /// The other end, when it is a writable one at rest that the host holds.
    pub(crate) fn idle_host_writer(&self, id: EndId) -> Option<EndId> {
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
        let operation = self.copying.pop().ok_or(TrapCode::UnknownHandle)?;
        self.payload_or_wait(operation)
    }

    /// The host has been asked for elements, and may have given some.
    pub fn pulled(&mut self) -> Outcome {
        let operation = self.pulling.pop().ok_or(TrapCode::UnknownHandle)?;
        if operation.mode != Mode::Event
            && let Some(end) = self.ends.get_mut(operation.end.0)
        {
            end.membership.waiter = Waiter::Nobody;
        }
        self.payload_or_wait(operation)
    }
}
