//! Examples of responses that several operations return, made by the code that makes the responses.

use domain_auth::alerts::AlertCounts;
use domain_auth::claims::ClaimRegister;
use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::history::{Actor, HistoryEntry};
use domain_auth::instructions::Day;
use domain_auth::limits::{ClientRecord, Limits, OwnLimits};
use domain_auth::links::{Link, LinkId, LinkToken, end_of};
use domain_auth::names::Community;
use domain_auth::ports::{Ids, Page, PageStart};
use domain_auth::state::Trigger;
use domain_auth::use_cases::client_limits::ClientLimits;
use domain_auth::use_cases::links::Made;
use serde::Serialize;
use serde_json::Value;

use super::description::GoodAnswer;
use super::look::looked_at;
use super::schemas::Schemas;
use super::story::{ExampleIds, NAME, at, client, name, pending_domain, story};
use crate::added_again_view::AddedAgainView;
use crate::cursor::Cursors;
use crate::limits_view::ClientLimitsView;
use crate::links_view::{LinkListView, MadeLinkView};
use crate::staff_view::StaffDomainView;
use crate::view::DomainView;

pub(crate) fn value(view: &impl Serialize) -> Value {
    serde_json::to_value(view).expect("a view in JSON")
}

/// A domain that was not looked at, as its client sees it.
pub(crate) fn domain(domain: &Domain) -> Value {
    value(&DomainView::new(domain, None))
}

pub(crate) fn pending() -> Value {
    domain(&pending_domain())
}

/// The domain of the examples, added again for one more community.
pub(crate) fn again() -> Value {
    let mut domain = pending_domain();
    let community = Community::parse("Oak Park").expect("a community");
    domain.add_community(community.clone());
    let view = DomainView::new(&domain, None);
    value(&AddedAgainView::new(view, Some(community), None))
}

/// Looked at, with the TXT record at a doubled name.
pub(crate) fn diagnosed() -> Value {
    let (domain, look) = looked_at();
    value(&DomainView::new(&domain, Some(&look)))
}

/// A domain as Lasso support sees it.
pub(crate) fn staff_domain(
    domain: &Domain,
    look: Option<DnsLook>,
    claims: &ClaimRegister,
) -> Value {
    value(&StaffDomainView::new(domain, look, claims, at(151)))
}

/// The verified domain after this decision of Lasso support.
pub(crate) fn decided(decision: Trigger) -> Value {
    let [.., decided] = story(decision);
    let claims = ClaimRegister::empty(NAME).taken(&name(), &client(), at(0));
    let (_, look) = looked_at();
    staff_domain(&decided.domain, Some(look), &claims)
}

/// The answer with a domain whose final step is taken.
pub(crate) fn completed(description: &'static str, schemas: &mut Schemas) -> GoodAnswer {
    let schema = schemas.answered::<StaffDomainView>();
    let domain = decided(Trigger::Completed);
    GoodAnswer::json("200", description, &schema, "completed", &domain)
}

pub(crate) fn cursors() -> Cursors {
    Cursors::new("an example")
}

pub(crate) fn page_of(domain: Domain) -> Page<Domain> {
    let next = Some(PageStart(domain.name.to_string()));
    Page {
        items: vec![domain],
        next,
    }
}

pub(crate) fn entries() -> Page<HistoryEntry> {
    let changes = story(Trigger::Completed);
    Page {
        items: changes
            .into_iter()
            .rev()
            .flat_map(|change| change.history)
            .collect(),
        next: None,
    }
}

/// A link for a week.
fn link() -> Link {
    Link {
        id: LinkId::parse("0198f3a2-6d5e-7c41-9a37-2f1d8c5b6e70").expect("an identifier"),
        made_at: at(4),
        ends_at: end_of(at(4), 7),
        emailed: false,
    }
}

pub(crate) fn made_link() -> Value {
    let made = Made {
        link: link(),
        token: LinkToken::of_bits(&ExampleIds.bits()),
    };
    value(&MadeLinkView::new(&made, "https://api.lasso.example"))
}

pub(crate) fn links() -> Value {
    let mut domain = pending_domain();
    domain.links = vec![link()];
    value(&LinkListView::new(&domain, at(5)))
}

/// The answer with the limits of a client.
pub(crate) fn limits(schemas: &mut Schemas) -> GoodAnswer {
    let defaults = Limits {
        domains: 500,
        added_per_day: 50,
        support_emails_per_day: 50,
    };
    let day = Day::of(at(0));
    let own = OwnLimits {
        domains: Some(1_200),
        added_per_day: Some(300),
        support_emails_per_day: None,
        reason: "Moves all its communities to Lasso this week.".to_owned(),
        by: Actor::lasso_support("4f6c1b1e-0000-4000-8000-000000000009"),
        at: at(0),
    };
    let limits = ClientLimits {
        record: ClientRecord {
            held: Some(412),
            added: Some((day, 61)),
            own: Some(own),
            erasure: None,
            erased_at: None,
        },
        domains: 412,
        alerts: AlertCounts {
            own: 4,
            summarized: 0,
        },
        day,
    };
    let limits = value(&ClientLimitsView::new(&client(), &limits, defaults));
    let schema = schemas.answered::<ClientLimitsView>();
    GoodAnswer::json(
        "200",
        "The limits of the client.",
        &schema,
        "limits",
        &limits,
    )
}
