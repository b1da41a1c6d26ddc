//! `POST /staff/clients/{client}/domains/{domain}/notify`, with the body and the refusals of
//! `notify_ready.rs`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/notify",
    access: Access::LassoSupport,
    function: "advance-domain",
    summary: "Says on the client's behalf that it is ready for the final step.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas};
    use crate::operations::notify_ready;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        Description {
            detail: "As the client's own call. The history and the event name Lasso support.",
            ..notify_ready::openapi::describe(schemas).on_behalf()
        }
    }
}
