//! A client `maple` with `example.com`, another client, and the operations of the functions for
//! people.

use std::sync::{Arc, Mutex, PoisonError};

use answer_rules::Answer;
use domain_auth::domain::Domain;
use domain_auth::final_step::MANUAL;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::instructions::{Letter, SendLetter};
use domain_auth::limits::AdditionLimits;
use domain_auth::names::{Eligibility, EmailAddress};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains, SesError};
use domain_auth::use_cases::add::{Addition, add};
use domain_auth::use_cases::poll::{Poller, Settings};
use domain_auth::use_cases::provision::provision;
use domain_auth::use_cases::{SesBudget, StoreTools, Tools};
use domain_auth_http::Reply;
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, TestClock, TestPorts, client,
    domain_name, new_domain,
};
use futures::FutureExt;
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::handlers::Sent;

pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub(crate) const NAME: &str = "example.com";
pub(crate) const ALL: SesStatus = SesStatus {
    verification: AxisStatus::Success,
    dkim: AxisStatus::Success,
    mail_from: AxisStatus::Success,
};

/// The ports and the clients.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) ses: FakeSes,
    pub(crate) dns: FakeDns,
    pub(crate) clock: TestClock,
    pub(crate) topic: RecordingTopic,
    pub(crate) letters: Letters,
    pub(crate) ids: SequentialIds,
}

/// The ports, with email.
pub(crate) type WalkPorts = TestPorts<FakeDns, Letters>;

/// The emails with instructions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Letters(Arc<Mutex<Vec<String>>>);

impl SendLetter for Letters {
    async fn is_suppressed(&self, _: &EmailAddress) -> Result<bool, SesError> {
        Ok(false)
    }

    async fn send(&self, to: &EmailAddress, _: &Letter) -> Result<String, SesError> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(to.as_str().to_owned());
        Ok(format!("message-{}", sent.len()))
    }
}

/// A call that changes a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Check,
    Notify,
    Restart,
    Remove,
    Recheck,
    Complete,
    Reject,
    End,
    Grant,
    Adopt,
    NotifyFor,
    RestartFor,
    Change,
    Instruct,
    Share,
    Unshare,
    ChangeFor,
    InstructFor,
    ShareFor,
    UnshareFor,
}

impl Call {
    pub(crate) const ALL: [Self; 20] = [
        Self::Check,
        Self::Notify,
        Self::Restart,
        Self::Remove,
        Self::Recheck,
        Self::Complete,
        Self::Reject,
        Self::End,
        Self::Grant,
        Self::Adopt,
        Self::NotifyFor,
        Self::RestartFor,
        Self::Change,
        Self::Instruct,
        Self::Share,
        Self::Unshare,
        Self::ChangeFor,
        Self::InstructFor,
        Self::ShareFor,
        Self::UnshareFor,
    ];

    pub(crate) fn is_by_support(self) -> bool {
        match self {
            Self::Check | Self::Notify | Self::Restart | Self::Remove => false,
            Self::Recheck | Self::Complete | Self::Reject | Self::End => true,
            Self::Grant | Self::Adopt | Self::NotifyFor | Self::RestartFor => true,
            Self::Change | Self::Instruct | Self::Share | Self::Unshare => false,
            Self::ChangeFor | Self::InstructFor | Self::ShareFor | Self::UnshareFor => true,
        }
    }

    /// Whether the call has a reason, which has to be stored.
    pub(crate) fn has_reason(self) -> bool {
        match self {
            Self::Reject | Self::End | Self::Grant | Self::Adopt => true,
            Self::Check | Self::Notify | Self::Restart | Self::Remove | Self::Recheck => false,
            Self::Complete | Self::NotifyFor | Self::RestartFor => false,
            Self::Change | Self::Instruct | Self::Share | Self::Unshare => false,
            Self::ChangeFor | Self::InstructFor | Self::ShareFor | Self::UnshareFor => false,
        }
    }

