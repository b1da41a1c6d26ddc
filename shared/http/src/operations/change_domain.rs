//! `PATCH /domains/{domain}`.

use domain_auth::names::{Community, EmailAddress, MAX_COMMUNITIES};
use domain_auth::use_cases::change_details::{DetailsRefusal, NewDetails};

use crate::fields::Fields;
use crate::problem::ApiError;
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "PATCH",
    path: "/domains/{domain}",
    access: Access::ClientAdmin,
    function: "advance-domain",
    summary: "Changes the communities and the contact of a domain.",
};

/// The body of `PATCH /domains/{domain}`: a merge patch (RFC 7396). A member that is left out does not
/// change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ChangeDomain", deny_unknown_fields)
)]
pub struct ChangeDomainBody {
    /// All communities that the domain is for. A community that is listed twice counts once; `null` removes
    /// all.
    #[cfg_attr(feature = "openapi", schemars(length(max = MAX_COMMUNITIES)))]
    pub communities: Option<Vec<Community>>,
    /// The email address of a contact at the client; `null` removes it.
    #[cfg_attr(feature = "openapi", schemars(with = "Option<EmailAddress>"))]
    pub contact_email: Option<Option<EmailAddress>>,
}

impl ChangeDomainBody {
    /// Reads the body.
    pub fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let communities = fields.patched_list("communities", MAX_COMMUNITIES, Community::parse);
        let contact_email = fields.patched("contact_email", EmailAddress::parse);
        fields.finish(Some(Self {
            communities,
            contact_email,
        }))
    }
}

impl From<ChangeDomainBody> for NewDetails {
    fn from(body: ChangeDomainBody) -> Self {
        Self {
            communities: body.communities,
            contact_email: body.contact_email,
        }
    }
}

impl From<DetailsRefusal> for ApiError {
    fn from(refusal: DetailsRefusal) -> Self {
        match refusal {
            DetailsRefusal::TooManyCommunities => Self::TooManyCommunities,
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use serde_json::json;

    use super::ChangeDomainBody;
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};
    use crate::view::DomainView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<DomainView>();
        Description {
            detail: "A JSON merge patch (RFC 7396): a member that is left out does not change, and `null` \
                removes a value. Its media type may be `application/merge-patch+json`, too. Changes are in \
                the history. Possible in every state.",
            body: Some(RequestBody::new(
                schemas.read::<ChangeDomainBody>(),
                json!({
                    "communities": ["Maple Ridge", "Oak Park"],
                    "contact_email": "jo.miller@maplehomes.com",
                }),
            )),
            answers: vec![GoodAnswer::json(
                "200",
                "The domain.",
                &domain,
                "pending",
                &examples::pending(),
            )],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::NotAMergePatch,
                ApiError::invalid(FieldError::field("/communities/0", "is too long")),
                ApiError::NotFound,
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

    fn read(body: &str) -> Result<ChangeDomainBody, ApiError> {
        ChangeDomainBody::read(fields_of(body))
    }

    #[test]
    fn an_absent_field_is_unchanged_and_null_removes_the_value() {
        let nothing = read("{}").unwrap();
        assert_eq!((nothing.communities, nothing.contact_email), (None, None));
        let nulls = read(r#"{"communities":null,"contact_email":null}"#).unwrap();
        assert_eq!(nulls.communities, Some(Vec::new()));
        assert_eq!(nulls.contact_email, Some(None));
        let both = read(r#"{"communities":["A","B"],"contact_email":"a@example.com"}"#).unwrap();
        assert_eq!(both.communities.unwrap().len(), 2);
        assert_eq!(
            both.contact_email.unwrap().unwrap().as_str(),
            "a@example.com"
        );
    }

    #[test]
    fn every_wrong_field_of_a_patch_is_named() {
        let many = vec!["A"; 51];
        for (body, pointers) in [
            (
                r#"{"communities":["A",5,""],"contact_email":"x","domain":"b.com"}"#.to_owned(),
                &[
                    "/communities/1",
                    "/communities/2",
                    "/contact_email",
                    "/domain",
                ][..],
            ),
            (r#"{"communities":"A"}"#.to_owned(), &["/communities"]),
            (
                serde_json::json!({ "communities": many }).to_string(),
                &["/communities"],
            ),
        ] {
            let Err(ApiError::Invalid(errors)) = read(&body) else {
                panic!("accepted");
            };
            let named: Vec<_> = errors
                .iter()
                .filter_map(|error| error.pointer.as_deref())
                .collect();
            assert_eq!(named, pointers);
        }
    }
}
