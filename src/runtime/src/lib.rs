//! The runtime: the state machine of the Component Model's async Canonical ABI.
//!
//! Enters: integers (handles, numbers of instances and types, callback codes). Leaves: values, and *actions* that the
//! caller performs and reports back. Left to others on purpose: memories and values (the JS host), calling guests (the driver),
//! time and chance (a policy chosen by the host). It runs no guest code and holds no guest data.

#![no_std]

extern crate alloc;
// Gives the allocator and the panic handler, unless the wasm file that is shipped is built.
#[cfg(not(feature = "standalone"))]
extern crate std;

#[cfg(target_arch = "wasm32")]
mod api;
mod block;
mod copy;
mod ends;
mod error_context;
mod explicit;
mod frame;
mod guest;
mod host_ends;
mod ids;
mod list;
mod resource;
mod schedule;
mod slab;
#[cfg(feature = "standalone")]
mod standalone;
mod store;
mod subtask;
mod task;
mod thread;
mod trail;
mod waitable;
mod waiting;

pub use ends::{EndKind, EndRef, GuestBuffer, Side};
pub use guest::CallSite;
pub use ids::{
    CallId, CallSiteId, EndId, ErrorContextId, FuncId, HOST, Handle, InstanceId, ResourceId, SetId,
    SiteId, Slot, SubtaskId, TaskId, ThreadId, ThreadIndex, TypeId,
};
pub use resource::ResourceType;
pub use schedule::{NONE, TASK_CANCELLED};
pub use store::{Control, Limits, Outcome, READY, SETTLE, Step, Store};
pub use task::Lift;
pub use thread::ThreadContext;
pub use waiting::GONE;
