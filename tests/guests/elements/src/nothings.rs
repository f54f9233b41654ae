//! `nothings`: streams and futures without an element type.

use wit_bindgen::{FutureReader, StreamReader};

use crate::Component;
use crate::every::{later, produce, read_all, transform};
use crate::exports::tidegate::elements::nothings::Guest;

impl Guest for Component {
    fn pass(items: StreamReader<()>) -> StreamReader<()> {
        items
    }

    async fn transform(items: StreamReader<()>, capacity: u32) -> StreamReader<()> {
        transform(items, capacity)
    }

    async fn produce(count: u32, chunk: u32) -> StreamReader<()> {
        produce(vec![(); count as usize], chunk)
    }

    async fn consume(items: StreamReader<()>, capacity: u32) -> u32 {
        let mut count = 0;
        read_all(items, capacity, |chunk| count += chunk.len() as u32).await;
        count
    }

    async fn sizes(items: StreamReader<()>, capacity: u32) -> Vec<u32> {
        let mut sizes = Vec::new();
        read_all(items, capacity, |chunk| sizes.push(chunk.len() as u32)).await;
        sizes
    }

    fn pass_future(value: FutureReader<()>) -> FutureReader<()> {
        value
    }

    async fn later() -> (FutureReader<()>,) {
        (later(()),)
    }

    async fn wait(value: FutureReader<()>) {
        value.await
    }
}
