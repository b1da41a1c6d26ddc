//! `GET /domains/{domain}/history`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/domains/{domain}/history",
    access: Access::ClientAdmin,
    function: "read-domains",
    summary: "The history of a domain, newest first.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::history::HistoryEntry;
    use serde_json::Value;

    use crate::cursor::List;
    use crate::history_view::{ClientHistory, HistoryView};
    use crate::openapi::parameters::paging;
    use crate::openapi::story::{client, name};
    use crate::openapi::{Description, GoodAnswer, Schemas, examples, samples};
    use crate::problem::ApiError;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        history(schemas, "history", &page())
    }

    /// A page of a history, for a client and for Lasso support.
    pub(crate) fn history(
        schemas: &mut Schemas,
        example: &'static str,
        page: &Value,
    ) -> Description {
        let history = schemas.answered::<HistoryView>();
        let answer = GoodAnswer::json("200", "A page of the history.", &history, example, page);
        Description {
            detail: "Who or what changed the domain, when, from which state to which, and why.",
            query: paging(),
            answers: vec![answer],
            problems: vec![ApiError::NotFound, samples::paging()],
            ..Description::default()
        }
    }

    fn page() -> Value {
        let (client, name) = (client(), name());
        let list = List::History(&client, &name);
        let entries = examples::entries();
        let mut history = ClientHistory::new(entries.items.len(), None);
        history.add(entries.map(HistoryEntry::for_client));
        examples::value(&history.view(&examples::cursors(), list))
    }
}
