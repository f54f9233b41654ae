//! Numbers of things, each of its own type; bare integers appear only in `api.rs` and in argument words.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);)*
    };
}

ids! {
    /// A component instance of the store; [`HOST`] is the host.
    InstanceId;
    /// An element type of streams and futures, interned by the host.
    TypeId;
    /// A resource type.
    ResourceId;
    /// A task. Spec: `Task`.
    TaskId;
    /// A thread of a task, numbered for the whole store. Spec: `Thread`.
    ThreadId;
    /// A thread's index in its instance. Spec: `Thread.index`.
    ThreadIndex;
    /// A call by a guest.
    SubtaskId;
    /// A lowered function whose callee is a guest's.
    CallSiteId;
    /// A waitable set.
    SetId;
    /// The host's number of an error context's message.
    ErrorContextId;
    /// An end of a stream or future.
    EndId;
    /// The host's number of a call, in either direction.
    CallId;
    /// The host's number of a function that can be called, for messages; 0 is none.
    FuncId;
    /// A slot of the store's funcref table.
    Slot;
    /// An index of an instance's handle table.
    Handle;
    /// Canonical options of a copy, numbered by the host.
    SiteId;
}

/// The host counts as an instance: it holds handles of guests' resources.
pub const HOST: InstanceId = InstanceId(0);
