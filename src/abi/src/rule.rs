//! Rules of the Canonical ABI by the names that `docs/rules.md` gives them, at the places that enforce them.
//!
//! `rule!("id", violated)` is `violated`, and `rule!("id")` is true: markers, which cost nothing. Only in a build with the
//! feature `mutate`, which is never shipped, one rule can be switched off: both are false for it then. `npm run mutate` does so
//! with one after the other, and wants some script of `tests/wast` to fail each time.

/// A rule at the place that enforces it.
#[cfg(not(feature = "mutate"))]
#[macro_export]
macro_rules! rule {
    ($id:literal) => {
        true
    };
    ($id:literal, $violated:expr) => {
        $violated
    };
}

/// A rule at the place that enforces it, unless it is switched off.
#[cfg(feature = "mutate")]
#[macro_export]
macro_rules! rule {
    ($id:literal) => {
        $crate::rule::holds(const { $crate::rule::number($id) })
    };
    ($id:literal, $violated:expr) => {
        $crate::rule!($id) && $violated
    };
}

#[cfg(feature = "mutate")]
pub use off::*;

#[cfg(feature = "mutate")]
mod off {
    use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

    static OFF: AtomicU32 = AtomicU32::new(0);

    /// Switches off the rule with this number, and every other one on.
    #[unsafe(no_mangle)]
    pub extern "C" fn mutate(rule: u32) {
        OFF.store(rule, Relaxed);
    }

    /// Whether the rule with this number is on.
    pub fn holds(rule: u32) -> bool {
        OFF.load(Relaxed) != rule
    }

    /// A rule's number: FNV-1a of its id.
    pub const fn number(id: &str) -> u32 {
        let bytes = id.as_bytes();
        let mut hash = 0x811c_9dc5_u32;
        let mut i = 0;
        while i < bytes.len() {
            hash = (hash ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
            i += 1;
        }
        hash
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn one_rule_at_a_time_is_off() {
            let violated = true;
            mutate(number("first"));
            assert!(!rule!("first", violated) && !rule!("first"));
            assert!(rule!("second", violated) && rule!("second"));
            mutate(0);
            assert!(rule!("first", violated));
            assert!(!rule!("second", !violated));
        }
    }
}
