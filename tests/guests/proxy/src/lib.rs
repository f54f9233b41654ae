//! Answers requests as WASI 0.2 does: by one synchronous function, which waits where it has to. The path says what for.

use wasip2::cli::stdout::get_stdout;
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingRequest, IncomingResponse, OutgoingBody,
    OutgoingRequest, OutgoingResponse, RequestOptions, ResponseOutparam, Scheme, http_error_code,
};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

struct Proxy;

wasip2::http::proxy::export!(Proxy);

impl Guest for Proxy {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let (name, rest) = path[1..].split_once(['/', '?']).unwrap_or((&path[1..], ""));
        match name {
            "" => answer(out, 200, b"Hello from a proxy\n"),
            "echo" => echo(request, out),
            "count" => count(out, rest.parse().expect("a number of bytes")),
            "forward" => forward(request, out, rest),
            "impatient" => impatient(out, rest),
            "env" => answer(out, 200, env(rest).as_bytes()),
            "file" => match std::fs::read(format!("/{rest}")) {
                Ok(bytes) => answer(out, 200, &bytes),
                Err(error) => answer(out, 404, error.to_string().as_bytes()),
            },
            "forget" => {
                leave(rest);
                answer(out, 200, b"asked\n");
            }
            "abandon" => {
                leave(rest);
                panic!("asked to");
            }
            "wait" => {
                subscribe_duration(rest.parse::<u64>().expect("milliseconds") * 1_000_000).block();
                answer(out, 200, b"waited\n");
            }
            "refuse" => ResponseOutparam::set(out, Err(ErrorCode::HttpRequestDenied)),
            "silent" => {}
            "trap" => panic!("asked to"),
            "half" => drop(begun(out)),
            "late" => {
                let _half = begun(out);
                panic!("asked to");
            }
            "short" => short(out),
            _ => answer(out, 404, b"nothing here\n"),
        }
    }
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|error| error.to_string())
}

fn fields(entries: &[(&str, &str)]) -> Fields {
    let fields = Fields::new();
    for (name, value) in entries {
        fields.append(name, value.as_bytes()).expect("a good field");
    }
    fields
}

fn answer(out: ResponseOutparam, status: u16, text: &[u8]) {
    let length = text.len().to_string();
    let response = OutgoingResponse::new(fields(&[("content-length", &length)]));
    response.set_status_code(status).expect("a good status");
    let body = response.body().expect("a body");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("a stream");
    stream.blocking_write_and_flush(text).expect("written");
    drop(stream);
    OutgoingBody::finish(body, None).expect("finished");
}

/// Headers, body and trailers go back as they come.
fn echo(request: IncomingRequest, out: ResponseOutparam) {
    let headers = request.headers();
    assert!(
        headers.set("x", &[]).is_err(),
        "headers that came cannot be changed"
    );
    let response = OutgoingResponse::new(headers.clone());
    let body = response.body().expect("a body");
    assert!(response.body().is_err(), "there is one body");
    ResponseOutparam::set(out, Ok(response));
    let incoming = request.consume().expect("a body");
    assert!(request.consume().is_err(), "a body is consumed once");
    pass(incoming, body);
}

/// Reads as it comes, writes it on.
fn pass(incoming: IncomingBody, body: OutgoingBody) {
    let (input, output) = (
        incoming.stream().expect("a stream"),
        body.write().expect("a stream"),
    );
    if copy(&input, &output).is_none() {
        return;
    }
    drop((input, output));
    let trailers = IncomingBody::finish(incoming);
    trailers.subscribe().block();
    let trailers = trailers.get().expect("ready").expect("first").ok();
    OutgoingBody::finish(body, trailers.flatten()).expect("finished");
}

/// By hand, since a splice would hide what went wrong on which side.
fn copy(input: &InputStream, output: &OutputStream) -> Option<u64> {
    let mut count = 0;
    loop {
        match input.blocking_read(16_384) {
            Ok(bytes) => {
                for part in bytes.chunks(4096) {
                    output.blocking_write_and_flush(part).ok()?;
                }
                count += bytes.len() as u64;
            }
            Err(StreamError::Closed) => return Some(count),
            Err(StreamError::LastOperationFailed(error)) => {
                log(&format!("read: {:?}", http_error_code(&error)));
                return None;
            }
        }
    }
}

