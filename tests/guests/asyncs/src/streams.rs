//! `streams`: byte streams in both directions.

use std::pin::pin;

use ::futures::future::{Either, join, select};
use wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter, spawn_local};

use crate::exports::tidegate::asyncs::calls::Guest as _;
use crate::exports::tidegate::asyncs::streams::Guest;
use crate::tidegate::asyncs::host;
use crate::{Component, wit_future, wit_stream};

impl Guest for Component {
    fn pass(bytes: StreamReader<u8>) -> StreamReader<u8> {
        bytes
    }

    async fn upper(bytes: StreamReader<u8>, capacity: u32) -> StreamReader<u8> {
        let (writer, reader) = wit_stream::new();
        spawn_local(copy_upper(bytes, writer, capacity as usize));
        reader
    }

    async fn produce(total: u64, chunk: u32) -> StreamReader<u8> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            let mut written = 0;
            while written < total {
                let end = total.min(written + u64::from(chunk));
                let rest = writer
                    .write_all((written..end).map(|n| n as u8).collect())
                    .await;
                written = end - rest.len() as u64;
                host::log(&format!("written {written}"));
                if !rest.is_empty() {
                    break;
                }
            }
        });
        reader
    }

    async fn consume(bytes: StreamReader<u8>, capacity: u32) -> (u64, u64) {
        let (mut count, mut sum) = (0, 0);
        read_all(bytes, capacity as usize, |chunk| {
            count += chunk.len() as u64;
            sum += chunk.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        })
        .await;
        (count, sum)
    }

    async fn read_sizes(bytes: StreamReader<u8>, capacity: u32) -> Vec<u32> {
        let mut sizes = Vec::new();
        read_all(bytes, capacity as usize, |chunk| {
            sizes.push(chunk.len() as u32)
        })
        .await;
        sizes
    }

    async fn first(mut bytes: StreamReader<u8>, count: u32) -> Vec<u8> {
        let mut taken = Vec::new();
        while taken.len() < count as usize {
            let wanted = count as usize - taken.len();
            let (status, chunk) = bytes.read(Vec::with_capacity(wanted)).await;
            taken.extend(chunk);
            if status == StreamResult::Dropped {
                break;
            }
        }
        taken
    }

    async fn cancel_read(mut bytes: StreamReader<u8>, yields: u32) -> (u32, u64) {
        let early = {
            let mut reading = pin!(bytes.read(Vec::with_capacity(1024)));
            match select(reading.as_mut(), pin!(Component::yields(yields))).await {
                Either::Left(((_, chunk), _)) => chunk,
                Either::Right(_) => reading.cancel().1,
            }
        };
        let mut late = 0;
        read_all(bytes, 1024, |chunk| late += chunk.len() as u64).await;
        (early.len() as u32, late)
    }

    async fn cancel_write(count: u32, yields: u32) -> u32 {
        let (mut writer, reader) = wit_stream::new();
        host::keep_stream(reader);
        let mut writing = pin!(writer.write(vec![7; count as usize]));
        let (_, rest) = match select(writing.as_mut(), pin!(Component::yields(yields))).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => writing.cancel(),
        };
        count - rest.remaining() as u32
    }

    fn ignore(bytes: StreamReader<u8>) {
        drop(bytes);
    }

    fn empty() -> StreamReader<u8> {
        wit_stream::new().1
    }

    async fn pull() -> u64 {
        Component::consume(host::make_stream(), 4096).await.0
    }

    async fn push(total: u32) -> (u64, u32) {
        let (mut writer, reader) = wit_stream::new();
        let writing = async move {
            let rest = writer.write_all(vec![b'x'; total as usize]).await;
            total - rest.len() as u32
        };
        join(host::take_stream(reader), writing).await
    }

    async fn with_outcome(
        bytes: StreamReader<u8>,
    ) -> (StreamReader<u8>, FutureReader<Result<u64, String>>) {
        let (writer, reader) = wit_stream::new();
        let (outcome_writer, outcome) = wit_future::new(|| Err("never ended".into()));
        spawn_local(async move {
            let outcome = copy_upper(bytes, writer, 4096).await;
            let _ = outcome_writer
                .write(outcome.ok_or_else(|| "nobody reads".into()))
                .await;
        });
        (reader, outcome)
    }
}

/// Copies in upper case until there is no more; how many bytes, or nothing when nobody takes them.
async fn copy_upper(
    mut bytes: StreamReader<u8>,
    mut writer: StreamWriter<u8>,
    capacity: usize,
) -> Option<u64> {
    let mut buffer = Vec::with_capacity(capacity);
    let mut count = 0;
    loop {
        let (status, mut chunk) = bytes.read(buffer).await;
        count += chunk.len() as u64;
        chunk.make_ascii_uppercase();
        if !chunk.is_empty() {
            buffer = writer.write_all(chunk).await;
            if !buffer.is_empty() {
                return None;
            }
        } else {
            buffer = chunk;
        }
        if status == StreamResult::Dropped {
            return Some(count);
        }
    }
}

/// Reads to the end, giving every chunk to `take`.
async fn read_all(mut bytes: StreamReader<u8>, capacity: usize, mut take: impl FnMut(&[u8])) {
    let mut buffer = Vec::with_capacity(capacity);
    loop {
        let (status, chunk) = bytes.read(buffer).await;
        if !chunk.is_empty() {
            take(&chunk);
        }
        if status == StreamResult::Dropped {
            return;
        }
        buffer = chunk;
        buffer.clear();
    }
}
