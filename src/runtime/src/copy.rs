//! The protocol between the two ends of a stream or future.
//!
//! An end offers a buffer and waits for the other. When both have one, the elements are copied by whoever performs
//! [`ActionKind::Copy`]; everything that changes has changed before that action is returned, so that whatever runs during the
//! copy (a guest's realloc, code of the host) finds a consistent store. A buffer stays fillable until its event is delivered.

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_abi::limits::{BLOCKED, MAX_BUFFER_LENGTH};
use tidegate_abi::rule;

use crate::ends::{End, EndKind, EndState, Mode, Operation, Owner, Side};
use crate::ids::{EndId, Handle, InstanceId, SiteId, TypeId};
use crate::schedule::Item;
use crate::store::{Entry, Outcome, Step, Store};
use crate::waitable::{Membership, Waitable};

/// A guest's buffer by its site and address, or a buffer that only the host knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer {
    /// `None`: the host's.
    pub(crate) memory: Option<Place>,
    pub(crate) length: u32,
    pub(crate) progress: u32,
}

/// Where a guest's buffer is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) site: SiteId,
    /// Address of the first element.
    pub(crate) ptr: u64,
    /// Bytes of an element in this memory.
    pub(crate) size: u32,
}

impl Place {
    /// The two halves of the address of an element.
    fn address(self, element: u32) -> [u32; 2] {
        let offset = u64::from(element) * u64::from(self.size);
        let at = self.ptr.wrapping_add(offset);
        [at as u32, (at >> 32) as u32]
    }
}

impl Buffer {
    pub(crate) fn remain(&self) -> u32 {
        self.length - self.progress
    }
}

