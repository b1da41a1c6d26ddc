//! `GET /staff/clients/{client}/domains/{domain}/history`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/staff/clients/{client}/domains/{domain}/history",
    access: Access::LassoSupport,
    function: "read-staff",
    summary: "The history of a domain of any client, newest first.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::Value;

    use crate::cursor::List;
    use crate::history_view::HistoryView;
    use crate::openapi::story::{client, name};
    use crate::openapi::{Description, Schemas, examples};
    use crate::operations::get_history::openapi::history;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        history(schemas, "client-history", &page())
    }

    fn page() -> Value {
        let (client, name) = (client(), name());
        let list = List::ClientHistory(&client, &name);
        let (entries, cursors) = (examples::entries(), examples::cursors());
        examples::value(&HistoryView::for_support(entries, &cursors, list))
    }
}
