//! Resources that the component implements.

use std::cell::Cell;

use crate::Component;
use crate::exports::tidegate::values::counters::{
    Counter, CounterBorrow, Guest, GuestCounter, GuestEmpty,
};

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

/// The representation of a counter.
pub struct Count(Cell<u32>);

impl Count {
    fn new(start: u32) -> Self {
        LIVE.set(LIVE.get() + 1);
        Self(Cell::new(start))
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

/// The representation of an `empty`.
pub struct Nothing;

impl Guest for Component {
    type Counter = Count;
    type Empty = Nothing;

    fn sum(counters: Vec<CounterBorrow<'_>>) -> u32 {
        counters
            .iter()
            .map(|counter| counter.get::<Count>().value())
            .sum()
    }

    fn consume(counter: Counter) -> u32 {
        counter.into_inner::<Count>().value()
    }

    fn maybe(counter: Option<Counter>) -> Option<Counter> {
        counter
    }

    fn swap((a, b): (Counter, Counter)) -> (Counter, Counter) {
        (b, a)
    }

    fn live() -> u32 {
        LIVE.get()
    }
}

impl GuestCounter for Count {
    fn new(start: u32) -> Self {
        Self::new(start)
    }

    fn increment(&self, by: u32) -> u32 {
        self.0.set(self.0.get().wrapping_add(by));
        self.0.get()
    }

    fn value(&self) -> u32 {
        self.0.get()
    }

    fn checked(start: i32) -> Result<Counter, String> {
        match u32::try_from(start) {
            Ok(start) => Ok(Counter::new(Self::new(start))),
            Err(_) => Err(format!("{start} is negative")),
        }
    }

    fn merge(a: Counter, b: CounterBorrow<'_>) -> Counter {
        let sum = a.into_inner::<Self>().value() + b.get::<Self>().value();
        Counter::new(Self::new(sum))
    }

    fn many(count: u32) -> Vec<Counter> {
        (0..count)
            .map(|start| Counter::new(Self::new(start)))
            .collect()
    }
}

impl GuestEmpty for Nothing {
    fn new() -> Self {
        Self
    }
}
