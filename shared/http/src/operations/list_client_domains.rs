//! `GET /staff/clients/{client}/domains`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/clients/{client}/domains",
    access: Access::LassoSupport,
    function: "read-staff",
    summary: "Lists one client's domains.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::ports::ListFilter;
    use serde_json::Value;

    use crate::cursor::List;
    use crate::openapi::story::{client, verified_domain};
    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::operations::list_domains;
    use crate::problem::ApiError;
    use crate::staff_view::{StaffListView, StaffSummaryView};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let list = schemas.answered::<StaffListView>();
        Description {
            detail: "In the order of their names, including domains that are being removed. Empty for a \
                client without domains.",
            answers: vec![GoodAnswer::json(
                "200",
                "A page of domains.",
                &list,
                "domains",
                &page(),
            )],
            problems: vec![ApiError::NotFound, samples::paging()],
            ..list_domains::openapi::describe(schemas)
        }
    }

    fn page() -> Value {
        let (client, filter) = (client(), ListFilter::default());
        let page = examples::page_of(verified_domain());
        let page = page.map(|domain| StaffSummaryView::new(&domain, None, None));
        let list = List::ClientDomains(&client, &filter);
        let cursors = examples::cursors();
        examples::value(&StaffListView::new(page, None, &cursors, list))
    }
}
