//! Emails about a domain that did not reach their reader.

use jiff::{SignedDuration, Timestamp};

use super::{Change, Domain};
use crate::evidence;
use crate::history::{Action, Actor};
use crate::instructions::Recipient;
use crate::mail_refusal::{MailRefusal, MailReport, Mailing, REMEMBERED};

/// The most that Amazon SES's clock may differ from ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

impl Domain {
    /// Emails that are not superseded, the latest last.
    pub fn undelivered(&self) -> impl Iterator<Item = &MailRefusal> {
        self.mail_refusals
            .iter()
            .filter(|refusal| !refusal.superseded)
    }

    /// Adds an SES report about an email to the domain and its history. `None` if the domain
    /// already has the report, if the email was sent before the domain was added, or if the domain
    /// is being removed. If the contact has changed since, only the history gets the report.
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

    /// Marks refused emails of this kind as no longer important.
    pub(crate) fn supersede_refusals(&mut self, email: Mailing) {
        for refusal in &mut self.mail_refusals {
            refusal.superseded |= refusal.email == email;
        }
    }
}
