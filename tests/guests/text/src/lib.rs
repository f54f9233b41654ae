//! The component of `docs/guide.md`: a little of everything, small enough to know by heart.

use std::cell::RefCell;

use wit_bindgen::{FutureReader, StreamReader, StreamResult, spawn_local};

use example::text::dictionary::{self, Problem};
use exports::example::text::tools::{
    Guest as Tools, GuestNotebook, Notebook, NotebookBorrow, Statistics,
};

wit_bindgen::generate!();

struct Component;

export!(Component);

/// The representation of a notebook.
struct Lines(RefCell<Vec<String>>);

impl Guest for Component {
    fn divide(a: u32, b: u32) -> u32 {
        a / b
    }
}

impl Tools for Component {
    type Notebook = Lines;

    fn count(text: String) -> Statistics {
        Statistics {
            words: text.split_whitespace().count() as u32,
            longest: text
                .split_whitespace()
                .max_by_key(|word| word.chars().count())
                .map(str::to_string),
            bytes: text.len() as u64,
        }
    }

    fn parse(text: String) -> Result<i64, String> {
        text.trim()
            .parse()
            .map_err(|_| format!("not a number: {text}"))
    }

    async fn translate(text: String) -> Result<String, Problem> {
        let mut translated = Vec::new();
        for word in text.split_whitespace() {
            translated.push(dictionary::look_up(word.to_string()).await?);
        }
        log(&format!("translated {} words", translated.len()));
        Ok(translated.join(" "))
    }

    async fn upper(mut text: StreamReader<u8>) -> StreamReader<u8> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            loop {
                let (status, mut chunk) = text.read(Vec::with_capacity(4096)).await;
                chunk.make_ascii_uppercase();
                if !writer.write_all(chunk).await.is_empty() || status == StreamResult::Dropped {
                    return;
                }
            }
        });
        reader
    }

    async fn words(text: StreamReader<u8>) -> StreamReader<String> {
        let (mut writer, reader) = wit_stream::new();
        spawn_local(async move {
            for word in read(text).await.split_whitespace() {
                if writer.write_one(word.to_string()).await.is_some() {
                    return;
                }
            }
        });
        reader
    }

    async fn longest(text: StreamReader<u8>) -> FutureReader<String> {
        let (writer, reader) = wit_future::new(String::new);
        spawn_local(async move {
            let longest = Self::count(read(text).await).longest;
            // Nobody may want it any more.
            let _ = writer.write(longest.unwrap_or_default()).await;
        });
        reader
    }
}

impl GuestNotebook for Lines {
    fn new(title: String) -> Self {
        Self(RefCell::new(vec![title]))
    }

    fn add(&self, line: String) {
        self.0.borrow_mut().push(line);
    }

    fn text(&self) -> String {
        self.0.borrow().join("\n")
    }

    fn merge(first: Notebook, second: NotebookBorrow<'_>) -> Notebook {
        let first: Lines = first.into_inner();
        let second = second.get::<Lines>().0.borrow().clone();
        first.0.borrow_mut().extend(second);
        Notebook::new(first)
    }
}

/// Everything that a stream gives, as text.
async fn read(text: StreamReader<u8>) -> String {
    String::from_utf8_lossy(&text.collect().await).into_owned()
}
