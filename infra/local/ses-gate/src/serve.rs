//! The steps of a call, in order.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use ses_model::{Admission, Api, Failure, Operation};

use super::call::Call;
use super::gate::Gate;
use super::history::Entry;
use super::reply::{Reply, failed, reply};
use super::upstream::access_key;
use super::{shown, v1, v2};

/// The largest body that is accepted: SES's limit for a message is 40 MB.
const MAX_BODY: usize = 64 << 20;

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("a fault was set: drop the connection")]
    Dropped,
    #[error("a fault was set: do the work and drop the connection")]
    AnswerLost,
    #[error("the request could not be read")]
    Unreadable,
}

impl Gate {
    /// Answers one request.
    pub(crate) async fn serve(&self, request: Request<Incoming>) -> Result<Reply, NoAnswer> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_BODY)
            .collect()
            .await
            .map_err(|_| NoAnswer::Unreadable)?
            .to_bytes();
        if parts.uri.path() == "/control" {
            let query = parts.uri.query().unwrap_or_default();
            return Ok(self.serve_control(&parts.method, query, &body).await);
        }
        let call = Call::read(&parts.method, parts.uri.path(), parts.uri.query(), &body);
        let latency = self.control.latency(call.operation);
        if latency > Duration::ZERO {
            tokio::time::sleep(latency).await;
        }
        let now = self.clock.now();
        let admission = self.account().admit(call.operation, &call.names, now);
        tracing::debug!(
            operation = call.operation.name(),
            ?admission,
            "a call to SES"
        );
        let (outcome, answer) = match admission {
            Admission::Accepted => {
                let (outcome, reply) = self.carry_out(&parts, &call, body).await;
                (outcome, Ok(reply))
            }
            Admission::AnswerLost => {
                let (outcome, _) = self.carry_out(&parts, &call, body).await;
                (outcome, Err(NoAnswer::AnswerLost))
            }
            Admission::Failed(failure) => (
                failure.name(call.api).to_owned(),
                Ok(failed(&failure, call.api)),
            ),
            Admission::Dropped => ("drop".to_owned(), Err(NoAnswer::Dropped)),
        };
        let entry = Entry {
            operation: call.label,
            changes: call.changes,
            caller: access_key(&parts.headers).map(str::to_owned),
            outcome,
            answer_lost: matches!(answer, Err(NoAnswer::AnswerLost)),
            at: self.clock.timestamp(self.clock.now()).to_string(),
        };
        self.history.add(&call.names, &entry);
        answer
    }

    /// Lets the emulator authorise and carry out the call, and answers as SES would. Returns the
    /// outcome and the response.
    async fn carry_out(
        &self,
        parts: &http::request::Parts,
        call: &Call,
        body: Bytes,
    ) -> (String, Reply) {
        let tags = match call.names.as_slice() {
            [name] => self.account().find(name).map(|it| it.tags.clone()),
            _ => None,
        };
        let forwarded = self
            .upstream
            .forward(parts, body.clone(), tags.as_deref())
            .await;
        let answer = match forwarded {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "the emulator cannot be reached");
                let failure = Failure::unavailable();
                return (
                    failure.name(call.api).to_owned(),
                    failed(&failure, call.api),
                );
            }
        };
        if answer.is_final() || call.operation == Operation::Other {
            return (answer.outcome(), answer.into_reply());
        }
        let handled = match call.api {
            Api::V1 => v1::handle(self, call, &answer).await,
            Api::V2 => v2::handle(self, call, &body, &answer).await,
        };
        match handled {
            Ok(Some(reply)) => ("done".to_owned(), reply),
            Ok(None) => (answer.outcome(), answer.into_reply()),
            Err(failure) => (
                failure.name(call.api).to_owned(),
                failed(&failure, call.api),
            ),
        }
    }

    async fn serve_control(&self, method: &Method, query: &str, body: &[u8]) -> Reply {
        let error = |status, message: &str| {
            let body = serde_json::json!({ "error": message }).to_string();
            reply(status, "application/json", body)
        };
        match *method {
            Method::GET => {}
            Method::POST => {
                let now = self.clock.now();
                let updated = self.control.update(body, &mut self.account(), now);
                match updated {
                    Ok(consequences) => {
                        if consequences.reset {
                            self.history.clear();
                            self.clock.reset();
                            self.feedback.reset();
                        }
                        self.feedback
                            .add(consequences.recipients, consequences.suppressed);
                        if consequences.advance > Duration::ZERO {
                            self.advance(consequences.advance).await;
                        }
                        self.account().put(consequences.identities);
                    }
                    Err(message) => return error(400, &message),
                }
            }
            _ => return error(405, "GET or POST"),
        }
        let mut report = self.control.report(&self.account());
        report["now"] = self.clock.timestamp(self.clock.now()).to_string().into();
        report["advanced_seconds"] = self.clock.advanced().as_secs_f64().into();
        report["identities"] = self.account().len().into();
        report["mail"] = self.feedback.report();
        match shown::shown(self, query).await {
            Ok(shown) => {
                for (key, value) in shown {
                    report[key] = value;
                }
            }
            Err(message) => return error(400, &message),
        }
        reply(200, "application/json", report.to_string())
    }
}
