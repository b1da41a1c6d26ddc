//! Emails about a domain that did not reach their reader.

use jiff::{SignedDuration, Timestamp};

use super::{Change, Domain};
use crate::evidence;
use crate::history::{Action, Actor};
use crate::instructions::Recipient;
use crate::mail_refusal::{MailRefusal, MailReport, Mailing, REMEMBERED};

/// By how much Amazon SES's clock may differ from ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

impl Domain {
    /// Those that still matter, the latest last.
    pub fn undelivered(&self) -> impl Iterator<Item = &MailRefusal> {
        self.mail_refusals
            .iter()
            .filter(|refusal| !refusal.superseded)
    }

    /// What Amazon SES reports of an email, in the domain and in its history. None where the domain has it
    /// already, or where the email is not about this domain: it was sent before the domain was added, or the
    /// domain is being removed. The report of an email to a contact that has changed since is kept in the
    /// history only.
    pub fn mail_refused(&self, report: &MailReport, now: Timestamp) -> Option<Change> {
        let is_known =
            |known: &MailRefusal| known.message == report.message && known.reason == report.reason;
        let is_of_earlier_life = report.sent_at + CLOCKS_DIFFER < self.added_at;
        if !self.is_there() || is_of_earlier_life || self.mail_refusals.iter().any(is_known) {
            return None;
        }
        let mut refusal = report.refusal();
        let contact = self.contact_email.as_ref().map(Recipient::of);
        refusal.superseded =
            report.email == Mailing::Notice && contact != Some(Recipient::of(&report.to));
        let evidence = Some(evidence::of_mail_refusal(&refusal));
        let change = self.acted(
            Action::EmailRefused,
            Actor::Service,
            evidence,
            now,
            |domain| {
                let refusals = &mut domain.mail_refusals;
                let excess = (refusals.len() + 1).saturating_sub(REMEMBERED);
                refusals.drain(..excess);
                refusals.push(refusal);
            },
        );
        Some(change)
    }

    /// Emails of this kind that were refused so far do not matter any more.
    pub(crate) fn supersede_refusals(&mut self, email: Mailing) {
        for refusal in &mut self.mail_refusals {
            refusal.superseded |= refusal.email == email;
        }
    }
}
