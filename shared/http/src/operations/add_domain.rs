//! `POST /domains`.

use domain_auth::limits::LimitReached;
use domain_auth::names::{Community, DomainName, EmailAddress};
use domain_auth::use_cases::add::AddRefusal;

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::refusals::seconds_up;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/domains",
    access: Access::ClientAdmin,
    function: "add-domain",
    summary: "Adds a domain, or returns the domain if the client already has it.",
};

/// The body of `POST /domains`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "AddDomain", deny_unknown_fields)
)]
pub struct AddDomainBody {
    /// The domain, as a person types it: trimmed, lower-cased, one trailing dot removed, internationalized
    /// names mapped to A-labels (UTS #46) and checked by IDNA 2008. It has an ending that exists on the
    /// Internet, and is not reserved (RFC 2606). At most 209 characters in A-labels, so that the names of
    /// its records fit into DNS.
    #[cfg_attr(feature = "openapi", schemars(with = "String", length(min = 1)))]
    pub domain: DomainName,
    /// The community that the domain is for.
    pub community: Option<Community>,
    /// The email address of a contact at the client.
    pub contact_email: Option<EmailAddress>,
}

impl AddDomainBody {
    /// Reads the body. The domain is judged once all fields have the right form.
    pub fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let domain = fields.required_text("domain");
        let community = fields.parsed("community", Community::parse);
        let contact_email = fields.parsed("contact_email", EmailAddress::parse);
        let domain = fields.finish(domain)?;
        Ok(Self {
            domain: DomainName::parse_for_sending(&domain).map_err(ApiError::InvalidDomain)?,
            community,
            contact_email,
        })
    }
}

impl From<AddRefusal> for ApiError {
    fn from(error: AddRefusal) -> Self {
        match error {
            AddRefusal::Ineligible(reason) => Self::NotEligible(reason),
            AddRefusal::Details(refusal) => refusal.into(),
            AddRefusal::BeingErased => Self::BeingErased,
            AddRefusal::TooManyNames(organizational) => Self::TooManyNames(organizational),
            AddRefusal::Limit(LimitReached::Domains { limit }) => Self::TooManyDomains(limit),
            AddRefusal::Limit(LimitReached::AddedToday { limit, wait }) => Self::TooManyAdditions {
                limit,
                seconds: seconds_up(wait),
            },
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::names::IneligibleReason;
    use domain_auth::ports::Ids;
    use domain_auth::state::State;
    use serde_json::{Value, json};

    use super::AddDomainBody;
    use crate::added_again_view::AddedAgainView;
    use crate::openapi::story::{ExampleIds, added, at};
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};
    use crate::view::DomainView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<DomainView>();
        let again = schemas.answered::<AddedAgainView>();
        let has_it = "The client already has the domain.";
        let added = "The domain, with the records to publish.";
        let waits =
            "The domain waits: for Amazon SES (`provisioning`), or for proof (`contested`).";
        let waiting = json!({
            "provisioning": { "value": provisioning() },
            "contested": { "value": contested() },
        });
        Description {
            detail: "201 with the records if Amazon SES answered immediately. 202 with the status \
                `provisioning` if it did not; the service continues automatically. 202 with the status \
                `contested` and the `ownership` record to publish if the name needs proof. 200 if the \
                client already has the domain: a new `community` is added to it (`community_added`), and \
                nothing else changes.",
            body: Some(RequestBody::new(
                schemas.read::<AddDomainBody>(),
                json!({
                    "domain": "maplehomes.com",
                    "community": "Maple Ridge",
                    "contact_email": "jo.miller@maplehomes.com",
                }),
            )),
            answers: vec![
                located(GoodAnswer::json(
                    "200",
                    has_it,
                    &again,
                    "pending",
                    &examples::again(),
                )),
                located(GoodAnswer::json(
                    "201",
                    added,
                    &domain,
                    "pending",
                    &examples::pending(),
                )),
                located(GoodAnswer::examples("202", waits, &domain, &waiting)),
            ],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::invalid(FieldError::field("/domain", "is required")),
                samples::typed("https://www.maplehomes.com/contact"),
                samples::typed("co.uk"),
                ApiError::NotEligible(IneligibleReason::MailboxProvider),
                ApiError::TooManyNames("maplehomes.com".to_owned()),
                ApiError::TooManyDomains(500),
                ApiError::TooManyCommunities,
                ApiError::BeingErased,
                ApiError::TooManyAdditions {
                    limit: 50,
                    seconds: 35_798,
                },
                ApiError::Busy,
            ],
            ..Description::default()
        }
    }

    fn located(mut answer: GoodAnswer) -> GoodAnswer {
        answer.response["headers"]["Location"] = json!({
            "description": "The domain, relative to the URL of the request (RFC 9110 section 10.2.2), so \
                that it is right below any base path.",
            "schema": { "type": "string", "format": "uri-reference" },
            "example": "domains/maplehomes.com",
        });
        answer
    }

    fn provisioning() -> Value {
        examples::domain(&added(State::provisioning()).domain)
    }

    fn contested() -> Value {
        let state = State::contested(ExampleIds.secret(), at(0));
        examples::domain(&added(state).domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::fields_of;

    fn read(body: &str) -> Result<AddDomainBody, ApiError> {
        AddDomainBody::read(fields_of(body))
    }

    fn wrong_fields(body: &str) -> Vec<String> {
        match read(body) {
            Err(ApiError::Invalid(errors)) => errors
                .into_iter()
                .filter_map(|error| error.pointer)
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_body_with_every_field_is_read() {
        let body = read(
            r#"{"domain":"Maple.com","community":"Maple Ridge","contact_email":"a@example.com"}"#,
        )
        .unwrap();
        assert_eq!(body.domain.as_str(), "maple.com");
        assert_eq!(body.community.unwrap().as_str(), "Maple Ridge");
        assert_eq!(body.contact_email.unwrap().as_str(), "a@example.com");
        assert!(read(r#"{"domain":"maple.com","community":null}"#).is_ok());
    }

    #[test]
    fn a_domain_too_long_for_its_records_is_refused_and_its_parent_suggested() {
        let long = format!("{}maple-homes.com", "abcdefghi.".repeat(20));
        match read(&format!(r#"{{"domain":"{long}"}}"#)) {
            Err(ApiError::InvalidDomain(error)) => {
                assert!(error.to_string().contains("209 characters"), "{error}");
                assert_eq!(
                    error.suggestion.unwrap().as_str(),
                    &long["abcdefghi.".len()..]
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert_eq!(wrong_fields("{}"), ["/domain"]);
        assert_eq!(wrong_fields(r#"{"domain":null}"#), ["/domain"]);
        assert_eq!(wrong_fields(r#"{"domain":5}"#), ["/domain"]);
        assert_eq!(
            wrong_fields(r#"{"domain":["x"],"community":"","contact_email":"x","a/b":1}"#),
            ["/domain", "/community", "/contact_email", "/a~1b"]
        );
    }
}
