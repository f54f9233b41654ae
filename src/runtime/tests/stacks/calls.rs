//! What adapters do for calls between guests: a parameter and a result of 64 bits, the result in memory or flat.

use std::rc::Rc;

use tidegate_abi::code::TrapCode;
use tidegate_runtime::{
    CallSite, CallSiteId, FuncId, Handle, InstanceId, Lift, Slot, Step, SubtaskId,
};

use super::super::common::*;
use super::{Core, Sim};

/// The host's number of every function that is called.
pub const CALLED: FuncId = FuncId(34);

/// A call site and the function it calls.
pub struct Site {
    pub id: CallSiteId,
    lift: Lift,
    is_async: bool,
    function: Core,
}

/// What an async-lowered call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The result is there.
    Returned,
    /// `STARTING` or `STARTED`.
    Pending(u32, Handle),
}

impl Sim {
    pub fn site(
        &self,
        [caller, callee]: [InstanceId; 2],
        is_async: bool,
        lift: Lift,
        may_block: bool,
        function: Core,
    ) -> CallSiteId {
        let half = self.inner.borrow().sites.len() as u32 + 1;
        let id = self.store(|s| {
            s.guest_site_new(CallSite {
                func: CALLED,
                caller,
                callee,
                is_async,
                lift,
                may_block,
                start_half: Some(Slot(half)),
                return_half: Some(Slot(half)),
            })
        });
        let id = id.expect("the instances are known");
        let site = Site {
            id,
            lift,
            is_async,
            function,
        };
        self.inner.borrow_mut().sites.insert(half, site);
        id
    }

    fn half(&self, id: CallSiteId) -> u32 {
        let inner = self.inner.borrow();
        let found = inner.sites.iter().find(|(_, site)| site.id == id);
        *found.expect("the site is known").0
    }

    /// A sync-lowered call: its flat result.
    pub async fn call_sync(&self, id: CallSiteId, param: u64) -> Result<u64, TrapCode> {
        let (value, subtask) = self.begin(id, param, 0).await?;
        assert_eq!(value, 0);
        Ok(self.store(|s| s.guest_unstash(subtask, 0)))
    }

    /// An async-lowered call, whose result goes to `retptr`.
    pub async fn call_async(
        &self,
        id: CallSiteId,
        param: u64,
        retptr: u32,
    ) -> Result<Answer, TrapCode> {
        let (packed, _) = self.begin(id, param, retptr).await?;
        Ok(match packed as u32 & 0xf {
            RETURNED => {
                assert_eq!(packed, u64::from(RETURNED), "it needs no handle");
                Answer::Returned
            }
            state => Answer::Pending(state, Handle(packed as u32 >> 4)),
        })
    }

    /// What the caller gets, and the subtask.
    async fn begin(
        &self,
        id: CallSiteId,
        param: u64,
        retptr: u32,
    ) -> Result<(u64, SubtaskId), TrapCode> {
        let outcome = self.store(|s| s.guest_call(id, retptr.into()));
        let how = self.perform(outcome).await?;
        let subtask = SubtaskId((how >> 32) as u32);
        let outcome = match how as u32 {
            0 => {
                let packed = self.callee(self.half(id), subtask, [param, retptr.into()]);
                let packed = packed.await?;
                self.store(|s| s.guest_leave(subtask, packed))
            }
            1 => self.store(|s| {
                s.guest_stash(subtask, 0, param);
                s.guest_stash(subtask, 3, retptr.into());
                s.guest_wait(subtask)
            }),
            _ => self.store(|s| {
                s.guest_stash(subtask, 0, param);
                s.guest_stash(subtask, 3, retptr.into());
                s.guest_spawn(subtask)
            }),
        };
        Ok((self.perform(outcome).await?, subtask))
    }

    /// The start half of a call.
    pub(super) async fn start_half(&self, half: u32, subtask: SubtaskId) -> Result<(), TrapCode> {
        let outcome = self.store(|s| s.guest_started(subtask));
        self.perform(outcome).await?;
        let words = [0, 3].map(|i| self.store(|s| s.guest_unstash(subtask, i)));
        let packed = self.callee(half, subtask, words).await?;
        let outcome = self.store(|s| s.guest_core_done(packed));
        self.perform(outcome).await.map(drop)
    }

    /// The core function, and the result of a sync lift.
    async fn callee(
        &self,
        half: u32,
        subtask: SubtaskId,
        [param, retptr]: [u64; 2],
    ) -> Result<u32, TrapCode> {
        let (function, lift) = {
            let inner = self.inner.borrow();
            let site = &inner.sites[&half];
            (Rc::clone(&site.function), site.lift)
        };
        let packed = function(self.clone(), param).await?;
        match lift {
            Lift::Sync | Lift::SyncTyped => {
                self.return_half(half, subtask, retptr as u32, u64::from(packed));
                let outcome = self.store(|s| s.guest_returned(subtask));
                assert_eq!(outcome, Ok(Step::Value(0)));
                Ok(0)
            }
            Lift::Callback { .. } | Lift::Stackful { .. } => Ok(packed),
        }
    }

    fn return_half(&self, half: u32, subtask: SubtaskId, retptr: u32, result: u64) {
        let is_async = self.inner.borrow().sites[&half].is_async;
        if is_async {
            self.inner.borrow_mut().memory.insert(retptr, result);
        } else {
            self.store(|s| s.guest_stash(subtask, 0, result));
        }
    }

    /// `task.return` with a result.
    pub fn task_return(&self, inst: InstanceId, result: u64) -> Result<(), TrapCode> {
        let outcome = self.store(|s| s.task_return(inst, KEY))?;
        match outcome {
            Step::Value(0) => self.returned(self.arg(0) as usize, result),
            Step::Value(value) => {
                let subtask = SubtaskId((value >> 32) as u32);
                let retptr = self.store(|s| s.guest_retptr(subtask));
                self.return_half(value as u32 - 1, subtask, retptr as u32, result);
            }
            Step::Action(..) => panic!("it is a value"),
        }
        Ok(())
    }

    pub async fn task_cancel(&self, inst: InstanceId) -> Result<(), TrapCode> {
        let outcome = self.store(|s| s.task_cancel(inst));
        self.perform(outcome).await.map(drop)
    }

    pub async fn subtask_cancel(
        &self,
        inst: InstanceId,
        is_async: bool,
        h: Handle,
    ) -> Result<u32, TrapCode> {
        let outcome = self.store(|s| s.subtask_cancel(inst, is_async, h));
        Ok(self.perform(outcome).await? as u32)
    }

    /// Waits until a subtask is resolved, and drops it.
    pub async fn resolved(&self, inst: InstanceId, h: Handle) -> Result<u32, TrapCode> {
        let set = self.world().set_new(inst);
        self.world().join(inst, h, set);
        let state = loop {
            let [event, at, state] = self.wait(inst, set).await?;
            assert_eq!((event, at), (SUBTASK, h.0));
            if state >= RETURNED {
                break state;
            }
        };
        for outcome in [
            self.store(|s| s.subtask_drop(inst, h)),
            self.store(|s| s.waitable_set_drop(inst, set)),
        ] {
            assert_eq!(outcome, Ok(Step::Value(0)));
        }
        Ok(state)
    }

    /// What a call has left.
    pub fn memory(&self, retptr: u32) -> Option<u64> {
        self.inner.borrow().memory.get(&retptr).copied()
    }
}
