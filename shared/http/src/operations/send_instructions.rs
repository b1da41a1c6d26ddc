//! `POST /domains/{domain}/instructions`.

use domain_auth::names::{EmailAddress, Note};
use domain_auth::ports::{Refusal, SesError};
use domain_auth::use_cases::send_instructions::InstructionsRefusal;

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::refusals::seconds_up;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/domains/{domain}/instructions",
    access: Access::ClientAdmin,
    function: "send-instructions",
    summary: "Emails the records of a domain to the person who publishes them.",
};

/// The body of `POST …/instructions`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SendInstructions", deny_unknown_fields)
)]
pub struct InstructionsBody {
    /// The recipient of the records: one email address.
    pub email: EmailAddress,
    /// A note of the client about the records, in plain text. An empty note counts as absent.
    #[cfg_attr(
        feature = "openapi",
        schemars(with = "Option<String>", length(max = 1000))
    )]
    pub note: Option<Note>,
}

impl InstructionsBody {
    /// Reads the body.
    pub fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let email = fields.required("email", EmailAddress::parse);
        let note = fields.note();
        let email = fields.finish(email)?;
        Ok(Self { email, note })
    }
}

impl From<InstructionsRefusal> for ApiError {
    fn from(error: InstructionsRefusal) -> Self {
        match error {
            InstructionsRefusal::NotReady => Self::RecordsNotReady,
            InstructionsRefusal::Limit { of_domain, wait } => Self::TooManyInstructions {
                of_domain,
                seconds: seconds_up(wait),
            },
            InstructionsRefusal::RecipientLimit { wait } => {
                Self::TooManyToRecipient(seconds_up(wait))
            }
            InstructionsRefusal::Unrendered(error) => Self::Unrendered(error),
            InstructionsRefusal::Ses(error @ SesError::Unavailable { .. }) => {
                Self::PerhapsSent(error)
            }
            InstructionsRefusal::Ses(SesError::Refused {
                refusal: Refusal::BadRequest,
                ..
            }) => Self::EmailRefused,
            InstructionsRefusal::Suppressed => Self::RecipientSuppressed,
            // A rejected message is refused because of our sender or account, not of the address.
            InstructionsRefusal::Ses(error) => Self::Ses(error),
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::instructions::{Left, Letter};
    use domain_auth::names::EmailAddress;
    use domain_auth::ports::SesError;
    use domain_auth::use_cases::send_instructions::{Order, Sent};
    use serde_json::{Value, json};

    use super::InstructionsBody;
    use crate::instructions_view::InstructionsView;
    use crate::openapi::story::pending_domain;
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let instructions = schemas.answered::<InstructionsView>();
        Description {
            detail: "Sends one email to one address. It says who sent it and why, and has a link to the \
                page of the records that is valid for 14 days. It also has the records as a zone file and \
                as CSV, and the note as the client's own words. A reply reaches the domain's \
                `contact_email`. The limits per day (UTC) are 5 emails for a domain and 50 for a client; \
                to one address, 5 for a client and 20 for all clients.",
            body: Some(RequestBody::new(
                schemas.read::<InstructionsBody>(),
                json!({
                    "email": "dns@it-partner.example",
                    "note": "Hello Sam, please add these this week. Thanks, Jo",
                }),
            )),
            answers: vec![GoodAnswer::json(
                "202",
                "The email is on its way.",
                &instructions,
                "sent",
                &sent(),
            )],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::invalid(FieldError::field("/email", "is required")),
                ApiError::NotFound,
                ApiError::RecordsNotReady,
                ApiError::TooManyInstructions {
                    of_domain: true,
                    seconds: 35_798,
                },
                ApiError::EmailRefused,
                ApiError::RecipientSuppressed,
                ApiError::TooManyToRecipient(35_798),
                samples::throttled("SendEmail"),
                samples::refused("SendEmail"),
                ApiError::PerhapsSent(SesError::Unavailable {
                    operation: "SendEmail",
                    source: "not shown".into(),
                }),
            ],
            ..Description::default()
        }
    }

    fn sent() -> Value {
        let domain = pending_domain();
        let order = Order {
            to: EmailAddress::parse("dns@it-partner.example").expect("an address"),
            note: None,
        };
        let sent = Sent {
            letter: Letter {
                client: domain.client.clone(),
                domain: domain.name.clone(),
                subject: format!("{}: DNS records to add", domain.name),
                text: String::new(),
                html: String::new(),
                reply_to: domain.contact_email.clone(),
                records: domain.records().iter().map(|record| record.id).collect(),
                attachments: Vec::new(),
            },
            left: Left {
                domain: 4,
                client: 49,
            },
        };
        examples::value(&InstructionsView::new(&domain.name, &order, &sent))
    }
}
