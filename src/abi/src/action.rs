//! Actions: what the runtime wants done by whoever called it.
//!
//! The runtime never calls anything. Each of its built-ins returns an `i64`: a value when it is
//! zero or more, an action when it is negative. The driver module performs actions and reports
//! back (design section 1, "built-ins are not leaves").

/// What has to be done. The operand of each kind is 32 bits; further numbers are in the
/// runtime's argument words (`arg(i)`, words 1.. of the control block).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ActionKind {
    /// Operand: [`TrapCode`](crate::code::TrapCode). The performer reports it to the host and
    /// executes `unreachable`.
    Trap = 1,
    /// Elements must be copied between two ends of a stream or future. Operand: the host's end id,
    /// or 0 when both ends are guests'. Args, host involved: `[end, is_host_reading, site, ptr,
    /// count, upper half of ptr]`; the host's own two ends: `[readable, 1, 0, writable, count, 0]`; guest to guest:
    /// `[0, src_site, src_ptr, count, dst_site, dst_ptr, upper half of src_ptr, upper half of dst_ptr]`. Report: `copied()`.
    Copy = 2,
    /// A guest's destructor must run. Operand: its slot in the store's table; arg 0: the rep.
    /// Report: `dtor_done()`.
    Dtor = 3,
    /// The host owns the dropped resource. Operand: resource type id; arg 0: the rep.
    /// Report: `dtor_done()`.
    HostDtor = 4,
    /// A guest reads from an end whose writer is the host. Operand: the host's (writable) end id;
    /// arg 0: how many elements fit. Report: `pulled(end)`.
    HostPull = 5,
    /// Something happened to an end held by the host. Operand: the end id; arg 0: the event's payload
    /// (`CopyResult | progress << 4`). Only `next()` returns it.
    HostEvent = 6,
    /// A guest cancelled its subtask of a host import. Operand: the host's call id.
    /// Report: `aborted(subtask)`, whose id is arg 0.
    HostAbort = 7,
    /// A callback must be called. Operand: its table slot; args `[thread, event, p1, p2]`.
    /// Report: `callback_done(thread, packed)`. Only `next()` returns it.
    Callback = 8,
    /// A call of the host that waited for backpressure or the exclusive lock may start. Operand:
    /// the host's call id; arg 0: the task. Only `next()` returns it.
    Start = 9,
    /// A task called by the host was cancelled. Operand: the host's call id. Report: `told()`.
    HostCancelled = 10,
    /// The current stack must be suspended. Operand: the thread that blocks. The performer's call of the host returns when
    /// the thread is resumed. Report: `resumed(thread)`.
    Suspend = 11,
    /// A suspended stack goes on. Operand: the thread that blocked. Nothing else of the store may run until it has suspended
    /// again or finished. Only `next()` returns it; it has no report of its own, as the stack makes `Suspend`'s.
    Resume = 12,
    /// A thread must be begun on a new stack, by the driver's `thread_main`. Operand: the thread. Report: `spawned(thread)`,
    /// when that stack has suspended or finished.
    Spawn = 13,
    /// A call between guests that waited must start. Operand: the table slot of its start half; arg 0: the subtask. The start
    /// half reports by itself. Only `next()` and `thread_begin` return it.
    StartCall = 14,
    /// An explicit thread's function must be called. Operand: the thread, which is its place in the table of threads; args
    /// `[argument, its upper half, whether it is an i64]`. Report: `thread_done(thread)`. Only `thread_begin` returns it.
    ThreadStart = 15,
}

impl ActionKind {
    /// The kind with this number, if there is one.
    pub const fn from_number(n: u8) -> Option<Self> {
        Some(match n {
            1 => Self::Trap,
            2 => Self::Copy,
            3 => Self::Dtor,
            4 => Self::HostDtor,
            5 => Self::HostPull,
            6 => Self::HostEvent,
            7 => Self::HostAbort,
            8 => Self::Callback,
            9 => Self::Start,
            10 => Self::HostCancelled,
            11 => Self::Suspend,
            12 => Self::Resume,
            13 => Self::Spawn,
            14 => Self::StartCall,
            15 => Self::ThreadStart,
            _ => return None,
        })
    }
}

/// An action as the negative `i64` that built-ins return.
pub const fn encode(kind: ActionKind, operand: u32) -> i64 {
    !(((operand as i64) << 8) | kind as i64)
}

/// The action that `step` stands for; `None` when it is a value.
pub const fn decode(step: i64) -> Option<(ActionKind, u32)> {
    if step >= 0 {
        return None;
    }
    let bits = !step;
    match ActionKind::from_number((bits & 0xff) as u8) {
        Some(kind) => Some((kind, (bits >> 8) as u32)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_negative_and_round_trip() {
        for n in 1..=15 {
            let kind = ActionKind::from_number(n).expect("numbers are dense");
            for operand in [0, 1, 0x8000_0000, u32::MAX] {
                let step = encode(kind, operand);
                assert!(step < 0);
                assert_eq!(decode(step), Some((kind, operand)));
            }
        }
        assert_eq!(decode(0), None);
        assert_eq!(decode(i64::from(u32::MAX)), None);
    }
}
