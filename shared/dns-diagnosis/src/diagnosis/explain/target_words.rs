//! Sentences about a record that depends on a name whose zone cannot be seen: an alias to another
//! service.

use super::result::Fix;
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::Trouble;
use crate::records::Record;

/// What keeps mail servers from seeing `at`, which `name` depends on.
pub(super) fn unseen_target_message(name: &str, at: &str, code: Code) -> String {
    let why = if code == Code::DnssecFailure {
        format!(
            "a security setting of {at} (DNSSEC) is broken, so mail servers trust nothing that is published there"
        )
    } else {
        format!(
            "the name servers of {at} do not answer for it, so what is published there cannot be seen"
        )
    };
    format!("{name} depends on {at}, and {why}.")
}

impl Wording<'_> {
    /// What to do if `at` cannot be seen. The records of the domain are not the reason.
    pub(super) fn unseen_target_fix(&self, record: &Record, at: &str, code: Code) -> Option<Fix> {
        if code == Code::DnssecFailure && !self.is_elsewhere(at) {
            return self.trouble_fix(Trouble::Bogus);
        }
        let words = if code == Code::DnssecFailure {
            format!(
                "DNSSEC is broken for {at}, and our record {} depends on it.",
                record.name
            )
        } else {
            format!(
                "The name servers of {at} do not answer for it, and our record {} depends on it.",
                record.name
            )
        };
        Some(Self::ask_company(at, &words))
    }
}
