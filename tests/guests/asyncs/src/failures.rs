//! `failures`: ways to fail.

use std::sync::atomic::{AtomicU32, Ordering};

use wit_bindgen::{spawn_local, yield_async};

use crate::exports::tidegate::asyncs::failures::Guest;
use crate::tidegate::asyncs::host;
use crate::{Component, wit_stream};

impl Guest for Component {
    fn trap() {
        panic!("on demand");
    }

    async fn trap_async() {
        panic!("on demand");
    }

    async fn trap_later(name: String) {
        let result = host::fetch(name).await;
        panic!("on demand, after {result:?}");
    }

    fn overflow() -> u32 {
        recurse(0)
    }

    async fn overflow_async() -> u32 {
        yield_async().await;
        recurse(0)
    }

    async fn deadlock() {
        let (_writer, mut reader) = wit_stream::new::<u8>();
        reader.next().await;
    }

    fn call_log(text: String) -> u32 {
        host::log(&text);
        text.len() as u32
    }

    async fn trap_after_return() -> u32 {
        spawn_local(async {
            yield_async().await;
            panic!("on demand, after the return");
        });
        7
    }
}

static DEPTH: AtomicU32 = AtomicU32::new(0);

/// Recurses until the engine's stack is used up; the counter keeps it from becoming a loop, and nothing
/// of it is on the stack in memory, which would overflow first.
fn recurse(depth: u32) -> u32 {
    DEPTH.fetch_add(1, Ordering::Relaxed);
    if depth == u32::MAX {
        return 0;
    }
    let below = recurse(depth + 1);
    DEPTH.fetch_sub(1, Ordering::Relaxed) ^ below
}
