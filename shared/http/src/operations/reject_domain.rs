//! `POST /staff/clients/{client}/domains/{domain}/reject`.

use domain_auth::names::Note;

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/reject",
    access: Access::LassoSupport,
    function: "decide-domain",
    summary: "Refuses the final step, with a reason that the client sees.",
};

/// The body of `RejectDomain`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "RejectDomain", deny_unknown_fields)
)]
pub struct RejectDomainBody {
    /// Why, in plain text. The client reads it.
    pub reason: Note,
}

impl RejectDomainBody {
    /// Reads the body.
    pub fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let reason = fields.required("reason", Note::parse);
        let reason = fields.finish(reason)?;
        Ok(Self { reason })
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::state::Trigger;
    use serde_json::json;

    use super::RejectDomainBody;
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};
    use crate::staff_view::StaffDomainView;

    const REASON: &str = "This is the domain of another builder. Please add your own.";

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<StaffDomainView>();
        let rejected = examples::decided(Trigger::Refused {
            reason: REASON.to_owned(),
        });
        Description {
            detail: "Only for a domain that is `verified`.",
            body: Some(RequestBody::new(
                schemas.read::<RejectDomainBody>(),
                json!({ "reason": REASON }),
            )),
            answers: vec![GoodAnswer::json(
                "200",
                "The domain.",
                &domain,
                "rejected",
                &rejected,
            )],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::invalid(FieldError::field("/reason", "is required")),
                ApiError::NotFound,
                samples::not_verified(),
                ApiError::Busy,
            ],
            ..Description::default()
        }
    }
}
