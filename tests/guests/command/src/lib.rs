//! A WASI 0.3 command: numbers the lines of its standard input as they arrive.
//!
//! Three things happen at once: the host drains our output, the transformation goes from chunk to
//! chunk, and a ticker reports on standard error until the transformation ends, which cancels it.

mod args;
mod lines;

use std::cell::RefCell;
use std::pin::pin;

use futures::future::{Either, join, select};
use wasip3::cli::{environment, exit, stderr, stdin, stdout};
use wasip3::clocks::monotonic_clock::{self, Mark};
use wasip3::wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter};

use args::{Options, Request};
use lines::Lines;

wasip3::cli::command::export!(Command);

/// Most bytes taken from standard input at once.
const CHUNK: usize = 16 * 1024;

/// Exit code for a command line that makes no sense.
const USAGE_ERROR: u8 = 2;

struct Command;

impl wasip3::exports::cli::run::Guest for Command {
    async fn run() -> Result<(), ()> {
        let args = environment::get_arguments();
        match args::parse(args.get(1..).unwrap_or_default()) {
            Ok(Request::Run(options)) => {
                let out = Output::open(stdout::write_via_stream);
                let err = Output::open(stderr::write_via_stream);
                run(&options, out, err).await
            }
            Ok(Request::Help) => Output::print(stdout::write_via_stream, args::USAGE).await,
            Err(problem) => {
                let text = format!("command: {problem}\nTry --help.\n");
                let _ = Output::print(stderr::write_via_stream, &text).await;
                exit::exit_with_code(USAGE_ERROR);
                Err(())
            }
        }
    }
}

async fn run(options: &Options, mut out: Output, mut err: Output) -> Result<(), ()> {
    let start = monotonic_clock::now();
    let prefix = environment::get_environment()
        .into_iter()
        .find(|(name, _)| name == "PREFIX");
    let lines = RefCell::new(Lines::new(
        options,
        prefix.map(|(_, value)| value).unwrap_or_default(),
    ));
    let transformed = {
        let transform = pin!(transform(&lines, &mut out));
        let tick = pin!(tick(&lines, options.tick, start, &mut err));
        match select(transform, tick).await {
            Either::Left((transformed, _)) => transformed,
            Either::Right((never, _)) => match never {},
        }
    };
    let lines = lines.into_inner();
    let problem = match transformed {
        Ok(()) => out
            .close()
            .await
            .err()
            .map(|()| "cannot write standard output"),
        Err(problem) => Some(problem),
    };
    let report = match problem {
        None => report(&lines, start, ""),
        Some(problem) => format!("command: {problem}\n"),
    };
    let reported = err.write(report.into_bytes()).await;
    let closed = err.close().await;
    if problem.is_none() {
        reported.and(closed)
    } else {
        Err(())
    }
}

/// Reads standard input to its end, and writes every line once it is complete.
async fn transform(lines: &RefCell<Lines>, out: &mut Output) -> Result<(), &'static str> {
    const BROKEN: &str = "nobody reads standard output any more";
    let (mut input, outcome): (StreamReader<u8>, _) = stdin::read_via_stream();
    let mut buffer = Vec::with_capacity(CHUNK);
    loop {
        let status;
        (status, buffer) = input.read(buffer).await;
        let transformed = lines.borrow_mut().push(&buffer);
        buffer.clear();
        out.write(transformed).await.map_err(|()| BROKEN)?;
        if status == StreamResult::Dropped {
            break;
        }
    }
    drop(input);
    outcome.await.map_err(|_| "cannot read standard input")?;
    let last = lines.borrow_mut().finish();
    out.write(last).await.map_err(|()| BROKEN)
}

/// Reports progress every `milliseconds`, until it is dropped.
async fn tick(
    lines: &RefCell<Lines>,
    milliseconds: u64,
    start: Mark,
    err: &mut Output,
) -> std::convert::Infallible {
    if milliseconds == 0 {
        return std::future::pending().await;
    }
    loop {
        monotonic_clock::wait_for(milliseconds * 1_000_000).await;
        let text = report(&lines.borrow(), start, " so far");
        if err.write(text.into_bytes()).await.is_err() {
            return std::future::pending().await;
        }
    }
}

fn report(lines: &Lines, start: Mark, so_far: &str) -> String {
    let milliseconds = monotonic_clock::now().saturating_sub(start) as f64 / 1e6;
    let Lines { count, bytes, .. } = lines;
    format!("command: {count} lines, {bytes} bytes in {milliseconds:.1} ms{so_far}\n")
}

/// One of the command's two output streams.
struct Output {
    writer: StreamWriter<u8>,
    outcome: FutureReader<Result<(), wasip3::cli::types::ErrorCode>>,
}

/// `write-via-stream` of one of the two.
type WriteViaStream =
    fn(StreamReader<u8>) -> FutureReader<Result<(), wasip3::cli::types::ErrorCode>>;

impl Output {
    fn open(write_via_stream: WriteViaStream) -> Self {
        let (writer, reader) = wasip3::wit_stream::new();
        Self {
            writer,
            outcome: write_via_stream(reader),
        }
    }

    /// Writes all of `bytes`; an error says that nobody takes them any more.
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ()> {
        if bytes.is_empty() || self.writer.write_all(bytes).await.is_empty() {
            Ok(())
        } else {
            Err(())
        }
    }

    /// Ends the stream and waits until the host has taken everything.
    async fn close(self) -> Result<(), ()> {
        drop(self.writer);
        self.outcome.await.map_err(|_| ())
    }

    /// Writes `text` and nothing else, by a join of the two sides.
    async fn print(write_via_stream: WriteViaStream, text: &str) -> Result<(), ()> {
        let Self {
            mut writer,
            outcome,
        } = Self::open(write_via_stream);
        let writing = async move {
            let rest = writer.write_all(text.as_bytes().to_vec()).await;
            if rest.is_empty() { Ok(()) } else { Err(()) }
        };
        let (written, outcome) = join(writing, outcome.into_future()).await;
        written.and(outcome.map_err(|_| ()))
    }
}
