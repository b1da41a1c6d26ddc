//! `GET /senders/{address}`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/senders/{address}",
    access: Access::MassMail,
    function: "read-domains",
    summary: "May the client send from this address now?",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::domain::RecordsSeen;
    use domain_auth::email_auth::Policy;
    use domain_auth::state::{DisplacedBy, Displacement};
    use domain_auth::use_cases::sender_warnings::{
        BulkRulesUnmet, RefusedByDmarc, SenderWarning, Unsigned, When,
    };
    use domain_auth::use_cases::senders::{SenderStanding, Verdict};
    use serde_json::{Value, json};

    use crate::openapi::parameters::query;
    use crate::openapi::story::{at, below, name};
    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::problem::{ApiError, FieldError};
    use crate::sender_view::SenderView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let sender = schemas.answered::<SenderView>();
        let verdicts = verdicts();
        Description {
            detail: "Always has an answer, also for a text that is not an address. A display name in front \
                of the address changes nothing. A domain of the client covers all names below it. For an \
                address below it, DNS is asked for a DMARC policy there, which takes a second at most. \
                The answer may be cached for a minute.",
            query: vec![client_asked_about()],
            answers: vec![GoodAnswer::examples(
                "200",
                "Yes or no, and why.",
                &sender,
                &verdicts,
            )],
            cache_control: "private, max-age=60",
            problems: vec![ApiError::invalid(FieldError::parameter(
                "client",
                "is required",
            ))],
            ..Description::default()
        }
    }

    /// The parameter `client`.
    fn client_asked_about() -> Value {
        let mut parameter = query(
            "client",
            "The client, as its tokens name it. Required for the role `mass-mail`. A Client Administrator \
             may leave it out, and may name only its own client.",
            &json!({ "type": "string", "minLength": 1, "maxLength": 128 }),
        );
        parameter["example"] = json!("maple-homes");
        parameter
    }

    fn verdicts() -> Value {
        let covered = |standing| Verdict::Covered {
            by: name(),
            standing,
            warnings: Vec::new(),
        };
        let refused = Verdict::Covered {
            by: name(),
            standing: SenderStanding::Authenticated,
            warnings: vec![SenderWarning::RefusedByDmarc(refused())],
        };
        let without_dkim = Verdict::Covered {
            by: name(),
            standing: SenderStanding::Authenticated,
            warnings: vec![
                SenderWarning::ShowsVia(Unsigned::LacksCnames),
                SenderWarning::BulkRulesUnmet(BulkRulesUnmet {
                    author: name(),
                    why: vec!["The CNAME records for DKIM are not in place.".to_owned()],
                }),
            ],
        };
        let example = |verdict| json!({ "value": SenderView::from(verdict) });
        json!({
            "authenticated": example(covered(SenderStanding::Authenticated)),
            "authenticated_and_refused_by_mail_servers": example(refused),
            "authenticated_without_dkim": example(without_dkim),
            "waiting_for_dns": example(covered(SenderStanding::WaitingForDns(RecordsSeen::Missing))),
            "displaced": example(covered(SenderStanding::Displaced(lost()))),
            "proof_wanted": example(covered(SenderStanding::ProofWanted)),
            "not_initiated": example(Verdict::NotInitiated(name())),
            "invalid_address": example(Verdict::InvalidAddress),
        })
    }

    /// Mail from below the domain, which demands strict alignment.
    fn refused() -> RefusedByDmarc {
        RefusedByDmarc {
            author: below(),
            policy_of: name().to_string(),
            policy: Policy::Reject,
            when: When::Always,
            percent: None,
            is_signed: true,
        }
    }

    /// What happened to a client that lost the domain.
    fn lost() -> String {
        let displacement = Displacement {
            at: at(151),
            why: DisplacedBy::ProvenByAnotherClient,
            was_sending: true,
        };
        displacement.sentences(&name())
    }
}
