//! The operations of the functions for people, with the use cases that they call.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain_auth::event::Event;
use domain_auth::history::Actor;
use domain_auth::idempotency::KeyOwner;
use domain_auth::limits::AdditionLimits;
use domain_auth::names::{ClientId, DomainName, Eligibility, EmailAddress, Note};
use domain_auth::ports::{Clock, ReadDomains};
use domain_auth::ses_share::RequestCalls;
use domain_auth::state::{State, Status};
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::add::{AddError, Addition, add};
use domain_auth::use_cases::adopt::adopt;
use domain_auth::use_cases::check::{CheckLimits, check};
use domain_auth::use_cases::decide::{Decision, decide};
use domain_auth::use_cases::notify::notify;
use domain_auth::use_cases::provision::provision;
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::release::{Order, ReleaseRefusal, Verdict, release};
use domain_auth::use_cases::remove::{self, Confirmation};
use domain_auth::use_cases::restart::restart;
use domain_auth::use_cases::send_instructions::{InstructionsRefusal, send_instructions};
use domain_auth::use_cases::{SesBudget, wait_for_turn};
use domain_auth_testkit::new_domain;
use futures::future::{join, select};
use jiff::SignedDuration;

use super::mail::SimMail;
use super::world::World;

/// How long `POST /domains` waits for SES.
const PATIENCE: Duration = Duration::from_millis(3_500);

type Whose<'a> = (&'a ClientId, &'a DomainName);

impl World {
    /// `POST /domains`. The poller finishes it if it does not end.
    pub(super) async fn add(&self, (client, name): Whose<'_>) {
        let (eligibility, none) = (Eligibility::default(), AdditionLimits::NONE);
        let new = new_domain(client.as_str(), name.as_str());
        let tools = self.store_tools();
        let added = add(&tools, &eligibility, &new, &admin(), none).await;
        let change = match added {
            Ok(Addition::Created(change)) => change,
            Ok(Addition::Existing(_) | Addition::ForOneMore(..)) => return,
            Err(error) => return self.unless_busy(&error),
        };
        self.publish(change.event.as_ref()).await;
        if change.domain.state.status() != Status::Provisioning
            || !self.turn(RequestCalls::Register, client).await
        {
            return;
        }
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        let registering = pin!(provision(&tools, change.domain));
        select(registering, pin!(self.clock.sleep(PATIENCE))).await;
    }

    /// `POST /domains/{domain}/check`.
    pub(super) async fn check(&self, whose: Whose<'_>) {
        self.check_as(whose, &admin()).await;
    }

    /// `POST …/recheck` of Lasso support.
    pub(super) async fn recheck(&self, whose: Whose<'_>) {
        self.check_as(whose, &support()).await;
    }

    async fn check_as(&self, whose: Whose<'_>, actor: &Actor) {
        let (budget, policy) = (SesBudget::unlimited(), &self.operator.final_step);
        let limits = CheckLimits {
            ses_calls_per_second: self.operator.settings.ses_calls_per_second,
            ..CheckLimits::default()
        };
        if let Ok(checked) = check(&self.tools(&budget), policy, whose, actor, limits).await {
            self.publish(checked.change.event.as_ref()).await;
        }
    }

    /// `POST …/notify`.
    pub(super) async fn ready(&self, whose: Whose<'_>) {
        if let Ok(notified) = notify(&self.store_tools(), whose, None, &admin(), true).await {
            self.publish(notified.event.as_ref()).await;
        }
    }

    /// `POST …/release` of Lasso support, who confirms only when asked to.
    pub(super) async fn release(&self, whose: Whose<'_>) {
        let tools = self.store_tools();
        let verdict = if self.chance.happens(0.5) {
            Verdict::Grant
        } else {
            Verdict::End
        };
        let Ok(reason) = Note::parse("It is the domain of another builder.") else {
            return;
        };
        let mut order = Order {
            verdict,
            reason,
            confirmed: false,
        };
        let mut released = release(&tools, whose, &order, &support()).await;
        if let Err(Failure::Refused(ReleaseRefusal::Unconfirmed { .. })) = released {
            order.confirmed = true;
            released = release(&tools, whose, &order, &support()).await;
        }
        if let Ok(released) = released {
            self.publish(&released.events).await;
        }
    }

