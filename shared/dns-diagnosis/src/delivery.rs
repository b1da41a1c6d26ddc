//! The delivery of mail that is sent from an address now: which DMARC policy applies to it, and
//! whether it would be refused.
//!
//! Readiness, `GET /senders` and the diagnosis `dmarc_blocks_via` all use [`delivery_from`], or
//! [`delivery`] while the look is not finished.

use crate::diagnosis::{
    Diagnosis, DmarcDiscovery, RecordState, dmarc_name, existence_of, policy_below,
};
use crate::dns::Observation;
use crate::email_auth::{Delivery, DmarcAnswer, DmarcRecords, Identifier, Mail, Verdict, delivery};
use crate::identity::{AxisStatus, SesStatus};
use crate::names::DomainName;
use crate::readiness::dkim::{Cnames, is_untrusted};
use crate::records::RecordId;

/// The MAIL FROM domain of SES itself, if a domain has none of its own.
const MAIL_FROM_OF_SES: &str = "amazonses.com";

/// The domain that mail is sent through, as SES and the last look at DNS see it.
#[derive(Debug, Clone, Copy)]
pub struct SendingDomain<'a> {
    /// The domain: SES signs for it.
    pub name: &'a DomainName,
    /// Its MAIL FROM domain, if it has one.
    pub mail_from: Option<&'a str>,
    /// What SES last said, if it was asked.
    pub ses: Option<SesStatus>,
    /// What the last look showed.
    pub diagnosis: &'a Diagnosis,
    /// What DNS answered to [`questions_below`](crate::diagnosis::questions_below) about the domain in From;
    /// empty if it was not asked.
    pub below: &'a [Observation],
}

/// What happens to mail from an address at `author`, which is the sending domain or lies below it. Where
/// DNS was not asked for records at `author` and between it and the domain, or did not answer, the policy above
/// applies as if there were none.
pub fn delivery_from(author: &str, through: &SendingDomain<'_>) -> Delivery {
    let name = through.name.as_str();
    let mail = Mail {
        author,
        // The domain has records of its own below it; a name below it may exist only for mail.
        exists: if author == name {
            Verdict::Yes
        } else {
            existence_of(author, through.below)
        },
        dkim: Identifier {
            domain: name,
            passes: dkim_passes(through.ses, through.diagnosis),
        },
        spf: Identifier {
            domain: through.mail_from.unwrap_or(MAIL_FROM_OF_SES),
            passes: own_spf_passes(through.ses, through.diagnosis),
        },
    };
    delivery(&mail, &Found(through))
}

/// Whether DKIM passes: SES signs for the domain, and the keys are where mail servers look for them.
pub fn dkim_passes(ses: Option<SesStatus>, diagnosis: &Diagnosis) -> Verdict {
    match axis(ses, |ses| ses.dkim) {
        Verdict::Yes => Cnames::of(diagnosis).verdict(),
        signs @ (Verdict::No | Verdict::Unknown) => signs,
    }
}

/// Whether SPF passes for the MAIL FROM domain of its own.
pub fn own_spf_passes(ses: Option<SesStatus>, diagnosis: &Diagnosis) -> Verdict {
    // Without the MX record SES takes its own MAIL FROM domain, once it has noticed.
    let mx = match state_of(diagnosis, RecordId::MailFromMx) {
        Verdict::Yes => Verdict::Yes,
        Verdict::No | Verdict::Unknown => Verdict::Unknown,
    };
    let spf = state_of(diagnosis, RecordId::MailFromSpf);
    Verdict::all([axis(ses, |ses| ses.mail_from), spf, mx])
}

fn axis(ses: Option<SesStatus>, status: fn(SesStatus) -> AxisStatus) -> Verdict {
    ses.map_or(Verdict::Unknown, |ses| Verdict::of(status(ses).is_in_use()))
}

/// Whether a record is right, and mail servers believe it.
pub(crate) fn state_of(diagnosis: &Diagnosis, id: RecordId) -> Verdict {
    let record = diagnosis.records.iter().find(|record| record.id == id);
    match record.map(|record| record.state) {
        Some(RecordState::Found) => Verdict::Yes,
        Some(RecordState::Unknown) if record.is_some_and(is_untrusted) => Verdict::No,
        Some(RecordState::Missing | RecordState::Wrong) => Verdict::No,
        Some(RecordState::Unknown | RecordState::NotLookedYet) | None => Verdict::Unknown,
    }
}

