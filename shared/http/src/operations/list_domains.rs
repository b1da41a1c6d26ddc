//! `GET /domains`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/domains",
    access: Access::ClientAdmin,
    function: "read-domains",
    summary: "Lists the client's domains.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::names::Community;
    use domain_auth::ports::ListFilter;
    use domain_auth::state::Status;
    use serde_json::Value;

    use crate::cursor::List;
    use crate::openapi::parameters::{paging, query};
    use crate::openapi::story::{client, pending_domain};
    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::view::DomainListView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let of_community = "Only domains of this community; the name has to be exactly equal.";
        let mut parameters = vec![
            query(
                "status",
                "Only domains in this state.",
                &schemas.read::<Status>(),
            ),
            query("community", of_community, &schemas.read::<Community>()),
        ];
        parameters.extend(paging());
        let list = schemas.answered::<DomainListView>();
        Description {
            detail: "In the order of their names.",
            query: parameters,
            answers: vec![GoodAnswer::json(
                "200",
                "A page of domains.",
                &list,
                "domains",
                &page(),
            )],
            problems: vec![samples::paging()],
            ..Description::default()
        }
    }

    fn page() -> Value {
        let (client, filter) = (client(), ListFilter::default());
        let page = examples::page_of(pending_domain());
        let list = List::Domains(&client, &filter);
        examples::value(&DomainListView::new(&page, &examples::cursors(), list))
    }
}
