//! `objects`: a resource of the guest's. `tables`: how many handles there are.

use std::cell::Cell;

use crate::exports::tidegate::elements::{objects, tables};
use crate::{Component, wit_stream};

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

pub struct Counter(u32);

impl objects::Guest for Component {
    type Counter = Counter;

    fn live() -> u32 {
        LIVE.get()
    }
}

impl objects::GuestCounter for Counter {
    fn new(value: u32) -> Self {
        LIVE.set(LIVE.get() + 1);
        Self(value)
    }

    fn value(&self) -> u32 {
        self.0
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

impl tables::Guest for Component {
    fn highest_handle(streams: u32) -> u32 {
        let pairs: Vec<_> = (0..streams).map(|_| wit_stream::new::<u32>()).collect();
        pairs
            .iter()
            .map(|(writer, reader)| writer.handle().max(reader.handle()))
            .max()
            .unwrap_or(0)
    }
}
