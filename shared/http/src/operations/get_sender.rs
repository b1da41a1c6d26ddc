//! `GET /senders/{address}`.

use crate::routes::{Access, Route};

pub(super) const ROUTE: Route = Route {
    method: "GET",
    path: "/senders/{address}",
    access: Access::ClientAdmin,
    function: "read-domains",
    summary: "May the client send from this address now?",
};

#[cfg(feature = "openapi")]
pub(super) mod openapi {
    use domain_auth::email_auth::Policy;
    use domain_auth::state::{DisplacedBy, Displacement};
    use domain_auth::use_cases::sender_warnings::{RefusedByDmarc, SenderWarning};
    use domain_auth::use_cases::senders::{SenderStanding, Verdict};
    use serde_json::{Value, json};

    use crate::openapi::story::{at, below, name};
    use crate::openapi::{Description, GoodAnswer, Schemas};
    use crate::sender_view::SenderView;

    pub(crate) fn describe(schemas: &mut Schemas) -> Description {
        let sender = schemas.answered::<SenderView>();
        let verdicts = verdicts();
        Description {
            detail: "Always an answer, also for what is no address. A domain of the client covers all \
                names below it. May be kept for a minute.",
            answers: vec![GoodAnswer::examples(
                "200",
                "Yes or no, and why.",
                &sender,
                &verdicts,
            )],
            cache_control: "private, max-age=60",
            ..Description::default()
        }
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
        let example = |verdict| json!({ "value": SenderView::from(verdict) });
        json!({
            "authenticated": example(covered(SenderStanding::Authenticated)),
            "authenticated_and_refused_by_mail_servers": example(refused),
            "waiting_for_dns": example(covered(SenderStanding::WaitingForDns)),
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
