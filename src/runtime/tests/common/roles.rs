//! What the JS host does with a store, and what guests do with their built-ins.

use std::rc::Rc;

use tidegate_abi::code::TrapCode;
use tidegate_runtime::{
    CallId, EndId, EndKind, EndRef, GuestBuffer, Handle, InstanceId, Lift, Side, SiteId, Slot,
    Step, SubtaskId, TypeId,
};

use super::{Call, CallState, Function, KEY, STARTED, World};

fn lift(callback: Option<Slot>) -> Lift {
    match callback {
        None => Lift::Sync,
        Some(slot) => Lift::Callback {
            slot,
            return_key: KEY,
        },
    }
}

/// What the JS host does.
impl World {
    /// Calls an async function; `callback` makes it one with the `async` option.
    pub fn call(&mut self, inst: InstanceId, callback: Option<Slot>, function: Function) -> usize {
        self.try_call(inst, callback, function)
            .expect("the call does not trap")
    }

    pub fn try_call(
        &mut self,
        inst: InstanceId,
        callback: Option<Slot>,
        function: Function,
    ) -> Result<usize, TrapCode> {
        let id = self.calls.len();
        let task = self
            .store
            .task_new(inst, lift(callback), false, CallId(id as u32))?;
        self.calls.push(Call {
            task,
            state: CallState::Pending,
            function,
            sync: callback.is_none(),
        });
        self.run(id as u32)?;
        Ok(id)
    }

    pub(super) fn run(&mut self, id: u32) -> Result<(), TrapCode> {
        let Call { task, sync, .. } = self.calls[id as usize];
        let function = Rc::clone(&self.calls[id as usize].function);
        if !self.store.task_enter(task)? {
            return Ok(());
        }
        let packed = function(self);
        self.store.task_leave(task, packed)?;
        if sync {
            self.calls[id as usize].state = CallState::Returned;
        }
        Ok(())
    }

    pub fn state(&self, call: usize) -> CallState {
        self.calls[call].state
    }

    pub fn cancel(&mut self, call: usize) {
        let task = self.calls[call].task;
        self.store
            .task_request_cancellation(task)
            .expect("cancellation does not trap");
    }

    pub fn callback(
        &mut self,
        callback: impl Fn(&mut World, [u32; 3]) -> u32 + 'static,
    ) -> Option<Slot> {
        self.callbacks.push(Rc::new(callback));
        Some(Slot(self.callbacks.len() as u32 - 1))
    }

    /// One turn; false when nothing is ready.
    pub fn turn(&mut self) -> Result<bool, TrapCode> {
        let outcome = self.store.next_action()?;
        if outcome == Step::Value(0) {
            assert!(!self.ready(), "nothing is ready when nothing is done");
            return Ok(false);
        }
        self.perform(Ok(outcome))?;
        Ok(true)
    }

    /// Turns until nothing is ready; how many there were.
    #[track_caller]
    pub fn drain(&mut self) -> usize {
        let mut turns = 0;
        while self.ready() {
            if self.turn().expect("no turn traps") {
                turns += 1;
            }
        }
        assert_eq!(
            self.store.next_action(),
            Ok(Step::Value(0)),
            "ready without attention"
        );
        turns
    }

    pub fn host_read(&mut self, end: EndId, n: u32) -> u32 {
        let outcome = self.store.host_copy(Side::Readable, end, n);
        self.ok32(outcome)
    }

    pub fn host_write(&mut self, end: EndId, n: u32) -> Result<u32, TrapCode> {
        let outcome = self.store.host_copy(Side::Writable, end, n);
        self.perform(outcome).map(|payload| payload as u32)
    }

    pub fn host_cancel(&mut self, end: EndId) -> u32 {
        let outcome = self.store.host_cancel(end);
        self.ok32(outcome)
    }

    pub fn host_drop(&mut self, end: EndId) {
        let outcome = self.store.host_drop(end);
        self.ok(outcome);
    }

    /// Both ends, held by the host.
    pub fn host_ends(&mut self, kind: EndKind, ty: TypeId) -> (EndId, EndId) {
        self.store.ends_new(kind, ty).expect("the type is known");
        (EndId(self.arg(0)), EndId(self.arg(1)))
    }

    /// Gives a readable end to a guest.
    pub fn lower_end(&mut self, inst: InstanceId, ty: TypeId, end: EndId) -> Handle {
        self.store
            .lower_end(inst, ty, end)
            .expect("the end is at rest");
        Handle(self.arg(0))
    }

