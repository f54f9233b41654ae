//! A WASI 0.3 HTTP middleware: requests without `authorization: Bearer NAME` are refused, others go on to the next handler
//! with `x-user: NAME`, and nothing of their bodies is looked at.
//!
//! Two things are for the sake of a handler by componentize-qjs behind this one: the queue, as it cannot call async functions, and
//! that no call of it is cancelled, as it would end without having said so, which traps.

use futures::channel::oneshot;
use std::sync::atomic::{AtomicBool, Ordering};

wit_bindgen::generate!({
    // The build puts it there, with WASI's interfaces.
    path: "../target/chain",
    world: "tidegate:chain/filter",
    generate_all,
});

use exports::wasi::http::handler::Guest;
use tidegate::chain::queue;
use wasi::http::handler;
use wasi::http::types::{ErrorCode, Fields, Request, Response};
use wit_bindgen::spawn_local;

struct Filter;

export!(Filter);

static STARTED: AtomicBool = AtomicBool::new(false);

impl Guest for Filter {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let Some(name) = bearer(&request) else {
            return Ok(refusal());
        };
        if !STARTED.swap(true, Ordering::Relaxed) {
            queue::start().await;
        }
        let request = signed(request, &name)?;
        let (answer, answered) = oneshot::channel();
        // Not cancelled with the task that it belongs to; an answer for nobody is dropped.
        spawn_local(async {
            let _ = answer.send(handler::handle(request).await);
        });
        answered.await.map_err(|_| ErrorCode::InternalError(None))?
    }
}

fn bearer(request: &Request) -> Option<String> {
    let [value] = request.get_headers().get("authorization").try_into().ok()?;
    let value = String::from_utf8(value).ok()?;
    Some(value.strip_prefix("Bearer ")?.to_owned())
}

/// The request of somebody of this name.
fn signed(request: Request, name: &str) -> Result<Request, ErrorCode> {
    let invalid = |()| ErrorCode::HttpProtocolError;
    let headers = request.get_headers().clone();
    headers
        .set("x-user", &[name.as_bytes().to_vec()])
        .map_err(|_| ErrorCode::HttpProtocolError)?;
    let method = request.get_method();
    let scheme = request.get_scheme();
    let authority = request.get_authority();
    let path = request.get_path_with_query();
    let options = request.get_options();
    let (_, done) = wit_future::new(|| Ok(()));
    let (body, trailers) = Request::consume_body(request, done);
    let (request, _) = Request::new(headers, Some(body), trailers, options);
    request.set_method(&method).map_err(invalid)?;
    request.set_scheme(scheme.as_ref()).map_err(invalid)?;
    request
        .set_authority(authority.as_deref())
        .map_err(invalid)?;
    request
        .set_path_with_query(path.as_deref())
        .map_err(invalid)?;
    Ok(request)
}

fn refusal() -> Response {
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (response, _) = Response::new(Fields::new(), None, trailers);
    response.set_status_code(401).expect("401 is a status code");
    response
}
