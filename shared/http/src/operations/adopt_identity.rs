//! `POST /staff/clients/{client}/domains/{domain}/adopt`.

use domain_auth::names::Note;
use domain_auth::use_cases::adopt::AdoptRefusal;

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/adopt",
    access: Access::LassoSupport,
    function: "decide-domain",
    summary: "Gives the client the identity that Amazon SES already has for the domain, without changing \
        it.",
};

/// The body of `AdoptIdentity`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "AdoptIdentity", deny_unknown_fields)
)]
pub struct AdoptIdentityBody {
    /// Why, in plain text. Only Lasso support reads it, in the history.
    pub reason: Note,
}

impl AdoptIdentityBody {
    /// Reads the body.
    pub fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let reason = fields.required("reason", Note::parse);
        let reason = fields.finish(reason)?;
        Ok(Self { reason })
    }
}

impl From<AdoptRefusal> for ApiError {
    fn from(error: AdoptRefusal) -> Self {
        match error {
            AdoptRefusal::NotContested(situation) => Self::NotContested(situation),
            AdoptRefusal::HeldByAnother => Self::HeldByAnother,
            AdoptRefusal::NoIdentity(situation) => Self::NoIdentity(situation),
            AdoptRefusal::Ses(error) => Self::Ses(error),
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::claims::ClaimRegister;
    use domain_auth::domain::Situation;
    use domain_auth::ports::Ids;
    use domain_auth::state::{State, Status, Trigger};
    use serde_json::{Value, json};

    use super::AdoptIdentityBody;
    use crate::openapi::story::{ExampleIds, NAME, added, at, client, moved, name, sam};
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};
    use crate::staff_view::StaffDomainView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<StaffDomainView>();
        let why = "Made by hand for this client in 2024, before it could add domains.";
        Description {
            detail: "Only for a contested domain, if Amazon SES has an identity that is not tagged with \
                this client, such as an identity that was made by hand. It is tagged with the client, and \
                keeps its tokens, its MAIL FROM domain and its configuration set. Nothing is deleted or \
                created. The poller does this within a minute. If another client holds the name, decide \
                with `release`.",
            body: Some(RequestBody::new(
                schemas.read::<AdoptIdentityBody>(),
                json!({ "reason": why }),
            )),
            answers: vec![GoodAnswer::json(
                "200",
                "The domain; the poller does the rest.",
                &domain,
                "adopted",
                &adopted(),
            )],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::invalid(FieldError::field("/reason", "is required")),
                ApiError::NotFound,
                ApiError::NotContested(Situation::plain(Status::Verified)),
                ApiError::HeldByAnother,
                ApiError::NoIdentity(Situation::plain(Status::Contested)),
                samples::throttled("GetEmailIdentity"),
                samples::refused("GetEmailIdentity"),
                ApiError::Busy,
            ],
            ..Description::default()
        }
    }

    fn adopted() -> Value {
        let state = State::contested(ExampleIds.secret(), at(0));
        let adopted = moved(&added(state).domain, Trigger::Adopted, sam(), 150);
        let claims = ClaimRegister::empty(NAME).taken(&name(), &client(), at(150));
        examples::staff_domain(&adopted.domain, None, &claims)
    }
}