/// The protocol between two ends.
impl Store {
    /// Spec: `new_stream`, `new_future`.
    pub(crate) fn pair(&mut self, kind: EndKind, ty: TypeId) -> (EndId, EndId) {
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

    pub(crate) fn give(&mut self, inst: InstanceId, id: EndId) -> Result<Handle, TrapCode> {
        let h = self.add(inst, Entry::End(id))?;
        self.end(id)?.owner = Owner::Guest(inst, h);
        Ok(h)
    }

    /// Spec: `End.copy`. `Some` is a copy to be performed first.
    pub(crate) fn start_copy(
        &mut self,
        Operation { end: id, mode }: Operation,
        mut buffer: Buffer,
    ) -> Result<Option<Step>, TrapCode> {
        if rule!("copy-length", buffer.length > MAX_BUFFER_LENGTH) {
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
            // What is left of it can be filled until its event is delivered.
            if rule!("copy-used-up", used_up) || !rule!("copy-refill") {
                other.buffer = None;
            }
            let flat = self.element_type(ty)?.flat_number;
            let same = same_instance(owner, other_owner);
            if rule!("copy-same-instance", same && !flat) {
                return Err(TrapCode::SameInstanceCopy);
            }
            match mode {
                Mode::Event => self.tell_of_copy(id, owner, buffer.progress),
                Mode::Async | Mode::Sync => self.complete(id, buffer.progress),
            }
            self.tell_of_copy(other_id, other_owner, their_progress);
            let (from, to) = match side {
                Side::Readable => ((theirs_before, other_id), (mine_before, id)),
                Side::Writable => ((mine_before, id), (theirs_before, other_id)),
            };
            return Ok(Some(self.copy_action(from, to, n)));
        }
        let zero_reads_meet = side == Side::Readable && theirs.remain() == 0;
        if buffer.remain() > 0 || rule!("copy-empty", zero_reads_meet) {
            other.buffer = None;
            self.notify(other_id, 0);
            self.end(id)?.buffer = Some(buffer);
        } else {
            match mode {
                Mode::Event => self.notify(id, 0),
                Mode::Async | Mode::Sync => self.complete(id, 0),
            }
        }
        Ok(None)
    }

    /// An end whose buffer stood hears of a copy; the host does by the copy itself.
    fn tell_of_copy(&mut self, id: EndId, owner: Owner, progress: u32) {
        match owner {
            Owner::Host => {
                self.complete(id, progress);
                self.take_payload(id);
            }
            Owner::Guest(..) => self.notify(id, progress),
        }
    }

    /// Joins the other ends of two ends, which are gone then. Spec: `End.forward`.
    pub(crate) fn forward(&mut self, source: EndId, target: EndId) -> Outcome {
        let others = (self.end(source)?.other, self.end(target)?.other);
        let (Some(writer), Some(reader)) = others else {
            return self.drop_both(source, target);
        };
        if writer == target {
            return self.drop_both(source, target);
        }
        for id in [source, target] {
            self.leave_set(Waitable::End(id));
            self.ends.free(id.0);
        }
        for (id, other) in [(writer, reader), (reader, writer)] {
            self.end(id)?.other = Some(other);
        }
        let standing = (self.end(writer)?.buffer, self.end(reader)?.buffer);
        let (smaller, buffer) = match standing {
            (Some(from), Some(to)) if to.remain() > from.remain() => (writer, from),
            (Some(_), Some(to)) => (reader, to),
            (None, Some(to)) => return self.forward_pull(reader, to),
            (_, None) => return Ok(Step::Value(0)),
        };
        let operation = Operation {
            end: smaller,
            mode: Mode::Event,
        };
        self.end(smaller)?.buffer = None;
        match self.start_copy(operation, buffer)? {
            Some(copy) => {
                self.copying.push(operation);
                Ok(copy)
            }
            None => Ok(Step::Value(0)),
        }
    }

    /// A read that stands has got the host as its writer, which has to be asked.
    fn forward_pull(&mut self, reader: EndId, buffer: Buffer) -> Outcome {
        let has_event = self.end(reader)?.pending.is_some();
        match self.idle_host_writer(reader) {
            Some(writer) if !has_event => {
                let operation = Operation {
                    end: reader,
                    mode: Mode::Event,
                };
                Ok(self.pull(operation, writer, buffer.remain()))
            }
            Some(_) | None => Ok(Step::Value(0)),
        }
    }

    fn drop_both(&mut self, source: EndId, target: EndId) -> Outcome {
        self.drop_end(source);
        self.drop_end(target);
        Ok(Step::Value(0))
    }

    /// Fills the argument words of a copy of `n` elements. The upper halves of addresses come last.
    fn copy_action(
        &mut self,
        (from, writer): (Buffer, EndId),
        (to, reader): (Buffer, EndId),
        n: u32,
    ) -> Step {
        let end = match (from.memory, to.memory) {
            (Some(source), Some(target)) => {
                let [from_low, from_high] = source.address(from.progress);
                let [to_low, to_high] = target.address(to.progress);
                let (src, dst) = (source.site.0, target.site.0);
                self.args([0, src, from_low, n, dst, to_low, from_high, to_high]);
                EndId(0)
            }
            (Some(source), None) => {
                let [low, high] = source.address(from.progress);
                self.args([reader.0, 1, source.site.0, low, n, high]);
                reader
            }
            (None, Some(target)) => {
                let [low, high] = target.address(to.progress);
                self.args([writer.0, 0, target.site.0, low, n, high]);
                writer
            }
            // A guest has handed the host's own end back, and the host reads what it writes.
            (None, None) => {
                self.args([reader.0, 1, 0, writer.0, n, 0]);
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
    pub(crate) fn take_payload(&mut self, id: EndId) -> Option<u32> {
        let end = self.ends.get_mut(id.0)?;
        let progress = end.pending.take()?;
        end.buffer = None;
        let carried = end.kind == EndKind::Future && progress == 1;
        let cancelling = end.state == EndState::Cancelling;
        let (result, state) = if rule!("future-completes", carried) {
            (COMPLETED, EndState::Done)
        } else if rule!("copy-dropped", end.other.is_none()) {
            (DROPPED, EndState::Done)
        } else if rule!("copy-cancelled", cancelling) {
            (CANCELLED, EndState::Idle)
        } else {
            (COMPLETED, EndState::Idle)
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
        let code = end.event_code();
        Some((code, h.0, self.take_payload(id)?))
    }

    /// Spec: `End.cancel`.
    pub(crate) fn cancel(&mut self, id: EndId) -> Result<u32, TrapCode> {
        let end = self.end(id)?;
        end.state = EndState::Cancelling;
        end.pending.get_or_insert(0);
        Ok(self.take_payload(id).unwrap_or(BLOCKED))
    }

    /// Spec: `End.drop`.
    pub(crate) fn drop_end(&mut self, id: EndId) {
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
        let told = other.state == EndState::Done
            || (!rule!("drop-tells-idle") && other.state == EndState::Idle);
        if rule!("drop-tells", !told) && (other.pending.is_none() || !rule!("drop-keeps-event")) {
            self.notify(other_id, 0);
        }
    }

    pub(crate) fn end(&mut self, id: EndId) -> Result<&mut End, TrapCode> {
        self.ends.get_mut(id.0).ok_or(TrapCode::UnknownHandle)
    }
}

fn same_instance(a: Owner, b: Owner) -> bool {
    matches!((a, b), (Owner::Guest(a, _), Owner::Guest(b, _)) if a == b)
}

/// Spec: `CopyResult`.
const COMPLETED: u32 = 0;
pub(crate) const DROPPED: u32 = 1;
pub(crate) const CANCELLED: u32 = 2;
