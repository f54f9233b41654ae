//! Why a guest trapped: a closed list whose numbers and names reach JS intact.

macro_rules! trap_codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// The reason of a trap raised by the Canonical ABI itself, as against one raised by a
        /// core instruction of the guest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum TrapCode { $($(#[$doc])* $variant = $number,)* }

        impl TrapCode {
            /// Every code, in order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that `ComponentTrap.code` carries in JS.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

trap_codes! {
    /// A built-in or import was called while the instance may not leave (during realloc, post-return).
    CannotLeave = 1, "cannot-leave";
    /// No entry of the table has this index.
    UnknownHandle = 2, "unknown-handle";
    /// The entry is of another kind or type than the operation wants.
    WrongHandleType = 3, "wrong-handle-type";
    /// The table has reached its limit.
    TableFull = 4, "table-full";
    /// An owned handle was given away or dropped while it is lent.
    HandleLent = 5, "handle-lent";
    /// A borrowed handle was given where an owned one is wanted.
    NotOwned = 6, "not-owned";
    /// A task returned while it still holds borrowed handles.
    BorrowsRemain = 7, "borrows-remain";
    /// `task.return` or `task.cancel` when the task has already returned.
    AlreadyReturned = 8, "already-returned";
    /// `task.return` of a type or with options other than the task's, or outside an async task.
    WrongTaskReturn = 9, "wrong-task-return";
    /// A task exited without having returned.
    NotReturned = 10, "not-returned";
    /// `task.cancel` without a cancellation having been delivered.
    NotCancelled = 11, "not-cancelled";
    /// A callback returned a code that does not exist.
    InvalidCallbackCode = 12, "invalid-callback-code";
    /// A waitable set was dropped while it holds waitables or someone waits on it.
    WaitableSetInUse = 13, "waitable-set-in-use";
    /// A subtask was dropped before its resolution was delivered.
    SubtaskUnresolved = 14, "subtask-unresolved";
    /// `subtask.cancel` of a subtask that is resolved, already being cancelled, or in a set.
    InvalidCancel = 15, "invalid-cancel";
    /// An operation on an end of a stream or future that is busy, done, or in a waitable set.
    EndBusy = 16, "end-busy";
    /// A writable end of a future was dropped before a value was written.
    FutureUnwritten = 17, "future-unwritten";
    /// A copy is longer than the specification allows.
    BufferTooLong = 18, "buffer-too-long";
    /// Both ends of a copy of non-numbers are in one instance.
    SameInstanceCopy = 19, "same-instance-copy";
    /// The backpressure counter left its range.
    BackpressureRange = 20, "backpressure-range";
    /// A waitable cannot join a set while a synchronous operation waits on it.
    SyncWaiter = 21, "sync-waiter";
    /// A pointer into a guest's memory is not aligned as its type wants.
    Unaligned = 22, "unaligned-pointer";
    /// A range lies outside the guest's memory.
    OutOfBounds = 23, "out-of-bounds";
    /// A case index of a variant, enum, option or result does not exist.
    InvalidDiscriminant = 24, "invalid-discriminant";
    /// A char is not a Unicode scalar value.
    InvalidChar = 25, "invalid-char";
    /// A string is not valid in its encoding.
    InvalidString = 26, "invalid-string";
    /// A string or list is longer than the specification allows.
    TooLong = 27, "too-long";
    /// An operation would have to block where it cannot.
    CannotBlock = 28, "cannot-block";
    /// The runtime refused to grow beyond the store's limits.
    LimitExceeded = 29, "limit-exceeded";
    /// A thread was to be resumed that is not suspended, or a thread named itself as the next one.
    ThreadNotSuspended = 30, "thread-not-suspended";
    /// A core exception left a guest.
    UncaughtException = 31, "uncaught-exception";
}

/// Stands where a trap code would when the JS host has used a number that the runtime has not given out: no trap of a guest, but a
/// fault of tidegate.
pub const FAULT: u32 = 255;

impl TrapCode {
    /// The code with this number, if there is one.
    pub fn from_number(n: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| *code as u32 == n)
    }
}

#[cfg(test)]
mod tests {
    use super::{FAULT, TrapCode};
    use std::collections::HashSet;

    #[test]
    fn numbers_are_dense_and_names_unique() {
        let mut names = HashSet::new();
        for (i, code) in TrapCode::ALL.iter().enumerate() {
            assert_eq!(*code as usize, i + 1);
            assert_eq!(TrapCode::from_number(i as u32 + 1), Some(*code));
            assert!(names.insert(code.name()));
        }
        assert_eq!(TrapCode::from_number(0), None);
        assert_eq!(TrapCode::from_number(FAULT), None);
    }
}
