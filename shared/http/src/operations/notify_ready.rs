//! `POST /domains/{domain}/notify`.

use domain_auth::names::Note;
use domain_auth::use_cases::notify::NotifyRefusal;

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/domains/{domain}/notify",
    access: Access::ClientAdmin,
    function: "advance-domain",
    summary: "Tells Lasso support that the client is ready for the final step.",
};

/// The body of `NotifyReady`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "NotifyReady", deny_unknown_fields)
)]
pub struct NotifyReadyBody {
    /// A note for Lasso support, in plain text. An empty note counts as absent.
    #[cfg_attr(
        feature = "openapi",
        schemars(with = "Option<String>", length(max = 1000))
    )]
    pub note: Option<Note>,
}

impl NotifyReadyBody {
    /// Reads the body. No body at all is one without a note.
    pub fn read(fields: Option<Fields>) -> Result<Self, ApiError> {
        let Some(mut fields) = fields else {
            return Ok(Self { note: None });
        };
        let note = fields.note();
        fields.finish(Some(Self { note }))
    }
}

impl From<NotifyRefusal> for ApiError {
    fn from(error: NotifyRefusal) -> Self {
        match error {
            NotifyRefusal::CannotBeReady {
                situation,
                is_noted,
            } => Self::NotReady {
                situation,
                is_noted,
                by_support: false,
            },
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::domain::Situation;
    use domain_auth::missing::missing_pieces;
    use domain_auth::state::Status;
    use domain_auth::use_cases::notify::Notified;
    use serde_json::{Value, json};

    use super::NotifyReadyBody;
    use crate::notified_view::NotifiedView;
    use crate::openapi::look::looked_at;
    use crate::openapi::story::at;
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let notified = schemas.answered::<NotifiedView>();
        Description {
            detail: "Lasso support is told once for each state that the domain enters. Repeating the call \
                has the same answer, and Lasso support is not told again. `support_told_at`, `emailed` and \
                `sentence` say whether Lasso support was told, and `missing` lists what is still missing. \
                A note is kept in the history in every state, also if the answer is 409, and is shown in \
                the queue of Lasso support. A rejected domain is open for the final step again, and a \
                waiting domain is looked at more often. For a domain that is `failed` because Amazon SES does \
                not accept its name, the call asks Lasso support about the name. Any other `failed` domain, and \
                a `contested` one, needs another step first: 409.",
            body: Some(RequestBody {
                required: false,
                ..RequestBody::new(
                    schemas.read::<NotifyReadyBody>(),
                    json!({ "note": "All records are in since this morning." }),
                )
            }),
            answers: vec![GoodAnswer::json(
                "200",
                "The domain, and what is still missing.",
                &notified,
                "ready",
                &ready(),
            )],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::invalid(FieldError::field(
                    "/note",
                    "must have at most 1,000 characters",
                )),
                ApiError::NotFound,
                ApiError::NotReady {
                    situation: Situation::plain(Status::Failed),
                    is_noted: true,
                    by_support: false,
                },
                ApiError::Busy,
            ],
            ..Description::default()
        }
    }

    fn ready() -> Value {
        let (mut domain, look) = looked_at();
        domain.say_ready(at(20), None, true);
        domain.hurry(at(20));
        let notified = Notified {
            missing: missing_pieces(&domain, Some(&look)),
            domain,
            look: Some(look),
            event: None,
            is_noted: true,
        };
        examples::value(&NotifiedView::from(&notified))
    }
}
