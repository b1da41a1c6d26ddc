//! What to ask before a DMARC policy is changed, and what happens from then on.

use super::dmarc_faults::written;
use super::dmarc_repair::{Changes, left_out, repaired};
use super::show::show;
use super::steps::{Questions, Steps};
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::email_auth::{Dmarc, Policy};
use crate::records::{Record, RecordId};

impl Wording<'_> {
    /// What to ask before a policy becomes `value`, and what that does.
    pub(super) fn policy_steps(&self, raw: &str, value: &str, code: Code) -> Steps {
        let mut steps = Steps::default();
        let lost = left_out(raw, value);
        let show_all = |parts: &[String]| parts.iter().map(|part| show(part)).collect::<Vec<_>>();
        steps.ask.where_belong(show_all(&lost.others));
        steps.ask.may_leave_out(&show_all(&lost.parts), "DMARC");
        if code == Code::DmarcStrictAlignment {
            let is_strict = |part: &&str| {
                let own = written(raw, part).replace(' ', "").to_ascii_lowercase();
                own == format!("{part}=s")
            };
            for tag in ["adkim", "aspf"].into_iter().filter(|tag| is_strict(tag)) {
                steps.ask.may(format!("{tag}=s become {tag}=r"));
            }
        }
        let changes = Changes::of(raw, value);
        for lost in changes.lost {
            steps
                .ask
                .may(format!("{lost}, with which mail servers refuse nothing"));
        }
        let mended = changes.mended.into_iter();
        steps
            .then
            .extend(mended.map(|part| format!("In the value, {part}.")));
        if let Some(policy) = changes.takes_effect {
            self.take_effect(policy, &mut steps.ask, &mut steps.then);
        }
        steps
    }

    /// What to ask before a policy counts that blocks mail, and what happens from then on.
    fn take_effect(&self, policy: Policy, ask: &mut Questions, then: &mut Vec<String>) {
        let domain = self.context.domain;
        ask.may(format!(
            "the DMARC policy p={} take effect for mail from {domain}",
            policy.as_str()
        ));
        then.push(self.effect_of(policy));
    }

    pub(super) fn effect_of(&self, policy: Policy) -> String {
        let mail = format!("mail from {} that fails their check", self.context.domain);
        format!("From then on mail servers {}.", blocking(policy, &mail))
    }

    /// The same for the owner's policy `seen` that gets its right name; nothing for other records.
    pub(super) fn published(&self, record: &Record, seen: &str) -> (Questions, Vec<String>) {
        let (mut ask, mut then) = (Questions::default(), Vec::new());
        if record.id == RecordId::Dmarc
            && let Ok(dmarc) = Dmarc::parse(&repaired(seen, ""))
            && dmarc.policy.blocks()
        {
            self.take_effect(dmarc.policy, &mut ask, &mut then);
        }
        (ask, then)
    }
}

/// What mail servers do with `mail` by a policy that blocks it.
pub(super) fn blocking(policy: Policy, mail: &str) -> String {
    match policy {
        Policy::Reject => format!("refuse {mail}"),
        Policy::Quarantine | Policy::None => format!("treat {mail} as spam"),
    }
}
