//! What async functions do, for callers whose toolchain cannot call them: `next` queues requests, and gives a future of the answer.
//!
//! The queue is worked off by a task that has returned, so that nobody cancels it, whose call it was.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

wit_bindgen::generate!({
    // The build puts it there, with WASI's interfaces.
    path: "../target/chain",
    world: "tidegate:chain/later",
    generate_all,
});

use exports::tidegate::chain::{next, queue};
use wasi::http::handler;
use wasi::http::types::{ErrorCode, Fields, Request, Response};
use wit_bindgen::{FutureReader, FutureWriter, spawn_local};

type Answer = Result<Response, ErrorCode>;

struct Later;

export!(Later);

#[derive(Default)]
struct Queue {
    asked: VecDeque<(Request, FutureWriter<Answer>)>,
    waker: Option<Waker>,
}

thread_local! {
    static QUEUE: RefCell<Queue> = RefCell::default();
}

impl Queue {
    fn push(&mut self, request: Request, answer: FutureWriter<Answer>) {
        self.asked.push_back((request, answer));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn poll(&mut self, context: &Context) -> Poll<(Request, FutureWriter<Answer>)> {
        match self.asked.pop_front() {
            Some(asked) => Poll::Ready(asked),
            None => {
                self.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl next::Guest for Later {
    fn handle(request: Request) -> FutureReader<Answer> {
        let (answer, reader) = wit_future::new(|| Err(ErrorCode::InternalError(None)));
        QUEUE.with_borrow_mut(|queue| queue.push(request, answer));
        reader
    }

    fn release(headers: Fields) {
        drop(headers);
    }
}

impl queue::Guest for Later {
    async fn start() {
        spawn_local(async {
            loop {
                let (request, answer) =
                    poll_fn(|context| QUEUE.with_borrow_mut(|queue| queue.poll(context))).await;
                spawn_local(async move {
                    // An answer that nobody waits for any more is dropped, and with it what it streams.
                    let _ = answer.write(handler::handle(request).await).await;
                });
            }
        });
    }
}
