//! `GET /openapi.json`: what the API takes and answers. It is for everybody, and touches nothing.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use domain_auth_http::{ParsedRequest, Reply, json_for_everybody, problem};

/// Made by a test of `shared/http`, which also sees to it that it is up to date.
const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// Answers one request.
pub fn describe(request: &ParsedRequest) -> Reply {
    match request.check_query() {
        Ok(()) => json_for_everybody(DOCUMENT),
        Err(error) => problem(error, request),
    }
}

#[cfg(test)]
mod tests {
    use domain_auth_testkit::{answer_of, request_in};

    use super::*;

    #[test]
    fn every_event_is_answered_with_the_document() {
        insta::glob!("../../../events/describe-api", "*.json", |file| {
            let mut answer = answer_of(&describe(&request_in(file)));
            let document = answer["body"].take();
            assert_eq!(document["openapi"], "3.1.0");
            assert!(document["paths"]["/openapi.json"]["get"].is_object());
            insta::assert_json_snapshot!(answer);
        });
    }
}
