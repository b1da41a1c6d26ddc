//! Evidence of every kind, for tests.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::facts::{
    Addition, Adoption, Broken, Call, CommunitiesChange, ContactChange, Decision, Details, Expired,
    Failure, FinalStepTaken, Identity, Letter, LinkTold, Look, Loss, MailRefused, Nothing,
    RecordSeen, Refusal, Removal, Restart, Stuck,
};
use super::reasons::{AdoptedIdentity, Decided};
use super::*;
use crate::action::Action;
use crate::diagnosis::{DiagnosisCode, RecordState};
use crate::domain::Challenger;
use crate::final_step::FinalStep;
use crate::identity::{AxisStatus, DkimToken, SesStatus, VerificationToken};
use crate::links::LinkId;
use crate::names::{ClientId, Community, DomainName};
use crate::records::RecordId;
use crate::state::FailureReason;

pub(super) fn any_of<T: Clone + std::fmt::Debug + 'static>(
    all: &[T],
) -> impl Strategy<Value = T> + use<T> {
    select(all.to_vec())
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,40}"
}

fn maybe<T: Strategy>(value: T) -> impl Strategy<Value = Option<T::Value>> {
    proptest::option::of(value)
}

fn time() -> impl Strategy<Value = jiff::Timestamp> {
    let seconds = 0_i64..4_000_000_000;
    (seconds, 0..1_000_000_000).prop_map(|(s, ns)| jiff::Timestamp::new(s, ns).unwrap())
}

fn axis() -> impl Strategy<Value = AxisStatus> {
    use AxisStatus::{Failed, NotStarted, Pending, Success, TemporaryFailure};
    any_of(&[NotStarted, Pending, Success, Failed, TemporaryFailure])
}

fn failure_reason() -> impl Strategy<Value = FailureReason> {
    use FailureReason::{DeadlinePassed, IdentityGone, RefusedBySes, SesGaveUp, SesRevoked};
    let all = [
        DeadlinePassed,
        SesGaveUp,
        SesRevoked,
        IdentityGone,
        RefusedBySes,
    ];
    any_of(&all)
}

fn loss_reason() -> impl Strategy<Value = LossReason> {
    any_of(&[
        LossReason::ProvenByAnotherClient,
        LossReason::ReleasedByLassoSupport,
        LossReason::IdentityNotOurs,
        LossReason::IdentityOfAnotherClient,
        LossReason::IdentityOfAnotherStack,
        LossReason::IdentityMadeElsewhere,
        LossReason::BelowAnIdentityOfAnother,
        LossReason::IdentityVerifiedElsewhere,
    ])
}

fn record_id() -> impl Strategy<Value = RecordId> {
    any_of(&[
        RecordId::Verification,
        RecordId::Dkim1,
        RecordId::Dkim2,
        RecordId::Dkim3,
        RecordId::MailFromMx,
        RecordId::MailFromSpf,
        RecordId::Dmarc,
        RecordId::Ownership,
    ])
}

fn look() -> impl Strategy<Value = Look> {
    let state = any_of(&[
        RecordState::Found,
        RecordState::Missing,
        RecordState::Wrong,
        RecordState::Unknown,
        RecordState::NotLookedYet,
    ]);
    let code = maybe(any_of(DiagnosisCode::ALL));
    let record = (record_id(), state, code);
    let record = record.prop_map(|(id, state, code)| RecordSeen { id, state, code });
    let ses = (axis(), axis(), axis()).prop_map(|(verification, dkim, mail_from)| SesStatus {
        verification,
        dkim,
        mail_from,
    });
    let records = proptest::collection::vec(record, 0..8);
    (maybe(ses), maybe(records)).prop_map(|(ses, records)| Look { ses, records })
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(text(), 0..5)
}

fn identity() -> impl Strategy<Value = Identity> {
    let token = "[!-~]{1,40}".prop_map(|text| VerificationToken::parse(&text).unwrap());
    let dkim = "[a-z0-9]{1,32}".prop_map(|text| DkimToken::parse(&text).unwrap());
    (
        text(),
        maybe(token),
        maybe([dkim.clone(), dkim.clone(), dkim]),
        maybe(text()),
        maybe(text()),
        any::<bool>(),
    )
        .prop_map(
            |(region, verification_token, dkim_tokens, signing_hosted_zone, mail_from, adopted)| {
                Identity {
                    region,
                    verification_token,
                    dkim_tokens,
                    signing_hosted_zone,
                    mail_from,
                    adopted,
                }
            },
        )
}

