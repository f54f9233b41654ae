//! Ends of streams and futures that the host holds.
//!
//! They differ from a guest's in one thing: a copy with a buffer of the host's that stood *is* the delivery.

use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;

use crate::copy::{Buffer, CANCELLED, DROPPED};
use crate::ends::{End, EndKind, EndRef, EndState, Mode, Operation, Owner, Side};
use crate::ids::{EndId, Handle, InstanceId, TypeId};
use crate::store::{Outcome, Step, Store};

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
        let id = self.take_end(EndRef {
            kind,
            side,
            inst,
            ty,
            h,
        })?;
        self.end(id)?.owner = Owner::Host;
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
        let operation = Operation {
            end: id,
            mode: Mode::Async,
        };
        let started = self.start_copy(
            operation,
            Buffer {
                memory: None,
                length: n,
                progress: 0,
            },
        )?;
        match started {
            Some(copy) => {
                self.copying.push(operation);
                Ok(copy)
            }
            None => self.payload_or_pull(operation, n),
        }
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
            for pulling in self.pulling.iter_mut().filter(|p| p.end == id) {
                pulling.end = EndId(0);
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