    /// Whether the call takes a domain further, so that a refusal should name it.
    pub(crate) fn is_step(self) -> bool {
        match self {
            Self::Change | Self::Instruct | Self::Share | Self::Unshare => false,
            Self::ChangeFor | Self::InstructFor | Self::ShareFor | Self::UnshareFor => false,
            Self::Check | Self::Notify | Self::Restart | Self::Remove | Self::Recheck => true,
            Self::Complete | Self::Reject | Self::End | Self::Grant | Self::Adopt => true,
            Self::NotifyFor | Self::RestartFor => true,
        }
    }

    /// The calls whose path ends with this verb, for a caller.
    pub(crate) fn named(verb: &str, by_support: bool) -> &'static [Self] {
        match (verb, by_support) {
            ("check", false) => &[Self::Check],
            ("notify", false) => &[Self::Notify],
            ("restart", false) => &[Self::Restart],
            ("recheck", true) => &[Self::Recheck],
            ("complete", true) => &[Self::Complete],
            ("reject", true) => &[Self::Reject],
            ("release", true) => &[Self::Grant, Self::End],
            ("adopt", true) => &[Self::Adopt],
            ("notify", true) => &[Self::NotifyFor],
            ("restart", true) => &[Self::RestartFor],
            ("instructions", false) => &[Self::Instruct],
            ("instructions", true) => &[Self::InstructFor],
            _ => &[],
        }
    }
}

