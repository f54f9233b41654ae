//! The same functions for every element type.

use wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter, spawn_local};

use crate::Component;
use crate::exports::tidegate::elements::objects::Counter;
use crate::tidegate::elements::host::{self, Thing};
use crate::tidegate::elements::types::{Color, Person, Rights, Shape};
use crate::wit_future::{self, FuturePayload};
use crate::wit_stream::{self, StreamPayload};

macro_rules! elements {
    ($($interface:ident: $element:ty,)*) => {$(
        impl crate::exports::tidegate::elements::$interface::Guest for Component {
            fn pass(items: StreamReader<$element>) -> StreamReader<$element> {
                items
            }

            async fn transform(
                items: StreamReader<$element>,
                capacity: u32,
            ) -> StreamReader<$element> {
                transform(items, capacity)
            }

            async fn produce(items: Vec<$element>, chunk: u32) -> StreamReader<$element> {
                produce(items, chunk)
            }

            async fn consume(items: StreamReader<$element>, capacity: u32) -> Vec<$element> {
                let mut all = Vec::new();
                read_all(items, capacity, |chunk| all.append(chunk)).await;
                all
            }

            async fn sizes(items: StreamReader<$element>, capacity: u32) -> Vec<u32> {
                let mut sizes = Vec::new();
                read_all(items, capacity, |chunk| sizes.push(chunk.len() as u32)).await;
                sizes
            }

            async fn first(items: StreamReader<$element>, count: u32) -> Vec<$element> {
                first(items, count as usize).await
            }

            fn ignore(items: StreamReader<$element>) {
                drop(items);
            }

            fn pass_future(value: FutureReader<$element>) -> FutureReader<$element> {
                value
            }

            async fn later(value: $element) -> (FutureReader<$element>,) {
                (later(value),)
            }

            async fn wait(value: FutureReader<$element>) -> $element {
                value.await
            }
        }
    )*};
}

elements! {
    records: Person,
    strings: String,
    variants: Shape,
    blobs: Vec<u8>,
    string_lists: Vec<String>,
    tuples: (u32, String),
    options: Option<String>,
    results: Result<u32, String>,
    enums: Color,
    flag_sets: Rights,
    words: u32,
    longs: i64,
    doubles: f64,
    chars: (char,),
    bools: bool,
    things: Thing,
    counters: Counter,
    byte_streams: StreamReader<u8>,
    text_futures: FutureReader<String>,
    stream_futures: FutureReader<StreamReader<u8>>,
}

/// Copies in the background until there is no more, or nobody wants it.
pub(crate) fn transform<T: StreamPayload>(
    mut items: StreamReader<T>,
    capacity: u32,
) -> StreamReader<T> {
    let (mut writer, reader) = wit_stream::new();
    spawn_local(async move {
        let mut buffer = Vec::with_capacity(capacity as usize);
        loop {
            let (status, chunk) = items.read(buffer).await;
            buffer = if chunk.is_empty() {
                chunk
            } else {
                writer.write_all(chunk).await
            };
            if status == StreamResult::Dropped || !buffer.is_empty() {
                return;
            }
        }
    });
    reader
}

/// Writes in the background, `chunk` items at once.
pub(crate) fn produce<T: StreamPayload>(items: Vec<T>, chunk: u32) -> StreamReader<T> {
    let (writer, reader) = wit_stream::new();
    spawn_local(write_in_chunks(items, writer, chunk as usize));
    reader
}

async fn write_in_chunks<T: StreamPayload>(
    items: Vec<T>,
    mut writer: StreamWriter<T>,
    size: usize,
) {
    let mut items = items.into_iter();
    let mut written = 0;
    loop {
        let chunk: Vec<T> = items.by_ref().take(size).collect();
        if chunk.is_empty() {
            return;
        }
        let count = chunk.len();
        let rest = writer.write_all(chunk).await;
        written += count - rest.len();
        host::log(&format!("written {written}"));
        if !rest.is_empty() {
            return;
        }
    }
}

/// Reads to the end, giving every chunk to `take`, which may empty it.
pub(crate) async fn read_all<T: StreamPayload>(
    mut items: StreamReader<T>,
    capacity: u32,
    mut take: impl FnMut(&mut Vec<T>),
) {
    let mut buffer = Vec::with_capacity(capacity as usize);
    loop {
        let (status, mut chunk) = items.read(buffer).await;
        if !chunk.is_empty() {
            take(&mut chunk);
        }
        if status == StreamResult::Dropped {
            return;
        }
        buffer = chunk;
        buffer.clear();
    }
}

async fn first<T: StreamPayload>(mut items: StreamReader<T>, count: usize) -> Vec<T> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let (status, chunk) = items.read(Vec::with_capacity(count - taken.len())).await;
        taken.extend(chunk);
        if status == StreamResult::Dropped {
            break;
        }
    }
    taken
}

/// Writes in the background, when somebody reads.
pub(crate) fn later<T: FuturePayload>(value: T) -> FutureReader<T> {
    let (writer, reader) = wit_future::new(|| panic!("the writer always writes"));
    spawn_local(async move {
        let taken = writer.write(value).await.is_ok();
        host::log(&format!("taken: {taken}"));
    });
    reader
}
