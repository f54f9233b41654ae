//! Error contexts: handles of messages that the host keeps.

use tidegate_abi::code::TrapCode;

use crate::ids::{ErrorContextId, Handle, InstanceId};
use crate::store::{Entry, Outcome, Step, Store};

impl Store {
    /// Spec: `canon error-context.new`. The host chooses the number of the message, from 1 on and not sparse.
    pub fn error_context_new(
        &mut self,
        inst: InstanceId,
        id: ErrorContextId,
    ) -> Result<Handle, TrapCode> {
        let at = id.0 as usize;
        if id.0 > self.limits.handles {
            return Err(TrapCode::TableFull);
        }
        if self.error_contexts.len() <= at {
            self.error_contexts.resize(at + 1, 0);
        }
        let h = self.add(inst, Entry::ErrorContext(id))?;
        if let Some(count) = self.error_contexts.get_mut(at) {
            *count += 1;
        }
        Ok(h)
    }

    /// The message's number. Spec: `canon error-context.debug-message`.
    pub fn error_context_get(
        &mut self,
        inst: InstanceId,
        h: Handle,
    ) -> Result<ErrorContextId, TrapCode> {
        match self.entry(inst, h)? {
            Entry::ErrorContext(id) => Ok(*id),
            Entry::Resource(_) | Entry::Subtask(_) | Entry::Set(_) | Entry::End(_) => {
                Err(TrapCode::WrongHandleType)
            }
        }
    }

    /// The message's number if no handle of it is left. Spec: `canon error-context.drop`.
    pub fn error_context_drop(
        &mut self,
        inst: InstanceId,
        h: Handle,
    ) -> Result<Option<ErrorContextId>, TrapCode> {
        let id = self.error_context_get(inst, h)?;
        self.remove(inst, h)?;
        let count = self.error_contexts.get_mut(id.0 as usize);
        let count = count.ok_or(TrapCode::UnknownHandle)?;
        *count = count.saturating_sub(1);
        Ok((*count == 0).then_some(id))
    }

    /// A guest gives an error context to another, and keeps its own handle.
    pub fn transfer_error_context(
        &mut self,
        from: InstanceId,
        h: Handle,
        to: InstanceId,
    ) -> Outcome {
        let id = self.error_context_get(from, h)?;
        let h = self.error_context_new(to, id)?;
        Ok(Step::Value(u64::from(h.0)))
    }
}