    /// `POST …/adopt` of Lasso support.
    pub(super) async fn adopt(&self, whose: Whose<'_>) {
        let budget = SesBudget::unlimited();
        let tools = self.ses_tools(&budget);
        let Ok(reason) = Note::parse("They made it before they came to us.") else {
            return;
        };
        let adopted = adopt(&tools, whose, &reason, &support()).await;
        if let Ok(adopted) = adopted {
            self.publish(adopted.event.as_ref()).await;
        }
    }

    /// `POST …/instructions`.
    pub(super) async fn instruct(&self, whose: Whose<'_>) {
        let mail = SimMail {
            clock: self.clock.clone(),
            chance: Arc::clone(&self.chance),
            journal: self.store.observer.clone(),
            trouble: self.ses.trouble(),
            whose: (whose.0.clone(), whose.1.clone()),
        };
        let tools = self.store_tools();
        let mut order = self.order.clone();
        // Each domain has its own person.
        if let Ok(to) = EmailAddress::parse(&format!("dns@{}", whose.1)) {
            order.to = to;
        }
        let sent = send_instructions(&tools, &mail, whose, &order, &admin(), "").await;
        if let Err(Failure::Refused(InstructionsRefusal::Limit { of_domain, .. })) = sent {
            self.store.observer.limited(of_domain);
        }
    }

    /// A claimant publishes the ownership record of its claim.
    pub(super) async fn prove(&self, (client, name): Whose<'_>) {
        if let Ok(Some(domain)) = self.store.domain(client, name).await
            && let State::Contested(contested) = &domain.state
        {
            self.dns.prove(name, &contested.ownership_secret);
        }
    }

    /// `POST …/complete` and `POST …/reject`.
    pub(super) async fn decide(&self, whose: Whose<'_>, complete: bool) {
        let reason = Note::parse("Not one of ours.");
        let decision = match (complete, reason) {
            (true, _) | (false, Err(_)) => Decision::Complete,
            (false, Ok(reason)) => Decision::Reject(reason),
        };
        let budget = SesBudget::unlimited();
        let tools = self.ses_tools(&budget);
        let set = self.operator.final_step.configuration_set.as_ref();
        let decided = decide(&tools, set, whose, &decision, &support()).await;
        if let Ok(decided) = decided {
            self.publish(decided.event.as_ref()).await;
        }
    }

    /// `POST /domains/{domain}/restart`.
    pub(super) async fn restart(&self, whose: Whose<'_>) {
        let budget = SesBudget::unlimited();
        let tools = self.ses_tools(&budget);
        let quota = self.operator.settings.ses_calls_per_second;
        // If SES does not do it, the client repeats the request.
        let _asked_again = restart(&tools, whose, &admin(), quota).await;
    }

    /// `DELETE /domains/{domain}`. The poller finishes it if it does not end.
    pub(super) async fn remove(&self, whose: Whose<'_>) {
        let budget = SesBudget::unlimited();
        let tools = self.ses_tools(&budget);
        let marked = remove::mark(&tools, whose, Confirmation::Given, &admin()).await;
        let Ok(Some(change)) = marked else {
            return;
        };
        let finishing = pin!(async {
            if self.turn(RequestCalls::Remove, whose.0).await {
                // The poller does the rest.
                remove::finish(&tools, change.domain).await.ok();
            }
        });
        let patience = pin!(self.clock.sleep(PATIENCE));
        join(
            select(finishing, patience),
            self.publish(change.event.as_ref()),
        )
        .await;
    }

    /// Every function publishes at once what it wrote.
    async fn publish(&self, events: impl IntoIterator<Item = &Event>) {
        let until = self.clock.now() + SignedDuration::from_secs(3);
        publish(&self.store_tools(), &self.topic(), events, until).await;
    }

    /// The turn of a client's request at SES.
    async fn turn(&self, calls: RequestCalls, client: &ClientId) -> bool {
        let asker = KeyOwner::Client(client.clone());
        let quota = self.operator.settings.ses_calls_per_second;
        wait_for_turn(&self.store, &self.clock, quota, calls, asker).await
    }

    fn unless_busy(&self, error: &AddError) {
        if !matches!(error, Failure::Busy) {
            self.store
                .observer
                .wrong(&format!("adding failed: {error}"));
        }
    }
}

fn support() -> Actor {
    Actor::lasso_support("support")
}

fn admin() -> Actor {
    Actor::client_admin("admin")
}
