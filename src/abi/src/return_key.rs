//! What a `task.return` has to have in common with the lift that it returns from, as a number. Spec: the checks of
//! `canon_task_return`.
//!
//! By the specification's text the memories are the same or both absent. Its tests, and other hosts, let a `task.return` that
//! reads nothing from memory do without one: so do we.

/// The number for a component instance with a result type and an encoding of strings, which `ty` stands for, and a memory,
/// from 1 on, or 0 for none. `None` when there are more than there are numbers.
pub const fn pack(ty: u32, memory: u32) -> Option<u32> {
    match ty < 1 << (u32::BITS - MEMORY_BITS) && memory <= MEMORY {
        true => Some(ty << MEMORY_BITS | memory),
        false => None,
    }
}

/// Whether a `task.return` with the number `given` may return from a function that is lifted with the number `lifted`.
pub const fn fits(lifted: u32, given: u32) -> bool {
    given == lifted || given == lifted & !MEMORY
}

const MEMORY_BITS: u32 = 12;
const MEMORY: u32 = (1 << MEMORY_BITS) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_return_may_do_without_memory() {
        let [none, one, other] = [0, 1, 2].map(|memory| pack(3, memory).expect("it is small"));
        assert!(fits(none, none) && fits(one, one) && fits(one, none));
        assert!(!fits(none, one) && !fits(one, other));
        let another = pack(4, 1).expect("it is small");
        assert!(!fits(one, another) && !fits(another, none));
        assert_eq!(pack(1 << 20, 0), None);
        assert_eq!(pack(0, 1 << 12), None);
    }
}
