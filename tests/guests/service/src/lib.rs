//! A WASI 0.3 HTTP service: one route for each way that a message can go.
//!
//! - `/` a greeting; `/status/404` an empty answer with that status
//! - `/echo` the request's body and trailers, streamed without looking at them; its headers that begin with `x-`
//! - `/upper` the request's body in capitals, chunk by chunk
//! - `/count/1000` so many bytes
//! - `/endless` bytes until the client goes away
//! - `/forward?http://host:port/path` what that answers, streamed
//! - `/trap` traps; `/refuse` answers an error code; `/sleep/50` waits so many milliseconds

use wasip3::clocks::monotonic_clock;
use wasip3::http::client;
use wasip3::http::types::{ErrorCode, Fields, Method, Request, Response, Scheme};
use wasip3::wit_bindgen::{StreamReader, StreamResult};
use wasip3::{wit_bindgen, wit_future, wit_stream};

wasip3::http::service::export!(Service);

struct Service;

impl wasip3::exports::http::handler::Guest for Service {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let path = request.get_path_with_query().unwrap_or_default();
        let (route, rest) = match path.trim_start_matches('/').split_once(['/', '?']) {
            Some((route, rest)) => (route.to_owned(), rest.to_owned()),
            None => (path.trim_start_matches('/').to_owned(), String::new()),
        };
        match route.as_str() {
            "" => Ok(text(200, "Hello from a component\n")),
            "status" => Ok(empty(number(&rest).unwrap_or(400) as u16)),
            "echo" => Ok(echo(request)),
            "upper" => Ok(upper(request)),
            "count" => Ok(bytes(number(&rest))),
            "endless" => Ok(bytes(None)),
            "forward" => forward(&rest).await,
            "sleep" => {
                monotonic_clock::wait_for(number(&rest).unwrap_or(0) * 1_000_000).await;
                Ok(text(200, "slept\n"))
            }
            "refuse" => Err(ErrorCode::HttpRequestDenied),
            "trap" => panic!("as it was asked to"),
            _ => Ok(text(404, "there is no such route\n")),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// A response whose body is `contents` and which has no trailers.
fn response(status: u16, headers: Fields, contents: Option<StreamReader<u8>>) -> Response {
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (response, _) = Response::new(headers, contents, trailers);
    if response.set_status_code(status).is_err() {
        return empty(500);
    }
    response
}

fn empty(status: u16) -> Response {
    response(status, Fields::new(), None)
}

fn text(status: u16, body: &'static str) -> Response {
    let (mut writer, reader) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        writer.write_all(body.as_bytes().to_vec()).await;
    });
    let length = body.len().to_string();
    let headers = fields(&[("content-type", "text/plain"), ("content-length", &length)]);
    response(status, headers, Some(reader))
}

fn fields(entries: &[(&str, &str)]) -> Fields {
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    Fields::from_list(&entries).expect("names and values are valid")
}

fn echo(request: Request) -> Response {
    let headers = Fields::new();
    for (name, value) in request.get_headers().copy_all() {
        let known = matches!(name.as_str(), "content-type" | "content-length");
        if (known || name.starts_with("x-")) && headers.append(&name, &value).is_err() {
            return empty(400);
        }
    }
    let (_, done) = wit_future::new(|| Ok(()));
    let (body, trailers) = Request::consume_body(request, done);
    let (response, _) = Response::new(headers, Some(body), trailers);
    response
}

fn upper(request: Request) -> Response {
    let (_, done) = wit_future::new(|| Ok(()));
    let (mut body, _) = Request::consume_body(request, done);
    let (mut writer, reader) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        loop {
            let (status, mut chunk) = body.read(Vec::with_capacity(16 * 1024)).await;
            chunk.make_ascii_uppercase();
            if !chunk.is_empty() && !writer.write_all(chunk).await.is_empty() {
                return;
            }
            if matches!(status, StreamResult::Dropped) {
                return;
            }
        }
    });
    response(200, Fields::new(), Some(reader))
}

/// So many bytes, or bytes until nobody wants any more.
fn bytes(count: Option<u64>) -> Response {
    const CHUNK: u64 = 64 * 1024;
    let (mut writer, reader) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        let mut left = count.unwrap_or(u64::MAX);
        while left > 0 {
            let size = left.min(CHUNK);
            if !writer.write_all(vec![b'.'; size as usize]).await.is_empty() {
                return;
            }
            left -= size;
        }
    });
    response(200, Fields::new(), Some(reader))
}

/// Sends a request of its own, and hands its answer on.
async fn forward(url: &str) -> Result<Response, ErrorCode> {
    let target = url
        .strip_prefix("http://")
        .ok_or(ErrorCode::HttpRequestUriInvalid)?;
    let (authority, path) = target.split_once('/').unwrap_or((target, ""));
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), None, trailers, None);
    let invalid = |()| ErrorCode::HttpRequestUriInvalid;
    request.set_method(&Method::Get).map_err(invalid)?;
    request.set_scheme(Some(&Scheme::Http)).map_err(invalid)?;
    request.set_authority(Some(authority)).map_err(invalid)?;
    request
        .set_path_with_query(Some(&format!("/{path}")))
        .map_err(invalid)?;
    let answer = client::send(request).await?;
    let status = answer.get_status_code();
    let headers = answer.get_headers().clone();
    let (_, done) = wit_future::new(|| Ok(()));
    let (body, trailers) = Response::consume_body(answer, done);
    let (response, _) = Response::new(headers, Some(body), trailers);
    response
        .set_status_code(status)
        .map_err(|()| ErrorCode::HttpProtocolError)?;
    Ok(response)
}
