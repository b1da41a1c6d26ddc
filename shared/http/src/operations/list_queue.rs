//! `GET /staff/domains`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/domains",
    access: Access::LassoSupport,
    function: "read-staff",
    summary: "The queue of Lasso support across all clients.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::names::DomainName;
    use domain_auth::reconciliation::{Orphan, Reconciliation};
    use domain_auth::state::{QueuePart, Status};
    use serde_json::{Value, json};

    use crate::cursor::List;
    use crate::openapi::parameters::{paging, query};
    use crate::openapi::story::{at, verified_domain};
    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::staff_view::{StaffListView, StaffSummaryView};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let mut parameters = vec![
            query(
                "status",
                "Only domains in this state.",
                &schemas.read::<Status>(),
            ),
            query(
                "waiting_for",
                "Only domains that wait for Lasso support, or only domains that wait for their client. \
                 Domains that wait for neither are left out, so a page may be short or empty and still \
                 have a `next_cursor`.",
                &json!({ "type": "string", "enum": ["lasso", "client"] }),
            ),
        ];
        parameters.push(query(
            "domain",
            "Instead of the queue: the domains with this name, above it and below it, of all clients that \
             hold or claim one. Cannot be combined with another filter.",
            &json!({ "type": "string", "minLength": 1 }),
        ));
        parameters.extend(paging());
        let list = schemas.answered::<StaffListView>();
        Description {
            detail: "The domain that has waited longest comes first. Without a filter: the domains that \
                wait for Lasso. With `domain`: the clients that hold or claim the name, from the topmost \
                name down.",
            query: parameters,
            answers: vec![GoodAnswer::json(
                "200",
                "A page of the queue.",
                &list,
                "queue",
                &page(),
            )],
            problems: vec![samples::paging()],
            ..Description::default()
        }
    }

    fn page() -> Value {
        let page = examples::page_of(verified_domain());
        let page = page.map(|domain| StaffSummaryView::new(&domain, None, None));
        let list = List::Queue(&[QueuePart::InState(Status::Verified)]);
        let compared = Reconciliation {
            checked_at: at(30),
            identities: 1_204,
            orphans: 1,
            missing: 0,
            orphan_identities: vec![Orphan {
                identity: DomainName::parse("cedarhomes.com").expect("a domain name"),
                verified: false,
                ours: true,
                tagged_client: Some("cedar-homes".to_owned()),
                first_seen: at(30),
            }],
            missing_identities: Vec::new(),
        };
        let cursors = examples::cursors();
        examples::value(&StaffListView::new(page, Some(compared), &cursors, list))
    }
}
