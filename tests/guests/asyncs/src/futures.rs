//! `futures`: values that come later, in both directions.

use ::futures::future::join;
use wit_bindgen::{FutureReader, spawn_local};

use crate::exports::tidegate::asyncs::futures::Guest;
use crate::tidegate::asyncs::host;
use crate::{Component, wit_future};

impl Guest for Component {
    async fn receive(value: FutureReader<String>) -> String {
        value.await
    }

    async fn receive_result(value: FutureReader<Result<u32, String>>) -> Result<u32, String> {
        value.await
    }

    async fn ignore(value: FutureReader<String>) -> String {
        drop(value);
        "ignored".into()
    }

    fn pass(value: FutureReader<String>) -> FutureReader<String> {
        value
    }

    async fn send(value: String) -> FutureReader<String> {
        let (writer, reader) = wit_future::new(String::new);
        spawn_local(async move {
            let taken = writer.write(value).await.is_ok();
            host::log(&format!("future taken: {taken}"));
        });
        reader
    }

    async fn send_result(value: Result<u32, String>) -> FutureReader<Result<u32, String>> {
        let (writer, reader) = wit_future::new(|| Err(String::new()));
        spawn_local(async move { writer.write(value).await });
        reader
    }

    async fn send_fetched(name: String) -> FutureReader<String> {
        let (writer, reader) = wit_future::new(String::new);
        spawn_local(async move {
            let value = host::fetch(name).await.unwrap_or_else(|problem| problem);
            let _ = writer.write(value).await;
        });
        reader
    }

    async fn pull() -> String {
        host::make_future().await
    }

    async fn push(value: u32) -> u32 {
        let (writer, reader) = wit_future::new(|| 0);
        let (answer, _) = join(host::take_future(reader), writer.write(value)).await;
        answer
    }

    async fn signal() -> FutureReader<()> {
        let (writer, reader) = wit_future::new(|| ());
        spawn_local(async move { writer.write(()).await });
        reader
    }
}
