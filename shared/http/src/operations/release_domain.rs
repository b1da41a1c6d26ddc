//! `POST /staff/clients/{client}/domains/{domain}/release`.

use domain_auth::names::{DomainName, Note};
use domain_auth::use_cases::release::ReleaseRefusal;
use domain_auth::use_cases::release::{Order, Verdict};
use domain_auth::use_cases::remove::Confirmation;

use crate::fields::Fields;
use crate::input::confirmation;
use crate::problem::{ANOTHER_CONFIRMED, ApiError};
use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "POST",
    path: "/staff/clients/{client}/domains/{domain}/release",
    access: Access::LassoSupport,
    function: "release-domain",
    summary: "Takes a domain from its client, or grants it to a client that has proven that it is its own.",
};

/// Reads the body: what Lasso support decides about the domain `name`, why, and where that ends sending
/// the domain once more, in any spelling. Without a decision the claim ends.
pub fn release_order(mut fields: Fields, name: &DomainName) -> Result<Order, ApiError> {
    let verdict = match fields.text("decision").as_deref() {
        None => Verdict::default(),
        Some("end") => Verdict::End,
        Some("grant") => Verdict::Grant,
        Some(_) => {
            fields.refuse("decision", "must be one of end, grant");
            Verdict::default()
        }
    };
    let reason = fields.required("reason", Note::parse);
    let confirmed = confirmation(fields.text("confirm").as_deref(), name);
    if confirmed == Confirmation::OfAnother {
        fields.refuse("confirm", ANOTHER_CONFIRMED);
    }
    let reason = fields.finish(reason)?;
    Ok(Order {
        verdict,
        reason,
        confirmed: confirmed == Confirmation::Given,
    })
}

impl From<ReleaseRefusal> for ApiError {
    fn from(error: ReleaseRefusal) -> Self {
        match error {
            ReleaseRefusal::Unconfirmed { name, holder } => {
                Self::ReleaseUnconfirmed { name, holder }
            }
            ReleaseRefusal::NothingToGrant(situation) => Self::NothingToGrant(situation),
            ReleaseRefusal::AlreadyLost => Self::AlreadyLost,
            ReleaseRefusal::Removing => Self::BeingRemoved,
            ReleaseRefusal::NoRoom(organizational) => Self::NoRoom(organizational),
        }
    }
}

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::claims::ClaimRegister;
    use domain_auth::domain::Situation;
    use domain_auth::names::{ClientId, DomainName, Note};
    use domain_auth::ports::Ids;
    use domain_auth::state::{DisplacedBy, State, Status, Trigger};
    use schemars::JsonSchema;
    use serde_json::{Value, json};

    use crate::openapi::story::{ExampleIds, NAME, added, at, client, name};
    use crate::openapi::{Description, GoodAnswer, RequestBody, Schemas, examples, samples};
    use crate::problem::{ApiError, FieldError};
    use crate::staff_view::StaffDomainView;

    const REASON: &str = "The domain was sold to another builder, who has proven it.";

    /// The body of `ReleaseDomain`.
    #[derive(JsonSchema)]
    #[schemars(rename = "ReleaseDomain", deny_unknown_fields)]
    #[expect(dead_code, reason = "stands for what `release_order` reads")]
    struct ReleaseDomainBody {
        /// `end` if it is left out.
        decision: Option<DecisionWord>,
        /// Why, in plain text. The client that loses the name reads it.
        reason: Note,
        /// The domain again, in any spelling. Required if Lasso sends for the holder that loses it.
        confirm: Option<String>,
    }

    /// What Lasso support decides about a claim.
    #[derive(JsonSchema)]
    #[schemars(rename = "ClaimDecision", rename_all = "snake_case")]
    #[expect(dead_code, reason = "stands for what `release_order` reads")]
    enum DecisionWord {
        /// End the claim: a holder loses the name, and a contested claim is dropped. A claim that has
        /// already lost its name, and has not been proven since, cannot be ended again.
        End,
        /// Give the name to the claimant, which has proven it. A holder of exactly this name loses it;
        /// holders of names above and below keep theirs.
        Grant,
    }

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let domain = schemas.answered::<StaffDomainView>();
        Description {
            detail: "Ends the claim of this client. If the client holds the domain, sending stops, the \
                claim becomes contested, and a client that has proven the name gets it within minutes. A \
                contested claim is dropped, and the holder keeps the name. The decision `grant`, for a \
                contested claim that is proven, gives the claimant the name: a holder of exactly this name \
                loses it, and holders of names above and below keep theirs. The client that loses reads \
                the `reason`. A holder that Lasso sends for (`authenticated`, `at_risk`) loses its name \
                only with `confirm`. Repeating the call has no second effect: \
                a claim that was ended with the same `reason` is returned unchanged. With another reason, \
                and for a name that the client lost otherwise, the answer is 409. If a grant takes longer than some seconds, because \
                many names of other clients give way to it, the answer is 202, and the service does the \
                rest within minutes, without a repetition.",
            body: Some(RequestBody::new(
                schemas.read::<ReleaseDomainBody>(),
                json!({ "decision": "grant", "reason": REASON }),
            )),
            answers: vec![
                GoodAnswer::json(
                    "200",
                    "The domain, as it stands now.",
                    &domain,
                    "released",
                    &released(),
                ),
                GoodAnswer::json(
                    "202",
                    "The claim is granted, and the claims of other clients give way to it step by step. \
                     The domain is `contested` until the service has done the rest, within minutes.",
                    &domain,
                    "granted",
                    &granted(),
                ),
            ],
            problems: vec![
                samples::malformed(),
                ApiError::TooLarge,
                ApiError::Invalid(vec![
                    FieldError::field("/decision", "must be one of end, grant"),
                    FieldError::field("/reason", "is required"),
                ]),
                ApiError::NotFound,
                ApiError::ReleaseUnconfirmed {
                    name: name(),
                    holder: client(),
                },
                ApiError::BeingRemoved,
                ApiError::NothingToGrant(Situation::plain(Status::Verified)),
                ApiError::AlreadyLost,
                ApiError::NoRoom(NAME.to_owned()),
                ApiError::Busy,
            ],
            ..Description::default()
        }
    }

    fn released() -> Value {
        examples::decided(Trigger::Displaced {
            ownership_secret: ExampleIds.secret(),
            why: DisplacedBy::ReleasedByLassoSupport {
                reason: REASON.to_owned(),
            },
        })
    }

    /// A claim that Lasso support has granted, while those of others give way to it.
    fn granted() -> Value {
        let mut state = State::contested(ExampleIds.secret(), at(0));
        if let State::Contested(contested) = &mut state {
            contested.proven_at = Some(at(100));
            contested.taking_over_since = Some(at(150));
        }
        let other = ClientId::parse("cedar-homes").expect("a client");
        let below = DomainName::parse(&format!("mail.{NAME}")).expect("a domain name");
        let claims = ClaimRegister::empty(NAME).taken(&below, &other, at(0));
        examples::staff_domain(&added(state).domain, None, &claims)
    }
}
