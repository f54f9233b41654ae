//! Small worlds to begin with, and the specification's numbers.

use tidegate_abi::limits::BLOCKED;
use tidegate_runtime::{
    EndKind, EndRef, Handle, InstanceId, ResourceId, ResourceType, Side, Slot, TypeId,
};

use super::World;

/// An instance with a stream type of numbers, for tests that need no more.
pub fn one_instance() -> (World, InstanceId, TypeId) {
    let mut world = World::new();
    let inst = world.store.instance_new();
    let ty = world.store.type_new(true);
    (world, inst, ty)
}

/// The end with this handle.
pub fn end(kind: EndKind, side: Side, inst: InstanceId, ty: TypeId, h: Handle) -> EndRef {
    EndRef {
        kind,
        side,
        inst,
        ty,
        h,
    }
}

/// Both ends of a stream in one instance.
pub fn stream(world: &mut World, inst: InstanceId, ty: TypeId) -> (EndRef, EndRef) {
    both(world, EndKind::Stream, inst, ty)
}

/// Both ends of a future in one instance.
pub fn future(world: &mut World, inst: InstanceId, ty: TypeId) -> (EndRef, EndRef) {
    both(world, EndKind::Future, inst, ty)
}

fn both(world: &mut World, kind: EndKind, inst: InstanceId, ty: TypeId) -> (EndRef, EndRef) {
    let (r, w) = world.new_ends(kind, inst, ty);
    (
        end(kind, Side::Readable, inst, ty, r),
        end(kind, Side::Writable, inst, ty, w),
    )
}

/// A resource type of the host or of a guest.
pub fn resource_type(world: &mut World, inst: InstanceId, dtor: Option<Slot>) -> ResourceId {
    world.store.resource_type_new(ResourceType { inst, dtor })
}

/// Explores the first `n` seeds, or the one that `TIDEGATE_SEED` names, as a failure has said.
pub fn each_seed(n: u64, explore: impl Fn(u64)) {
    let one = std::env::var("TIDEGATE_SEED").map(|text| text.parse().expect("it is a number"));
    for seed in one.map_or(0..n, |seed: u64| seed..seed + 1) {
        let _replay = Replay(seed);
        explore(seed);
    }
}

struct Replay(u64);

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "again: TIDEGATE_SEED={} cargo test -p tidegate-runtime",
                self.0
            );
        }
    }
}

/// A small generator of numbers. (xorshift64)
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 32) as u32) % n
    }
}

/// The `return_key` of every task.
pub const KEY: u32 = 7;
pub const EXIT: u32 = 0;
pub const YIELD: u32 = 1;
/// The callback code for waiting on a set.
pub fn wait(set: Handle) -> u32 {
    2 | set.0 << 4
}
pub const STARTED: u32 = 1;
pub const RETURNED: u32 = 2;
pub const CANCELLED_BEFORE_STARTED: u32 = 3;
pub const CANCELLED_BEFORE_RETURNED: u32 = 4;
pub const SUBTASK: u32 = 1;
pub const STREAM_READ: u32 = 2;
pub const STREAM_WRITE: u32 = 3;
pub const FUTURE_READ: u32 = 4;
pub const FUTURE_WRITE: u32 = 5;
/// The payload of a copy of `n` elements.
pub fn completed(n: u32) -> u32 {
    n << 4
}
pub fn dropped(n: u32) -> u32 {
    1 | n << 4
}
pub fn cancelled(n: u32) -> u32 {
    2 | n << 4
}
pub const BLOCKS: u32 = BLOCKED;
