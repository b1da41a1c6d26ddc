//! `PUT /staff/clients/{client}/limits`.

use domain_auth::limits::MOST;
use domain_auth::names::Note;
use domain_auth::use_cases::client_limits::{BeingErased, WantedLimits};

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "PUT",
    path: "/staff/clients/{client}/limits",
    access: Access::LassoSupport,
    function: "decide-domain",
    summary: "Sets the limits of one client.",
};

/// The body of `PUT /staff/clients/{client}/limits`: all limits that are set for the client. A limit that is
/// left out is the default of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SetClientLimits", deny_unknown_fields)
)]
pub struct LimitsBody {
    /// Domains in the client's list, including contested domains. The client keeps domains that it already
    /// has.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = MOST)))]
    pub max_domains: Option<u32>,
    /// Domains that the client adds per day (UTC).
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = MOST)))]
    pub max_domains_added_per_day: Option<u32>,
    /// Emails to Lasso support per day (UTC) about the client's domains.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = MOST)))]
    pub max_support_emails_per_day: Option<u32>,
    /// Why, in plain text, for Lasso support.
    pub reason: Note,
}

impl LimitsBody {
    /// Reads the body.
    pub fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let max_domains = fields.number("max_domains", MOST);
        let max_domains_added_per_day = fields.number("max_domains_added_per_day", MOST);
        let max_support_emails_per_day = fields.number("max_support_emails_per_day", MOST);
        let reason = fields.required("reason", Note::parse);
        let reason = fields.finish(reason)?;
        Ok(Self {
            max_domains,
            max_domains_added_per_day,
            max_support_emails_per_day,
            reason,
        })
    }
}

impl From<BeingErased> for ApiError {
    fn from(_: BeingErased) -> Self {
        Self::BeingErased
    }
}

impl From<LimitsBody> for WantedLimits {
    fn from(body: LimitsBody) -> Self {
        Self {
            domains: body.max_domains,
            added_per_day: body.max_domains_added_per_day,
            support_emails_per_day: body.max_support_emails_per_day,
            reason: body.reason,
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::json;

    use super::LimitsBody;
    use crate::openapi::{Description, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        Description {
            detail: "Replaces the limits that were set before: a limit that is left out, or `null`, is the \
                default of the deployment. A limit below what the client already has removes nothing. The \
                client's domains are counted again when the next domain is added or removed.",
            body: Some(RequestBody::new(
                schemas.read::<LimitsBody>(),
                json!({
                    "max_domains": 1200,
                    "max_domains_added_per_day": 300,
                    "reason": "Moves all its communities to Lasso this week.",
                }),
            )),
            answers: vec![examples::limits(schemas)],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::invalid(FieldError::field("/reason", "is required")),
                ApiError::NotFound,
                ApiError::BeingErased,
            ],
            ..Description::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::fields_of;

    #[test]
    fn limits_are_whole_numbers_with_a_reason() {
        let read = |body: &str| LimitsBody::read(fields_of(body));
        let body = read(r#"{"max_domains":0,"max_domains_added_per_day":null,"reason":"Why"}"#);
        let body = body.unwrap();
        assert_eq!(body.max_domains, Some(0));
        assert_eq!(body.max_domains_added_per_day, None);
        assert!(read(r#"{"reason":"Back to the defaults"}"#).is_ok());
        let wrong = r#"{"max_domains":-1,"max_domains_added_per_day":1.5,
            "max_support_emails_per_day":100001,"max_emails":1}"#;
        let Err(ApiError::Invalid(errors)) = read(wrong) else {
            panic!("accepted");
        };
        let pointers: Vec<_> = errors
            .into_iter()
            .filter_map(|error| error.pointer)
            .collect();
        assert_eq!(
            pointers,
            [
                "/max_domains",
                "/max_domains_added_per_day",
                "/max_support_emails_per_day",
                "/reason",
                "/max_emails"
            ]
        );
    }
}