/// The DMARC records that the last look found at the domain and above it, and what was asked below it.
struct Found<'a>(&'a SendingDomain<'a>);

impl DmarcRecords for Found<'_> {
    fn record(&self, name: &str) -> DmarcAnswer {
        let diagnosis = self.0.diagnosis;
        if let Some(answer) = policy_below(name, self.0.below) {
            return answer;
        }
        let mut others = diagnosis.dmarc_above.iter();
        if let Some(other) = others.find(|other| other.name == name) {
            return DmarcAnswer::Record(other.dmarc.clone());
        }
        match &diagnosis.dmarc {
            DmarcDiscovery::Published { at, dmarc, .. } if *at == dmarc_name(name) => {
                DmarcAnswer::Record(dmarc.clone())
            }
            DmarcDiscovery::Void {
                at,
                multiple: false,
            } if *at == dmarc_name(name) => DmarcAnswer::Unreadable,
            DmarcDiscovery::Unknown if name == self.0.name.as_str() => DmarcAnswer::Unknown,
            DmarcDiscovery::Published { .. }
            | DmarcDiscovery::Void { .. }
            | DmarcDiscovery::Absent
            | DmarcDiscovery::Unknown => DmarcAnswer::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::scene::{Scene, cname, txt};
    use crate::diagnosis::{aliases_below, questions_below};
    use crate::email_auth::Policy;

    const ALL: SesStatus = SesStatus {
        verification: AxisStatus::Success,
        dkim: AxisStatus::Success,
        mail_from: AxisStatus::Success,
    };

    fn from(author: &str, scene: &Scene, ses: SesStatus) -> Delivery {
        let diagnosis = scene.diagnosis();
        let mail_from = format!("bounce.{}", scene.domain);
        delivery_from(
            author,
            &SendingDomain {
                name: &scene.domain,
                mail_from: Some(&mail_from),
                ses: Some(ses),
                diagnosis: &diagnosis,
                below: &[],
            },
        )
    }

    fn refused(author: &str, scene: &Scene, ses: SesStatus) -> Verdict {
        from(author, scene, ses).refused
    }

    fn policy(text: &str) -> Scene {
        Scene::right().instead(RecordId::Dmarc, txt(text))
    }

    #[test]
    fn signed_mail_passes_except_from_names_below_a_strictly_aligned_domain() {
        let reject = policy("v=DMARC1; p=reject");
        for author in ["example.com", "news.example.com"] {
            assert_eq!(refused(author, &reject, ALL), Verdict::No);
            assert_eq!(
                refused(author, &reject, SesStatus::NOT_STARTED),
                Verdict::Yes
            );
        }
        let strict = policy("v=DMARC1; p=reject; adkim=s; aspf=s");
        assert_eq!(refused("example.com", &strict, ALL), Verdict::No);
        assert_eq!(refused("news.example.com", &strict, ALL), Verdict::Yes);
    }

    #[test]
    fn dkim_does_not_pass_if_its_published_keys_are_gone() {
        let ids = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
        let gone = ids
            .into_iter()
            .fold(policy("v=DMARC1; p=reject"), Scene::without);
        assert_eq!(dkim_passes(Some(ALL), &gone.diagnosis()), Verdict::No);
        assert_eq!(
            refused("example.com", &gone, ALL),
            Verdict::No,
            "SPF is aligned"
        );
        let both = gone.without(RecordId::MailFromSpf);
        assert_eq!(refused("example.com", &both, ALL), Verdict::Yes);
    }

    #[test]
    fn names_below_the_domain_use_the_organizational_policy_not_the_domains_own() {
        let scene = Scene::all_of("mail.example.com", "example.com").publish(
            "_dmarc.example.com",
            txt("v=DMARC1; p=reject; sp=quarantine"),
        );
        let own = from("mail.example.com", &scene, ALL);
        assert_eq!(own.policy, Some(Policy::None));
        let below = from("news.mail.example.com", &scene, SesStatus::NOT_STARTED);
        assert_eq!(
            (below.policy, below.refused),
            (Some(Policy::Quarantine), Verdict::Yes)
        );
        let signed = from("news.mail.example.com", &scene, ALL);
        assert_eq!(signed.refused, Verdict::No);
    }

    #[test]
    fn an_unknown_state_is_not_reported_as_refused() {
        let silent = (0..3).fold(Scene::right(), |scene, server| {
            scene.fault(server, crate::dns::Outcome::TimedOut)
        });
        assert_eq!(
            refused("example.com", &silent, SesStatus::NOT_STARTED),
            Verdict::Unknown
        );
        assert_eq!(refused("example.com", &silent, ALL), Verdict::No);
        let none = Scene::right().without(RecordId::Dmarc);
        assert_eq!(
            refused("example.com", &none, SesStatus::NOT_STARTED),
            Verdict::No
        );
    }

    fn below(author: &str, scene: &Scene, asked: &Scene) -> Delivery {
        let diagnosis = scene.diagnosis();
        let mut seen = asked.observe(&questions_below(author, "example.com"));
        seen.extend(asked.observe(&aliases_below(&seen)));
        delivery_from(
            author,
            &SendingDomain {
                name: &scene.domain,
                mail_from: Some("bounce.example.com"),
                ses: Some(ALL),
                diagnosis: &diagnosis,
                below: &seen,
            },
        )
    }

    #[test]
    fn a_policy_at_the_name_itself_takes_precedence_over_the_one_above() {
        let none = policy("v=DMARC1; p=none");
        let strict = "v=DMARC1; p=reject; adkim=s; aspf=s";
        let own = none.clone().publish("_dmarc.news.example.com", txt(strict));
        let seen = below("news.example.com", &own, &own);
        assert_eq!(
            (seen.policy, seen.refused),
            (Some(Policy::Reject), Verdict::Yes)
        );
        let own = none
            .clone()
            .publish("_dmarc.news.example.com", txt("v=DMARC1; p=reject"));
        assert_eq!(below("news.example.com", &own, &own).refused, Verdict::No);
        // An organization of its own is aligned with nothing above it.
        let ended = none
            .clone()
            .publish("_dmarc.news.example.com", txt("v=DMARC1; p=reject; psd=n"));
        assert_eq!(
            below("news.example.com", &ended, &ended).refused,
            Verdict::Yes
        );
        assert_eq!(
            below("a.news.example.com", &ended, &ended).refused,
            Verdict::Yes
        );
        // At a vendor, behind an alias.
        let vendor = none
            .publish("_dmarc.news.example.com", cname("news.vendor.example"))
            .publish("news.vendor.example", txt(strict));
        assert_eq!(
            below("news.example.com", &vendor, &vendor).refused,
            Verdict::Yes
        );
    }

    #[test]
    fn a_name_between_both_with_psd_n_bounds_the_organization() {
        let scene = policy("v=DMARC1; p=none").publish(
            "_dmarc.news.example.com",
            txt("v=DMARC1; p=none; sp=reject; psd=n"),
        );
        let seen = below("a.news.example.com", &scene, &scene);
        assert_eq!(
            (seen.policy, seen.refused),
            (Some(Policy::Reject), Verdict::Yes)
        );
    }

    #[test]
    fn np_applies_only_to_names_that_do_not_exist() {
        let scene = policy("v=DMARC1; p=none; np=reject; adkim=s; aspf=s");
        assert_eq!(
            from("news.example.com", &scene, ALL).refused,
            Verdict::Unknown
        );
        assert_eq!(
            below("news.example.com", &scene, &scene).refused,
            Verdict::Yes
        );
        let there = scene.publish("news.example.com", txt("hello"));
        assert_eq!(
            below("news.example.com", &there, &there).refused,
            Verdict::No
        );
    }

    #[test]
    fn if_a_names_own_policy_is_unknown_the_policy_above_applies() {
        let scene = policy("v=DMARC1; p=reject; adkim=s; aspf=s");
        let silent = (0..3).fold(scene.clone(), |scene, server| {
            scene.fault(server, crate::dns::Outcome::TimedOut)
        });
        assert_eq!(
            below("news.example.com", &scene, &silent).refused,
            Verdict::Yes
        );
        let relaxed = policy("v=DMARC1; p=none");
        assert_eq!(
            below("news.example.com", &relaxed, &silent).refused,
            Verdict::No
        );
    }
}
