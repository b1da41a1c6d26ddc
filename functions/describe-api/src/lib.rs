//! `GET /openapi.json`: the OpenAPI document. It is public, and reads no data.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use domain_auth_http::{ParsedRequest, Reply, json_for_everybody, problem};

/// `docs/openapi.json` without white space. A test of `shared/http` checks that it is up to date.
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
/// The document, compressed.
const GZIPPED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

/// Answers one request.
pub fn describe(request: &ParsedRequest) -> Reply {
    match request.check_query() {
        Ok(()) => json_for_everybody(request, DOCUMENT, GZIPPED),
        Err(error) => problem(error, request),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use domain_auth_testkit::{answer_of, request_in};
    use flate2::read::GzDecoder;
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_plain_and_gzipped_documents_equal_the_committed_one() {
        let committed = include_str!("../../../docs/openapi.json");
        let committed: Value = serde_json::from_str(committed).unwrap();
        let served: Value = serde_json::from_str(DOCUMENT).unwrap();
        assert!(served == committed, "the served document is another one");
        assert_eq!(DOCUMENT.len(), committed.to_string().len());
        let mut unpacked = String::new();
        GzDecoder::new(GZIPPED)
            .read_to_string(&mut unpacked)
            .unwrap();
        assert!(
            unpacked == DOCUMENT,
            "the compressed document is another one"
        );
        assert!(GZIPPED.len() < DOCUMENT.len() / 4, "{}", GZIPPED.len());
    }

    #[test]
    fn text_is_the_first_media_type_of_a_response_with_several() {
        let (_, operation) = DOCUMENT
            .split_once(r#""operationId":"GetRecords""#)
            .unwrap();
        let (_, content) = operation.split_once(r#""content":{""#).unwrap();
        assert!(content.starts_with("text/"), "{}", &content[..40]);
    }

    #[test]
    fn a_caller_that_accepts_gzip_gets_the_gzipped_document() {
        insta::glob!("../../../events/describe-api", "gzip.json", |file| {
            insta::assert_json_snapshot!(answer_of(&describe(&request_in(file))));
        });
    }

    #[test]
    fn every_event_is_answered_with_the_document() {
        insta::glob!("../../../events/describe-api", "document.json", |file| {
            let mut answer = answer_of(&describe(&request_in(file)));
            let document = answer["body"].take();
            assert_eq!(document["openapi"], "3.1.0");
            assert!(document["paths"]["/openapi.json"]["get"].is_object());
            insta::assert_json_snapshot!(answer);
        });
    }
}
