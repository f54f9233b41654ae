//! A WASI 0.3 HTTP middleware: requests without `authorization: Bearer NAME` are refused, others go on to the next handler,
//! and the body of what that answers through `tidegate:chain/personal`, which another component may give.

wit_bindgen::generate!({
    inline: r#"
        package tidegate:chain;

        interface personal {
            /// The text for somebody of this name, as it comes.
            personalise: async func(name: string, text: stream<u8>) -> stream<u8>;
        }

        world filter {
            import personal;
            import wasi:http/handler@0.3.2;
            export wasi:http/handler@0.3.2;
        }
    "#,
    // The build puts the interfaces there that the crate `wasip3` has.
    path: "../target/wasi-0.3",
    world: "tidegate:chain/filter",
    generate_all,
});

use exports::wasi::http::handler::Guest;
use tidegate::chain::personal;
use wasi::http::handler;
use wasi::http::types::{ErrorCode, Fields, Request, Response};

struct Filter;

export!(Filter);

impl Guest for Filter {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let Some(name) = bearer(&request) else {
            return Ok(refusal());
        };
        let answer = handler::handle(request).await?;
        let status = answer.get_status_code();
        let headers = answer.get_headers().clone();
        // The text gets longer.
        let _ = headers.delete("content-length");
        let (_, done) = wit_future::new(|| Ok(()));
        let (text, trailers) = Response::consume_body(answer, done);
        let text = personal::personalise(name, text).await;
        let (response, _) = Response::new(headers, Some(text), trailers);
        response
            .set_status_code(status)
            .map_err(|()| ErrorCode::HttpProtocolError)?;
        Ok(response)
    }
}

fn bearer(request: &Request) -> Option<String> {
    let [value] = request.get_headers().get("authorization").try_into().ok()?;
    let value = String::from_utf8(value).ok()?;
    Some(value.strip_prefix("Bearer ")?.to_owned())
}

fn refusal() -> Response {
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (response, _) = Response::new(Fields::new(), None, trailers);
    response.set_status_code(401).expect("401 is a status code");
    response
}