impl World {
    fn store_tools(&self) -> StoreTools<'_, WalkPorts> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    fn tools<'a>(&'a self, budget: &'a SesBudget) -> Tools<'a, WalkPorts> {
        self.store_tools()
            .with_ses(&self.ses, budget)
            .with_dns(&self.dns)
    }

    /// Does the work of `POST /domains`.
    pub(crate) fn add(&self, client_id: &str) {
        let added = async {
            let budget = SesBudget::unlimited();
            let tools = self.tools(&budget);
            let (eligibility, none) = (Eligibility::default(), AdditionLimits::NONE);
            let new = new_domain(client_id, NAME);
            let added = add(&tools, &eligibility, &new, &admin(), none).await;
            if let Addition::Created(change) = added.unwrap() {
                // The poller finishes it later.
                provision(&tools, change.domain).await.ok();
            }
        };
        Box::pin(added).now_or_never().unwrap();
    }

    /// A call about the domain of a client, at least a minute after the one before: through the handler of its
    /// function.
    pub(crate) fn call(&self, client_id: &str, call: Call) -> Result<(), Refused> {
        self.clock.advance(MINUTE);
        let client = call.is_by_support().then_some(client_id);
        let above = match client {
            Some(client) => format!("/staff/clients/{client}/domains/{NAME}"),
            None => format!("/domains/{NAME}"),
        };
        // Never the same twice, so that no decision is a repetition.
        let why = format!("They asked for it at {}.", self.clock.now());
        let reason = json!({ "reason": why });
        let decision =
            |decision: &str| json!({ "decision": decision, "reason": why, "confirm": NAME });
        let (method, below, body) = match call {
            Call::Check => ("POST", "/check", None),
            Call::Recheck => ("POST", "/recheck", None),
            Call::Notify | Call::NotifyFor => ("POST", "/notify", None),
            Call::Restart | Call::RestartFor => ("POST", "/restart", None),
            Call::Remove => ("DELETE", "", None),
            Call::Complete => ("POST", "/complete", None),
            Call::Reject => ("POST", "/reject", Some(reason)),
            Call::Adopt => ("POST", "/adopt", Some(reason)),
            Call::End => ("POST", "/release", Some(decision("end"))),
            Call::Grant => ("POST", "/release", Some(decision("grant"))),
            Call::Change | Call::ChangeFor => {
                let body = json!({ "communities": ["Maple Ridge"], "contact_email": null });
                ("PATCH", "", Some(body))
            }
            Call::Instruct | Call::InstructFor => {
                let body = json!({ "email": "dns@example.net" });
                ("POST", "/instructions", Some(body))
            }
            Call::Share | Call::ShareFor | Call::Unshare | Call::UnshareFor => {
                ("POST", "/links", Some(json!({})))
            }
        };
        let sent = |method, below: &str, body| Sent {
            method,
            path: format!("{above}{below}"),
            query: if method == "DELETE" && below.is_empty() {
                &[("confirm", NAME)]
            } else {
                &[]
            },
            body,
            client: (!call.is_by_support()).then(|| client_id.to_owned()),
        };
        let answer = accepted(&self.sent(&sent(method, below, body)))?;
        if let Call::Notify | Call::NotifyFor = call {
            let (told, step) = (answer["sentence"].as_str(), &answer["next_step"]["code"]);
            let is_idle = told.is_some_and(|told| told.contains("No step is left"));
            assert!(!is_idle || step == "nothing", "{told:?} beside {step}");
        }
        if let Call::Unshare | Call::UnshareFor = call {
            let link = answer["id"].as_str().unwrap().to_owned();
            accepted(&self.sent(&sent("DELETE", &format!("/links/{link}"), None)))?;
        }
        Ok(())
    }

    /// What `GET` of the domain answers its client, or Lasso support. None for 404.
    pub(crate) fn got(&self, client_id: &str, by_support: bool) -> Option<Value> {
        let answer = self.sent(&Sent {
            method: "GET",
            path: if by_support {
                format!("/staff/clients/{client_id}/domains/{NAME}")
            } else {
                format!("/domains/{NAME}")
            },
            query: &[],
            body: None,
            client: (!by_support).then(|| client_id.to_owned()),
        });
        let is_there = answer.status() != StatusCode::NOT_FOUND;
        is_there.then(|| accepted(&answer).unwrap())
    }

    /// A run of the poller after some time.
    pub(crate) fn poll_after(&self, wait: SignedDuration) {
        self.clock.advance(wait);
        let budget = SesBudget::per_second(1);
        let poller = Poller {
            tools: self.tools(&budget),
            publisher: &self.topic,
            settings: Settings::default(),
            final_step: &MANUAL,
        };
        let deadline = self.clock.now() + SignedDuration::from_secs(59);
        let run = Box::pin(poller.run(deadline)).now_or_never();
        run.unwrap().unwrap();
    }

    pub(crate) fn domain(&self, client_id: &str) -> Option<Domain> {
        let (client, name) = (client(client_id), domain_name(NAME));
        let read = self.store.domain(&client, &name);
        read.now_or_never().unwrap().unwrap()
    }

    /// Writes a domain as an earlier event may have left it.
    pub(crate) fn put(&self, client_id: &str, change: impl FnOnce(&mut Domain)) {
        let change = self.domain(client_id).unwrap().updated(change);
        self.store.commit(&change).now_or_never().unwrap().unwrap();
    }

    pub(crate) fn answers(&self, client_id: &str) -> Option<Answer> {
        let (client, name) = (client(client_id), domain_name(NAME));
        let read = Answer::read(&self.store, (&client, &name), self.clock.now());
        Box::pin(read).now_or_never().unwrap().unwrap()
    }

    /// Publishes all records of a client's domain.
    pub(crate) fn publish(&self, client_id: &str) {
        for record in self.domain(client_id).iter().flat_map(Domain::records) {
            self.dns.publish(&record);
        }
    }

    pub(crate) fn unpublish(&self, client_id: &str) {
        for record in self.domain(client_id).iter().flat_map(Domain::records) {
            self.dns.unpublish(&record);
        }
    }

    /// Sets the SES status of the identity.
    pub(crate) fn ses_says(&self, status: SesStatus) {
        self.ses.set_status(&domain_name(NAME), status);
    }
}

fn admin() -> Actor {
    Actor::ClientAdmin {
        subject: "jo".to_owned(),
        person: None,
    }
}

/// A refusal, as its caller reads it.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) detail: String,
    #[expect(dead_code, reason = "a test that fails shows it")]
    answer: Value,
}

/// The body of an answer that is no refusal.
fn accepted(reply: &Reply) -> Result<Value, Refused> {
    let status = reply.status();
    assert!(!status.is_server_error(), "{status}: {}", reply.body());
    let body = serde_json::from_str(reply.body()).unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(body);
    }
    let detail = body["detail"].as_str().unwrap_or_default().to_owned();
    Err(Refused {
        detail,
        answer: body,
    })
}
