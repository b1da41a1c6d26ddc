//! `GET /staff/clients/{client}/domains/{domain}/history`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/clients/{client}/domains/{domain}/history",
    access: Access::LassoSupport,
    function: "read-staff",
    summary: "All that happened to a domain of any client, newest first.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::Value;

    use crate::cursor::List;
    use crate::history_view::HistoryView;
    use crate::openapi::parameters::paging;
    use crate::openapi::story::{client, name};
    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::problem::ApiError;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let history = schemas.answered::<HistoryView>();
        Description {
            detail: "Who or what changed it, when, from which state to which, and why.",
            query: paging(),
            answers: vec![GoodAnswer::json(
                "200",
                "A page of the history.",
                &history,
                "client-history",
                &page(),
            )],
            problems: vec![ApiError::NotFound, samples::paging()],
            ..Description::default()
        }
    }

    fn page() -> Value {
        let (client, name) = (client(), name());
        let list = List::ClientHistory(&client, &name);
        let (entries, cursors) = (examples::entries(), examples::cursors());
        examples::value(&HistoryView::for_support(entries, &cursors, list))
    }
}
