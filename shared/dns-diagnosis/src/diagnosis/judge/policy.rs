//! The effect of the DMARC policy on the records of a domain, and on mail that is sent now.

use super::case::Case;
use super::dmarc::dmarc_name;
use super::finding::{Finding, Judgement, Standing};
use super::protection::Protection;
use super::value::is_value_of;
use crate::diagnosis::DiagnosisCode as Code;
use crate::email_auth::{
    Alignment, Applicable, Delivery, DmarcAnswer, DmarcRecords, Identifier, Mail, Verdict,
    delivery, tree_walk,
};
use crate::records::{RecordId, SES_SPF_DOMAIN};

impl Case<'_> {
    /// The judgement of the DMARC record, and the name that it is about: the domain's, or one above
    /// it that counts.
    pub(super) fn dmarc(&self) -> (Judgement, String) {
        let (mut judged, place) = self.policies.effective();
        for finding in &mut judged.findings {
            let value = finding.value.as_deref().unwrap_or_default();
            let is_mismatch = finding.code == Code::ValueMismatch;
            let mut others = self.records.iter().filter(|it| it.id != RecordId::Dmarc);
            if is_mismatch && others.any(|other| is_value_of(other, value)) {
                finding.code = Code::ValuesExchanged;
            }
        }
        if place != dmarc_name(self.context.domain.as_str()) {
            judged.blame(&place);
        }
        (judged, place)
    }

    pub(crate) fn has_dmarc(&self) -> bool {
        self.policies.is_right()
    }

    /// The names of the walk that have to be asked if the domain has no policy of its own.
    pub(crate) fn unasked_policies(&self) -> Vec<String> {
        let policies = &self.policies;
        let own = policies.record(self.context.domain.as_str());
        match own {
            DmarcAnswer::Nothing => {
                let names = tree_walk(self.context.domain.as_str()).map(dmarc_name);
                names.collect()
            }
            DmarcAnswer::Record(_) | DmarcAnswer::Unreadable | DmarcAnswer::Unknown => Vec::new(),
        }
    }

    /// The MAIL FROM name, if a DMARC record at it decides whether mail is aligned: it is in place, SPF
    /// alignment is relaxed, and DKIM is not enough.
    pub(crate) fn policy_beside_dkim(&self, is_in_place: bool, is_signed: bool) -> Option<&str> {
        let signs = self.context.ses.is_none_or(|ses| ses.dkim.is_in_use());
        let name = self.mail_from().filter(|_| is_in_place)?;
        let dmarc = self.policies.applying()?;
        let dkim_is_enough = is_signed && signs && dmarc.dkim == Alignment::Relaxed;
        (dmarc.spf == Alignment::Relaxed && !dkim_is_enough).then_some(name)
    }

    /// What happens to mail from the domain itself that is sent now.
    fn delivery(&self, protection: Protection) -> Delivery {
        let domain = self.context.domain.as_str();
        let policies = &self.policies;
        let mail = Mail {
            author: domain,
            exists: Verdict::of(policies.exists),
            dkim: Identifier {
                domain,
                passes: Verdict::of(protection.dkim),
            },
            spf: Identifier {
                domain: self.mail_from().unwrap_or(SES_SPF_DOMAIN),
                passes: Verdict::of(protection.mail_from),
            },
        };
        delivery(&mail, policies)
    }

    /// What the policy means for mail that is sent now. `place` is the name that the judgement is
    /// about.
    pub(super) fn weigh_dmarc(&self, judged: &mut Judgement, place: &str, protection: Protection) {
        let delivery = self.delivery(protection);
        let Applicable::Record { at, dmarc, .. } = &delivery.applicable else {
            return;
        };
        let text = self.policies.text_at(at).unwrap_or_default();
        let at = dmarc_name(at);
        let finding = |code| {
            let finding = Finding::of(code, text.as_str());
            if at == place {
                finding
            } else {
                finding.at(&at)
            }
        };
        if delivery.refused == Verdict::Yes {
            judged.findings.push(finding(Code::DmarcBlocksVia));
        }
        if judged.standing != Standing::Right {
            return;
        }
        if !dmarc.void_tags.is_empty() {
            judged.findings.push(finding(Code::DmarcTagInvalid));
        }
        // SES signs with the identity's own domain: strict DKIM alignment is met by senders at the
        // domain itself, and matters to those below it if SPF does not align either. Our MAIL FROM
        // is a subdomain, which strict alignment never accepts.
        let spf_is_strict = dmarc.spf == Alignment::Strict;
        let dkim_matters = dmarc.dkim == Alignment::Strict && delivery.spf != Verdict::Yes;
        if spf_is_strict || dkim_matters {
            judged.findings.push(finding(Code::DmarcStrictAlignment));
        }
    }
}
