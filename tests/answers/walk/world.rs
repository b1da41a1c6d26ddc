//! A client `maple` with `example.com`, another client, and the operations of the functions for
//! people.

use std::sync::{Mutex, PoisonError};

use answer_rules::Answer;
use domain_auth::domain::Domain;
use domain_auth::final_step::MANUAL;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::instructions::{Letter, SendLetter};
use domain_auth::limits::AdditionLimits;
use domain_auth::links::MOST_DAYS;
use domain_auth::names::{Community, Eligibility, EmailAddress, Note};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains, SesError};
use domain_auth::use_cases::add::{Addition, add};
use domain_auth::use_cases::adopt::adopt;
use domain_auth::use_cases::change_details::{NewDetails, change_details};
use domain_auth::use_cases::check::{CheckLimits, check};
use domain_auth::use_cases::decide::{Decision, decide};
use domain_auth::use_cases::links::{make_link, withdraw_link};
use domain_auth::use_cases::notify::notify;
use domain_auth::use_cases::poll::{Poller, Settings};
use domain_auth::use_cases::provision::provision;
use domain_auth::use_cases::release::{Order, Verdict, release};
use domain_auth::use_cases::remove::{self, Confirmation};
use domain_auth::use_cases::restart::restart;
use domain_auth::use_cases::send_instructions::{Order as LetterOrder, send_instructions};
use domain_auth::use_cases::{SesBudget, StoreTools, Tools};
use domain_auth_http::{ApiError, Problem};
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, TestClock, TestPorts, client,
    domain_name, new_domain,
};
use futures::FutureExt;
use jiff::SignedDuration;

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
    topic: RecordingTopic,
    letters: Letters,
    ids: SequentialIds,
}

/// The ports, with email.
type WalkPorts = TestPorts<FakeDns, Letters>;

/// The emails with instructions.
#[derive(Debug, Default)]
pub(crate) struct Letters(Mutex<Vec<String>>);

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

    /// Whether it takes a domain further, so that a refusal should name it.
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

    /// A call about the domain of a client, at least a minute after the one before.
    pub(crate) fn call(&self, client_id: &str, call: Call) -> Result<(), Box<Problem>> {
        self.clock.advance(MINUTE);
        let answer = Box::pin(self.answer(client_id, call)).now_or_never();
        let answer = answer.unwrap();
        answer.map_err(|error| {
            let error = if call.is_by_support() {
                error.to_support()
            } else {
                error
            };
            Box::new(error.into_problem())
        })
    }

    async fn answer(&self, client_id: &str, call: Call) -> Result<(), ApiError> {
        let (client, name) = (client(client_id), domain_name(NAME));
        let (whose, budget) = ((&client, &name), SesBudget::unlimited());
        let tools = self.tools(&budget);
        let reason = || Note::parse("They asked for it.").unwrap();
        let actor = if call.is_by_support() {
            support()
        } else {
            admin()
        };
        if call.is_by_support() && !self.domain(client_id).is_none_or(|it| it.is_there()) {
            return Err(ApiError::BeingRemoved);
        }
        match call {
            Call::Check | Call::Recheck => {
                let limits = CheckLimits::default();
                check(&tools, &MANUAL, whose, &actor, limits).await?;
            }
            Call::Notify | Call::NotifyFor => {
                notify(&tools, whose, None, &actor, true).await?;
            }
            Call::Restart | Call::RestartFor => {
                restart(&tools, whose, &actor, 1).await?;
            }
            Call::Remove => {
                let given = Confirmation::Given;
                if let Some(change) = remove::mark(&tools, whose, given, &actor).await? {
                    // The poller finishes it.
                    remove::finish(&tools, change.domain).await.ok();
                }
            }
            Call::Complete | Call::Reject => {
                let decision = if call == Call::Complete {
                    Decision::Complete
                } else {
                    Decision::Reject(reason())
                };
                decide(&tools, None, whose, &decision, &actor).await?;
            }
            Call::End | Call::Grant => {
                let verdict = if call == Call::Grant {
                    Verdict::Grant
                } else {
                    Verdict::End
                };
                let order = Order {
                    verdict,
                    reason: reason(),
                    confirmed: true,
                };
                release(&tools, whose, &order, &actor).await?;
            }
            Call::Change | Call::ChangeFor => {
                let new = NewDetails {
                    communities: Some(vec![Community::parse("Maple Ridge").unwrap()]),
                    contact_email: Some(None),
                };
                change_details(&self.store_tools(), whose, &new, &actor).await?;
            }
            Call::Instruct | Call::InstructFor => {
                let order = LetterOrder {
                    to: EmailAddress::parse("dns@example.net").unwrap(),
                    note: None,
                };
                let (tools, base) = (self.store_tools(), "https://api.example");
                send_instructions(&tools, &self.letters, whose, &order, &actor, base).await?;
            }
            Call::Share | Call::ShareFor => {
                make_link(&self.store_tools(), whose, MOST_DAYS, &actor).await?;
            }
            Call::Unshare | Call::UnshareFor => {
                let tools = self.store_tools();
                let made = make_link(&tools, whose, MOST_DAYS, &actor).await?;
                let id = made.link.id.to_string();
                withdraw_link(&tools, whose, &id, &actor).await?;
            }
            Call::Adopt => {
                adopt(&tools, whose, &reason(), &actor).await?;
            }
        }
        Ok(())
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

fn support() -> Actor {
    Actor::LassoSupport {
        subject: "sam".to_owned(),
        person: None,
    }
}
