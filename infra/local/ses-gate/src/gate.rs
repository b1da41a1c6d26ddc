//! The gate itself: what happens to a call, in order, and the changes that both APIs share.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::behaviour::Behaviour;
use super::clock::Clock;
use super::control::{Admission, Control};
use super::failure::{Failure, Reply, reply};
use super::history::{Entry, History};
use super::identity::{Axis, Identity, MailFrom, is_address};
use super::operation::{Api, Call, Operation};
use super::registry::{Registry, State, Timing, Wanted};
use super::upstream::{Upstream, access_key};
use super::{shown, v1, v2};

/// The largest body that is taken in: SES's limit for a message is 40 MB.
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

/// All parts together.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) clock: Clock,
    pub(crate) control: Control,
    pub(crate) registry: Registry,
    pub(crate) upstream: Upstream,
    pub(crate) history: History,
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
        let admission = self
            .control
            .admit(call.operation, &call.names, self.clock.now());
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
                Ok(failure.reply(call.api)),
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

    /// Lets the emulator allow and do the call, and answers as SES would: how it went, and the answer.
    async fn carry_out(
        &self,
        parts: &http::request::Parts,
        call: &Call,
        body: Bytes,
    ) -> (String, Reply) {
        let tags = match call.names.as_slice() {
            [name] => self.registry.tags(name),
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
                return (failure.name(call.api).to_owned(), failure.reply(call.api));
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
            Err(failure) => (failure.name(call.api).to_owned(), failure.reply(call.api)),
        }
    }

    async fn serve_control(&self, method: &Method, query: &str, body: &[u8]) -> Reply {
        let error = |status, message: &str| {
            let body = serde_json::json!({ "error": message }).to_string();
            reply(status, "application/json", body)
        };
        match *method {
            Method::GET => {}
            Method::POST => match self.control.update(body, self.clock.now()) {
                Ok(consequences) => {
                    if consequences.reset {
                        *self.registry.state() = State::default();
                        self.history.clear();
                        self.clock.reset();
                    }
                    if consequences.advance > Duration::ZERO {
                        let timing = self.timing();
                        let moment = timing.now + consequences.advance;
                        self.registry.refresh_before(moment, timing).await;
                        self.clock.advance(consequences.advance);
                    }
                    self.registry.state().put(consequences.identities);
                }
                Err(message) => return error(400, &message),
            },
            _ => return error(405, "GET or POST"),
        }
        let mut report = self.control.report();
        report["now"] = self.clock.timestamp(self.clock.now()).to_string().into();
        report["advanced_seconds"] = self.clock.advanced().as_secs_f64().into();
        report["identities"] = self.registry.state().identities.len().into();
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

    fn timing(&self) -> Timing {
        let settings = self.control.settings();
        Timing {
            now: self.clock.now(),
            window: settings.window,
            recheck: settings.recheck,
        }
    }

    /// How it answers where the documentation of SES says nothing.
    pub(crate) fn behaviour(&self) -> Behaviour {
        self.control.settings().behaviour
    }

    /// Brings statuses up to date.
    pub(crate) async fn refresh(&self, names: &[String], wanted: Wanted) {
        self.registry.refresh(names, wanted, self.timing()).await;
    }

    /// Takes up identities that the emulator has and the gate does not know.
    pub(crate) fn adopt(&self, names: Vec<String>) {
        let now = self.clock.now();
        let mut state = self.registry.state();
        for name in names {
            state.adopt(&name, now);
        }
    }

    /// Changes an identity that there is. Limits that have passed count first: what is then started
    /// is started again.
    pub(crate) fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut Identity, Duration),
    ) -> Result<(), Failure> {
        let timing = self.timing();
        let mut state = self.registry.state();
        let identity = state
            .identities
            .get_mut(name)
            .ok_or_else(|| Failure::not_found(name))?;
        identity.expire(timing.now, timing.window);
        change(identity, timing.now);
        Ok(())
    }

    /// Changes an identity, which is made first if there is none.
    pub(crate) fn make_identity(
        &self,
        name: &str,
        change: impl FnOnce(&mut Identity, Duration),
    ) -> Result<(), Failure> {
        let limit = self.control.settings().identity_limit;
        {
            let mut state = self.registry.state();
            if !state.identities.contains_key(name) {
                if state.identities.len() >= limit {
                    return Err(Failure::limit_exceeded(limit));
                }
                state.make(name);
            }
        }
        self.change(name, change)
    }

    /// Sets or removes a MAIL FROM domain; setting it again looks again.
    pub(crate) fn set_mail_from(
        &self,
        name: &str,
        domain: &str,
        behavior: &str,
        region: &str,
    ) -> Result<(), Failure> {
        let domain = domain.trim_end_matches('.').to_ascii_lowercase();
        let parent = name.rsplit('@').next().unwrap_or(name);
        if !domain.is_empty() && !domain.ends_with(&format!(".{parent}")) {
            return Err(Failure::invalid(format!(
                "Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the \
                 identity <{parent}>."
            )));
        }
        self.change(name, |identity, now| {
            identity.mail_from = (!domain.is_empty() && !is_address(name)).then(|| MailFrom {
                domain,
                behavior: behavior.to_owned(),
                region: region.to_owned(),
                axis: Axis::started(now),
            });
        })
    }
}