fn addition() -> impl Strategy<Value = Addition> {
    let community = "[a-zA-Z]{1,20}".prop_map(|text| Community::parse(&text).unwrap());
    (text(), maybe(community), maybe(text())).prop_map(|(domain, community, contact_email)| {
        Addition {
            domain,
            community,
            contact_email,
        }
    })
}

fn details() -> impl Strategy<Value = Facts> {
    let communities = || proptest::collection::vec("[a-zA-Z]{1,20}", 0..4);
    let parsed = |texts: Vec<String>| {
        let texts = texts.iter();
        texts.map(|text| Community::parse(text).unwrap()).collect()
    };
    let communities =
        (communities(), communities()).prop_map(move |(from, to)| CommunitiesChange {
            from: parsed(from),
            to: parsed(to),
        });
    let contact = (maybe(text()), maybe(text())).prop_map(|(from, to)| ContactChange { from, to });
    (maybe(communities), maybe(contact)).prop_map(|(communities, contact_email)| {
        Facts::Details(Details {
            communities,
            contact_email,
        })
    })
}

fn loss() -> impl Strategy<Value = Facts> {
    (loss_reason(), maybe(text())).prop_map(|(reason, explanation)| {
        Facts::Loss(Loss {
            reason,
            explanation,
        })
    })
}

fn unknown() -> impl Strategy<Value = Facts> {
    text().prop_map(|text| Facts::AsStored(json!({ "reason": "unheard of", "by": [text] })))
}

/// Evidence that may be stored with a line of this action.
#[expect(
    clippy::too_many_lines,
    reason = "one exhaustive match, a row or two per action"
)]
fn facts_of(action: Action) -> BoxedStrategy<Facts> {
    let known = match action {
        Action::Added | Action::Readded => addition().prop_map(Facts::Addition).boxed(),
        Action::Provisioned => identity().prop_map(Facts::Identity).boxed(),
        Action::Checked | Action::Verified | Action::RecordsRecovered => {
            look().prop_map(Facts::Look).boxed()
        }
        Action::Failed => prop_oneof![
            look().prop_map(Facts::Look),
            failure_reason().prop_map(|reason| Facts::Failure(Failure { reason })),
        ]
        .boxed(),
        Action::Restarted => {
            let calls = any_of(&[SesCall::VerifyDomainIdentity, SesCall::VerifyDomainDkim]);
            (failure_reason(), proptest::collection::vec(calls, 0..3))
                .prop_map(|(failed_by, asked_of_ses)| {
                    Facts::Restart(Restart {
                        failed_by,
                        asked_of_ses,
                    })
                })
                .boxed()
        }
        Action::Ready | Action::Reopened => (maybe(text()), texts())
            .prop_map(|(note, missing)| Facts::Call(Call { note, missing }))
            .boxed(),
        Action::Completed => {
            let step = any_of(&[FinalStep::Manual, FinalStep::Automatic]);
            (look(), step, maybe(text()))
                .prop_map(|(look, final_step, configuration_set)| {
                    Facts::FinalStep(FinalStepTaken {
                        look,
                        final_step,
                        configuration_set,
                    })
                })
                .boxed()
        }
        Action::Rejected => text()
            .prop_map(|reason| Facts::Refusal(Refusal { reason }))
            .boxed(),
        Action::RecordsBroken => (look(), maybe(time()))
            .prop_map(|(look, first_seen_at)| {
                Facts::Broken(Broken {
                    look,
                    first_seen_at,
                })
            })
            .boxed(),
        Action::ProofFound => prop_oneof![
            (text(), texts()).prop_map(|(record, servers)| {
                Facts::Ownership(OwnershipSeen { record, servers })
            }),
            Just(Facts::Decision(Decision {
                reason: Decided::DecidedByLassoSupport
            })),
            Just(Facts::Nothing(Nothing {})),
        ]
        .boxed(),
        Action::Adopted => Just(Facts::Adoption(Adoption {
            identity: AdoptedIdentity::Existing,
        }))
        .boxed(),
        Action::Challenged | Action::Unchallenged => Just(Facts::Nothing(Nothing {})).boxed(),
        Action::Displaced => loss().boxed(),
        Action::Changed => details().boxed(),
        Action::InstructionsSent => (text(), maybe(text()))
            .prop_map(|(to, note)| Facts::Letter(Letter { to, note }))
            .boxed(),
        Action::EmailRefused => {
            use crate::mail_refusal::{Mailing, Undelivered};
            let email = any_of(&[Mailing::Instructions, Mailing::Notice]);
            let reason = any_of(&[
                Undelivered::Bounced,
                Undelivered::Complained,
                Undelivered::Rejected,
            ]);
            (text(), email, reason, maybe(text()))
                .prop_map(|(to, email, reason, status)| {
                    Facts::MailRefusal(MailRefused {
                        to,
                        email,
                        reason,
                        status,
                    })
                })
                .boxed()
        }
        Action::LinkMade | Action::LinkWithdrawn => ("[a-z0-9-]{1,36}", time())
            .prop_map(|(link, ends_at)| {
                let link = LinkId::parse(&link).unwrap();
                Facts::Link(LinkTold { link, ends_at })
            })
            .boxed(),
        Action::Stuck => time()
            .prop_map(|since| Facts::Stuck(Stuck { since }))
            .boxed(),
        Action::Removed => prop_oneof![
            any::<bool>().prop_map(|confirmed| Facts::Removal(Removal { confirmed })),
            any_of(&[Expiry::NotProven, Expiry::Abandoned])
                .prop_map(|reason| Facts::Expired(Expired { reason })),
            loss(),
        ]
        .boxed(),
    };
    prop_oneof![9 => known, 1 => unknown_beside(action)].boxed()
}

