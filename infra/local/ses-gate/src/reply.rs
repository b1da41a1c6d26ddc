//! Responses of the gate.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use ses_model::{Api, Failure};

use super::xml::escape;

/// A response of the gate.
pub(crate) type Reply = Response<Full<Bytes>>;

/// A response with a body.
pub(crate) fn reply(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static(content_type),
    );
    reply
}

/// An error in the form of the AWS SDKs. v1 uses the AWS Query protocol: XML with a `Code`. v2 uses
/// REST JSON: the header `x-amzn-errortype` and a JSON body.
pub(crate) fn failed(failure: &Failure, api: Api) -> Reply {
    let (status, name) = (failure.status(api), failure.name(api));
    match api {
        Api::V1 => {
            let fault = if status < 500 { "Sender" } else { "Receiver" };
            let body = format!(
                "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\">\
                 <Error><Type>{fault}</Type><Code>{name}</Code><Message>{}</Message></Error>\
                 <RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>",
                escape(failure.message())
            );
            reply(status, "text/xml", body)
        }
        Api::V2 => {
            let body = json!({ "message": failure.message() }).to_string();
            let mut reply = reply(status, "application/json", body);
            let name = HeaderValue::from_static(name);
            reply.headers_mut().insert("x-amzn-errortype", name);
            reply
        }
    }
}