fn count(out: ResponseOutparam, mut bytes: u64) {
    let (stream, body) = streaming(out);
    let block = [b'x'; 65_536];
    while bytes > 0 {
        stream.subscribe().block();
        let Ok(room) = stream.check_write() else {
            return log("count: the client has gone");
        };
        let now = room.min(bytes).min(block.len() as u64);
        stream
            .write(&block[..now as usize])
            .expect("there was room");
        bytes -= now;
    }
    stream.blocking_flush().expect("flushed");
    drop(stream);
    OutgoingBody::finish(body, None).expect("finished");
}

/// A request to `http://AUTHORITY/PATH`.
fn request_to(url: &str) -> OutgoingRequest {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let asked = OutgoingRequest::new(fields(&[("x-from", "proxy")]));
    asked.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    asked.set_authority(Some(authority)).expect("an authority");
    asked
        .set_path_with_query(Some(&format!("/{path}")))
        .expect("a path");
    asked
}

/// Asks and never drops what the answer would come by.
fn leave(url: &str) {
    std::mem::forget(handle(request_to(url), None).expect("sent"));
    subscribe_duration(100_000_000).block();
}

/// Asks, does not wait for the answer, and says so.
fn impatient(out: ResponseOutparam, url: &str) {
    let future = handle(request_to(url), None).expect("sent");
    subscribe_duration(100_000_000).block();
    assert!(future.get().is_none(), "there is an answer");
    drop(future);
    answer(out, 200, b"gave up\n");
}

/// Asks `http://AUTHORITY/PATH` and hands the answer on.
fn forward(request: IncomingRequest, out: ResponseOutparam, url: &str) {
    let asked = request_to(url);
    asked.set_method(&request.method()).expect("a method");
    assert!(asked.set_authority(Some("not an authority")).is_err());
    let options = RequestOptions::new();
    options
        .set_first_byte_timeout(Some(2_000_000_000))
        .expect("a time");
    let sent = asked.body().expect("a body");
    match handle(asked, Some(options)) {
        Err(code) => ResponseOutparam::set(out, Err(code)),
        Ok(future) => {
            let (input, output) = (request.consume().expect("one"), sent);
            pass(input, output);
            future.subscribe().block();
            match future.get().expect("ready").expect("first") {
                Err(code) => ResponseOutparam::set(out, Err(code)),
                Ok(response) => respond(out, &response),
            }
            assert!(
                matches!(future.get(), Some(Err(()))),
                "an answer is taken once"
            );
        }
    }
}

fn respond(out: ResponseOutparam, incoming: &IncomingResponse) {
    let response = OutgoingResponse::new(incoming.headers().clone());
    response
        .set_status_code(incoming.status())
        .expect("a status");
    let body = response.body().expect("a body");
    ResponseOutparam::set(out, Ok(response));
    pass(incoming.consume().expect("a body"), body);
}

/// A response whose body has begun.
fn begun(out: ResponseOutparam) -> OutgoingBody {
    let (stream, body) = streaming(out);
    stream.blocking_write_and_flush(b"half").expect("written");
    body
}

fn streaming(out: ResponseOutparam) -> (OutputStream, OutgoingBody) {
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().expect("a body");
    ResponseOutparam::set(out, Ok(response));
    (body.write().expect("a stream"), body)
}

/// Promises more than it gives.
fn short(out: ResponseOutparam) {
    let response = OutgoingResponse::new(fields(&[("content-length", "10")]));
    let body = response.body().expect("a body");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("a stream");
    stream.blocking_write_and_flush(b"short").expect("written");
    drop(stream);
    let finished = OutgoingBody::finish(body, None);
    log(&format!("short: {finished:?}"));
}

fn log(line: &str) {
    let bytes = format!("{line}\n").into_bytes();
    get_stdout().blocking_write_and_flush(&bytes).ok();
}
