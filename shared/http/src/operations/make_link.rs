//! `POST /domains/{domain}/links`.

use domain_auth::links::MOST_DAYS;
use domain_auth::use_cases::links::LinkRefusal;

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/domains/{domain}/links",
    access: Access::ClientAdmin,
    function: "share-domain",
    summary: "Makes a link to the records of a domain, for a person without a login.",
};

/// The body of `POST …/links`, which may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "MakeLink", deny_unknown_fields)
)]
pub struct MakeLinkBody {
    /// For how many days. 14 if it is left out.
    #[cfg_attr(
        feature = "openapi",
        schemars(with = "Option<u32>", range(min = 1, max = MOST_DAYS))
    )]
    pub days: u32,
}

impl MakeLinkBody {
    /// Reads the body; none is as good as an empty one.
    pub fn read(fields: Option<Fields>) -> Result<Self, ApiError> {
        let Some(mut fields) = fields else {
            return Ok(Self { days: MOST_DAYS });
        };
        let days = fields.number_in("days", 1, MOST_DAYS);
        let days = fields.finish(Some(days.unwrap_or(MOST_DAYS)))?;
        Ok(Self { days })
    }
}

impl From<LinkRefusal> for ApiError {
    fn from(error: LinkRefusal) -> Self {
        match error {
            LinkRefusal::TooMany => Self::TooManyLinks,
            LinkRefusal::NoSuchLink => Self::NoSuchLink,
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::json;

    use super::MakeLinkBody;
    use crate::links_view::MadeLinkView;
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let link = schemas.answered::<MadeLinkView>();
        Description {
            detail: "A person who has the link can see the records of this domain and their state, and can \
                ask for a check; nothing else. The link ends after at most 14 days, when it is withdrawn, \
                or when the client no longer has the domain. A domain has at most 10 links at the same \
                time. The `url` is only in this response and is not stored. If the request is \
                repeated with its `Idempotency-Key`, no second link is made, and the answer is 409.",
            body: Some(RequestBody {
                schema: schemas.read::<MakeLinkBody>(),
                example: json!({ "days": 7 }),
                required: false,
            }),
            answers: vec![GoodAnswer::json(
                "201",
                "The link, with its address.",
                &link,
                "made",
                &examples::made_link(),
            )],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::invalid(FieldError::field(
                    "/days",
                    "must be a whole number from 1 to 14",
                )),
                ApiError::NotFound,
                ApiError::TooManyLinks,
                ApiError::LinkMadeBefore,
                ApiError::Busy,
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
    fn a_link_is_valid_for_fourteen_days_unless_fewer_are_requested() {
        let days = |body: &str| MakeLinkBody::read(Some(fields_of(body))).map(|body| body.days);
        assert_eq!(MakeLinkBody::read(None).unwrap().days, 14);
        assert_eq!(days("{}").unwrap(), 14);
        assert_eq!(days(r#"{"days":3}"#).unwrap(), 3);
        for bad in ["0", "15", "-1", "1.5", "\"3\"", "[]"] {
            let body = format!("{{\"days\":{bad}}}");
            assert!(matches!(days(&body), Err(ApiError::Invalid(_))), "{bad}");
        }
    }
}