    /// Takes a readable end from a guest.
    pub fn lift_end(&mut self, kind: EndKind, inst: InstanceId, ty: TypeId, h: Handle) -> EndId {
        self.store
            .lift_end(kind, inst, ty, h)
            .expect("the end is at rest");
        EndId(self.arg(0))
    }

    /// What the waiting tasks wait for: `[inst, call, kind, handle]`.
    pub fn waiting(&mut self) -> Vec<[u32; 4]> {
        let mut all = Vec::new();
        while self.store.waiting(all.len() as u32) {
            all.push([self.arg(0), self.arg(1), self.arg(2), self.arg(3)]);
        }
        all
    }
}

/// Built-ins as guests call them.
impl World {
    pub fn task_return(&mut self, inst: InstanceId) -> Result<(), TrapCode> {
        let outcome = self.store.task_return(inst, KEY);
        self.perform(outcome)?;
        let call = self.arg(0) as usize;
        assert_eq!(self.state(call), CallState::Pending, "a call ends once");
        self.calls[call].state = CallState::Returned;
        Ok(())
    }

    /// The readable and the writable handle.
    pub fn new_ends(&mut self, kind: EndKind, inst: InstanceId, ty: TypeId) -> (Handle, Handle) {
        let outcome = self.store.end_new(kind, inst, ty);
        let packed = self.ok(outcome);
        (Handle(packed as u32), Handle((packed >> 32) as u32))
    }

    pub fn try_copy(&mut self, at: EndRef, ptr: u32, len: u32) -> Result<u32, TrapCode> {
        self.try_copy_of(at, ptr, len, 1)
    }

    /// Of elements that take `size` bytes.
    pub fn try_copy_of(
        &mut self,
        at: EndRef,
        ptr: u32,
        len: u32,
        size: u32,
    ) -> Result<u32, TrapCode> {
        let buffer = GuestBuffer {
            site: SiteId(at.inst.0),
            ptr: ptr.into(),
            len,
            size,
        };
        let outcome = self.store.end_copy(at, buffer, true);
        self.perform(outcome).map(|payload| payload as u32)
    }

    #[track_caller]
    pub fn copy_end(&mut self, at: EndRef, ptr: u32, len: u32) -> u32 {
        self.try_copy(at, ptr, len).expect("the copy does not trap")
    }

    /// Puts tokens into a guest's memory and writes them.
    #[track_caller]
    pub fn write_tokens(&mut self, at: EndRef, ptr: u32, tokens: &[u32]) -> u32 {
        self.put(at.inst, ptr, tokens);
        self.copy_end(at, ptr, tokens.len() as u32)
    }

    pub fn cancel_end(&mut self, at: EndRef) -> Result<u32, TrapCode> {
        let outcome = self.store.end_cancel(at, true);
        self.perform(outcome).map(|payload| payload as u32)
    }

    pub fn drop_end(&mut self, at: EndRef) -> Result<(), TrapCode> {
        let outcome = self.store.end_drop(at);
        self.perform(outcome).map(|_| ())
    }

    pub fn set_new(&mut self, inst: InstanceId) -> Handle {
        let outcome = self.store.waitable_set_new(inst);
        Handle(self.ok32(outcome))
    }

    pub fn join(&mut self, inst: InstanceId, h: Handle, set: Handle) {
        let outcome = self.store.waitable_join(inst, h, set);
        self.ok(outcome);
    }

    /// `[event, p1, p2]`
    pub fn poll(&mut self, inst: InstanceId, set: Handle) -> [u32; 3] {
        let outcome = self.store.waitable_set_poll(inst, set);
        let event = self.ok32(outcome);
        [event, self.arg(0), self.arg(1)]
    }

    /// An import whose call is pending: its handle and subtask.
    pub fn pending_call(&mut self, inst: InstanceId, call: u32) -> (Handle, SubtaskId) {
        let subtask = self.store.call_begin(inst).expect("the instance is known");
        let packed = self.store.call_pending(subtask, CallId(call));
        let packed = packed.expect("there is room for a handle");
        assert_eq!(packed & 0xf, STARTED);
        (Handle(packed >> 4), subtask)
    }

    pub fn put(&mut self, inst: InstanceId, ptr: u32, tokens: &[u32]) {
        for (i, token) in tokens.iter().enumerate() {
            self.memory.insert((inst.0, ptr + i as u32), *token);
        }
    }

    pub fn get(&self, inst: InstanceId, ptr: u32, n: u32) -> Vec<u32> {
        (ptr..ptr + n)
            .map(|at| self.memory[&(inst.0, at)])
            .collect()
    }
}
