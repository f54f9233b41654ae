//! `calls`: calls of the host one after the other, at once, given up and in the background.

use std::cell::Cell;
use std::pin::pin;

use ::futures::future::{Either, join_all, select};
use wit_bindgen::{backpressure_dec, backpressure_inc, spawn_local, yield_async};

use crate::Component;
use crate::exports::tidegate::asyncs::calls::{Guest, Request};
use crate::tidegate::asyncs::host;

thread_local! {
    static STOPPED: Cell<bool> = const { Cell::new(false) };
    static IN_FLIGHT: Cell<u32> = const { Cell::new(0) };
    static MOST_IN_FLIGHT: Cell<u32> = const { Cell::new(0) };
}

impl Guest for Component {
    async fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    async fn nothing() {}

    async fn fail(text: String) -> Result<u32, String> {
        Err(text)
    }

    async fn fetch_all(names: Vec<String>) -> Vec<Result<String, String>> {
        join_all(names.into_iter().map(host::fetch)).await
    }

    async fn fetch_each(names: Vec<String>) -> Vec<Result<String, String>> {
        let mut results = Vec::with_capacity(names.len());
        for name in names {
            results.push(host::fetch(name).await);
        }
        results
    }

    async fn race(a: String, b: String) -> String {
        let (first, second) = (pin!(host::fetch(a)), pin!(host::fetch(b)));
        match select(first, second).await {
            Either::Left((result, _)) => format!("first: {result:?}"),
            Either::Right((result, _)) => format!("second: {result:?}"),
        }
    }

    async fn give_up(name: String, yields: u32, next: String) -> Result<String, String> {
        {
            let patience = pin!(Component::yields(yields));
            if let Either::Left((result, _)) = select(pin!(host::fetch(name)), patience).await {
                return result;
            }
        }
        host::fetch(next).await
    }

    async fn add_remotely(a: u32, b: u32) -> u32 {
        host::add(a, b).await
    }

    async fn send(first: Request, second: Request) -> Request {
        host::send(first, second).await
    }

    async fn wait() {
        host::wait().await;
    }

    async fn yields(count: u32) -> u32 {
        for _ in 0..count {
            yield_async().await;
        }
        count
    }

    async fn spin() -> u64 {
        STOPPED.set(false);
        let mut turns = 0;
        while !STOPPED.get() {
            turns += 1;
            yield_async().await;
        }
        turns
    }

    fn stop() {
        STOPPED.set(true);
    }

    async fn background(names: Vec<String>) -> u32 {
        let count = names.len() as u32;
        spawn_local(async move {
            for name in names {
                let result = host::fetch(name).await;
                host::log(&format!("background: {result:?}"));
            }
        });
        count
    }

    async fn overlap(name: String) -> u32 {
        IN_FLIGHT.set(IN_FLIGHT.get() + 1);
        MOST_IN_FLIGHT.set(MOST_IN_FLIGHT.get().max(IN_FLIGHT.get()));
        host::log(&format!("begin {name}"));
        let _ = host::fetch(name.clone()).await;
        host::log(&format!("end {name}"));
        IN_FLIGHT.set(IN_FLIGHT.get() - 1);
        MOST_IN_FLIGHT.get()
    }

    fn backpressure(on: bool) {
        if on {
            backpressure_inc();
        } else {
            backpressure_dec();
        }
    }
}
