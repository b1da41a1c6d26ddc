//! Emails about a domain that were not delivered or were reported as spam.

use jiff::{SignedDuration, Timestamp};

use super::{Change, Domain};
use crate::evidence;
use crate::history::{Action, Actor};
use crate::mail_refusal::{MailRefusal, MailReport, Mailing, REMEMBERED};

/// The maximum difference between Amazon SES's clock and ours.
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
    /// is being removed. If the contact has changed since, or later instructions were sent, only
    /// the history gets the report.
    pub fn mail_refused(&self, report: &MailReport, now: Timestamp) -> Option<Change> {
        let is_known =
            |known: &MailRefusal| known.message == report.message && known.reason == report.reason;
        let is_of_earlier_life = report.sent_at + CLOCKS_DIFFER < self.added_at;
        if !self.is_there() || is_of_earlier_life || self.mail_refusals.iter().any(is_known) {
            return None;
        }
        let mut refusal = report.refusal();
        // A mail server may report the address in other letter case.
        let is_contact = self
            .contact_email
            .as_ref()
            .is_some_and(|contact| contact.as_str().eq_ignore_ascii_case(report.to.as_str()));
        refusal.superseded = match report.email {
            Mailing::Notice => !is_contact,
            // Absent if they were sent by an earlier release.
            Mailing::Instructions => {
                let latest = self.latest_letter.as_ref();
                latest.is_some_and(|latest| *latest != report.message)
            }
        };
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

    /// The contact is another one: emails that the earlier one refused are no longer important.
    pub(crate) fn contact_changed(&mut self) {
        for refusal in &mut self.mail_refusals {
            refusal.superseded |= refusal.email == Mailing::Notice;
        }
    }

    /// Instructions were sent, with this identifier of Amazon SES: earlier ones that were refused are no longer
    /// important. The report about the new ones may have come before.
    pub(crate) fn instructions_sent(&mut self, message: &str) {
        for refusal in &mut self.mail_refusals {
            match refusal.email {
                Mailing::Notice => {}
                Mailing::Instructions => refusal.superseded = refusal.message != message,
            }
        }
        self.latest_letter = Some(message.to_owned());
    }

    /// The domain is added again: the emails of its earlier life are of no interest.
    pub(super) fn forget_mail(&mut self) {
        self.mail_refusals = Vec::new();
        self.latest_letter = None;
    }
}
