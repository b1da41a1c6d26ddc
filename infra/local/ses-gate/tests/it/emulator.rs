//! A stand-in for the emulator. Like the real one it accepts everything; it records its requests,
//! and denies the caller `DENIED`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request, as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Debug)]
pub(crate) struct Emulator {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let log = Arc::clone(&log);
                let service = service_fn(move |request| answer(request, Arc::clone(&log)));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self {
            url,
            received,
            task,
        }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    request: Request<Incoming>,
    log: Arc<Mutex<Vec<Received>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let received = Received {
        method: parts.method,
        target: parts.uri.to_string(),
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    };
    let response = respond(&received);
    log.lock().unwrap().push(received);
    Ok(response)
}

fn respond(request: &Received) -> Response<Full<Bytes>> {
    let v2 = request.target.starts_with("/v2/");
    let authorization = request.headers.get("authorization");
    let denied = authorization.is_some_and(|value| value.to_str().unwrap().contains("=DENIED/"));
    let builder = Response::builder().header("x-from", "the emulator");
    let (builder, body) = match (denied, v2) {
        (true, true) => (
            builder
                .status(403)
                .header("x-amzn-errortype", "AccessDeniedException"),
            r#"{"message":"User: x is not authorized to perform: ses:Anything"}"#.to_owned(),
        ),
        (true, false) => (
            builder.status(403),
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
             <Message>User: x is not authorized</Message></Error></ErrorResponse>"
                .to_owned(),
        ),
        (false, true) if request.target.contains("outbound-emails") => {
            (builder, r#"{"MessageId":"from the emulator"}"#.to_owned())
        }
        (false, true) if request.target.contains("made-elsewhere.com") => (
            builder,
            r#"{"IdentityType":"DOMAIN","VerifiedForSendingStatus":true}"#.to_owned(),
        ),
        (false, true) if request.method == Method::GET || request.method == Method::PUT => (
            builder
                .status(404)
                .header("x-amzn-errortype", "NotFoundException"),
            r#"{"message":"Unknown SES v2 path"}"#.to_owned(),
        ),
        (false, true) => (builder, "{}".to_owned()),
        (false, false) => (
            builder,
            "<R><VerificationAttributes><entry><key>made-by-v1.com</key><value>\
             <VerificationStatus>Success</VerificationStatus></value></entry>\
             </VerificationAttributes></R>"
                .to_owned(),
        ),
    };
    builder.body(Full::new(body.into())).unwrap()
}