/// Data that does not fit the action.
fn unknown_beside(action: Action) -> BoxedStrategy<Facts> {
    match action {
        // Any text is a valid reason.
        Action::Rejected => Just(Facts::AsStored(json!({ "reason": 7 }))).boxed(),
        Action::Added | Action::Readded | Action::Provisioned | Action::Checked => {
            unknown().boxed()
        }
        Action::Verified | Action::Failed | Action::Restarted | Action::Completed => {
            unknown().boxed()
        }
        Action::Reopened | Action::RecordsBroken | Action::RecordsRecovered => unknown().boxed(),
        Action::ProofFound | Action::Adopted => unknown().boxed(),
        Action::Challenged | Action::Unchallenged => unknown().boxed(),
        Action::Displaced | Action::Removed | Action::Stuck => unknown().boxed(),
        Action::Ready | Action::InstructionsSent | Action::Changed => unknown().boxed(),
        Action::EmailRefused => unknown().boxed(),
        Action::LinkMade | Action::LinkWithdrawn => unknown().boxed(),
    }
}

fn internal() -> impl Strategy<Value = Internal> {
    let challenger = || {
        let client = ClientId::parse("cedar-homes").unwrap();
        let name = "[a-z]{1,20}\\.example";
        name.prop_map(move |name| Challenger {
            client: client.clone(),
            name: DomainName::parse(&name).unwrap(),
        })
    };
    let withheld = any_of(&[
        WithheldReason::NameImitates,
        WithheldReason::RejectedBefore,
        WithheldReason::DkimNotVerified,
        WithheldReason::RecordsNotSeen,
        WithheldReason::BelowADomainOfAnother,
        WithheldReason::HeldByAnotherBefore,
        WithheldReason::RefusedBySes,
        WithheldReason::IdentityNotOurs,
    ]);
    prop_oneof![
        withheld.prop_map(|final_step_withheld| Internal::Withheld {
            final_step_withheld
        }),
        texts().prop_map(|holders| Internal::Holders { holders }),
        text().prop_map(|explanation| Internal::Explanation { explanation }),
        text().prop_map(|reason| Internal::Reason { reason }),
        challenger().prop_map(|challenger| Internal::Challenged { challenger }),
        challenger().prop_map(Internal::Claimant),
        text().prop_map(|to| Internal::AsStored(json!({ "reason": "proven", "to": to }))),
    ]
}

/// The action of a line, and evidence that may be stored with it.
pub(super) fn any_evidence() -> impl Strategy<Value = (Action, Evidence)> {
    any_of(&Action::ALL)
        .prop_flat_map(|action| (Just(action), facts_of(action)))
        .prop_flat_map(|(action, facts)| {
            let parts = (maybe(internal()), maybe(0..1_000_u64));
            parts.prop_map(move |(internal, left_out)| {
                let facts = facts.clone();
                let evidence = Evidence {
                    facts,
                    internal,
                    left_out,
                };
                (action, evidence)
            })
        })
}
