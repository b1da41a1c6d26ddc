//! `POST /staff/clients/{client}/domains/{domain}/instructions`, with the body and the refusals of
//! `send_instructions.rs`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/instructions",
    access: Access::LassoSupport,
    function: "send-instructions",
    summary: "Emails the records of a client's domain to its email administrator.",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use crate::openapi::{Description, Schemas};
    use crate::operations::send_instructions;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        Description {
            detail: "As the client's own call, within the same limits: the email counts for the client and \
                its domain. The email and the history say that Lasso support sent it on the client's \
                behalf.",
            ..send_instructions::openapi::describe(schemas).on_behalf()
        }
    }
}
