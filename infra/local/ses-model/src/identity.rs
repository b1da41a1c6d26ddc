//! The state of one identity at SES, and its changes. No I/O.
//!
//! Sources: "Verifying a domain identity", "Troubleshooting domain and email address verification",
//! "Easy DKIM" and "Using a custom MAIL FROM domain" in the Amazon SES developer guide.

use std::time::Duration;

use crate::axis::{Axis, Seen, Status};
use crate::behaviour::{FailedDkim, VerifiedAgain};

/// Whose keys sign the mail of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// SES's own: three CNAME records.
    EasyDkim,
    /// The caller's (BYODKIM): one TXT record with the public key, at `<selector>._domainkey`.
    External {
        /// In lower case.
        selector: String,
    },
}

/// A custom MAIL FROM domain.
#[derive(Debug, Clone)]
pub struct MailFrom {
    /// In lower case.
    pub domain: String,
    /// `USE_DEFAULT_VALUE` or `REJECT_MESSAGE`.
    pub behavior: String,
    /// Where its bounces go: `feedback-smtp.<region>.amazonses.com`.
    pub region: String,
    /// Its MX and SPF records together.
    pub axis: Axis,
}

impl MailFrom {
    /// SES starts to look for its records; while they are missing, mail uses SES's own MAIL FROM
    /// domain.
    pub fn started(domain: String, region: &str, now: Duration) -> Self {
        Self {
            domain,
            behavior: "USE_DEFAULT_VALUE".to_owned(),
            region: region.to_owned(),
            axis: Axis::started(now),
        }
    }
}

/// An identity.
#[derive(Debug, Clone)]
pub struct Identity {
    /// In lower case.
    pub name: String,
    /// The TXT record.
    pub text: Axis,
    /// Whether the TXT record was ever requested with v1 `VerifyDomainIdentity`.
    pub has_text_token: bool,
    /// Only the TXT record decides: v1 `VerifyDomainIdentity` started a verified domain again.
    awaits_text: bool,
    /// The three CNAME records together, or the one TXT record of BYODKIM.
    pub dkim: Axis,
    /// Whose keys sign.
    pub signing: Signing,
    /// Whether mail is signed (v2 `PutEmailIdentityDkimAttributes`).
    pub dkim_signing: bool,
    /// Bits of the keys of Easy DKIM.
    pub dkim_key: &'static str,
    /// How often the TXT token has been replaced.
    pub text_generation: u32,
    /// How often the DKIM tokens have been replaced.
    pub dkim_generation: u32,
    /// Its custom MAIL FROM domain.
    pub mail_from: Option<MailFrom>,
    /// The name of its configuration set.
    pub configuration_set: Option<String>,
    /// Keys and values, in the order in which they were added.
    pub tags: Vec<(String, String)>,
}

impl Identity {
    /// An identity for which nothing has been started yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: Axis::not_started(),
            has_text_token: false,
            awaits_text: false,
            dkim: Axis::not_started(),
            signing: Signing::EasyDkim,
            dkim_signing: true,
            dkim_key: "RSA_2048_BIT",
            text_generation: 0,
            dkim_generation: 0,
            mail_from: None,
            configuration_set: None,
            tags: Vec::new(),
        }
    }

    /// An identity with tokens of a later generation.
    pub fn of_generation(name: &str, generation: u32) -> Self {
        Self {
            text_generation: generation,
            dkim_generation: generation,
            ..Self::new(name)
        }
    }

    /// Whether it is an address and not a domain. Addresses are verified immediately: there is no
    /// mail with a link to click.
    pub fn is_address(&self) -> bool {
        is_address(&self.name)
    }

    /// Requests the TXT record (v1 `VerifyDomainIdentity`), whether the domain is verified or not.
    pub fn verify_text(&mut self, now: Duration, verified: VerifiedAgain) {
        self.has_text_token = true;
        let is_verified = matches!(
            self.verification(),
            Status::Success | Status::TemporaryFailure
        );
        match verified {
            VerifiedAgain::Pending if is_verified => {
                self.text = Axis::started(now);
                self.awaits_text = true;
            }
            VerifiedAgain::Pending | VerifiedAgain::Keeps => self.text.start(now),
        }
    }

    /// Applies the result of a look for the TXT record.
    pub fn observe_text(&mut self, seen: Seen, now: Duration) {
        self.text.observe(seen, now);
        if self.text.status() == Status::Success {
            self.awaits_text = false;
        }
    }

    /// Requests the CNAME records of Easy DKIM (v1 `VerifyDomainDkim`). The reference does not
    /// mention BYODKIM; the model assumes the worse case: its keys are lost.
    pub fn verify_dkim(&mut self, now: Duration, failed: FailedDkim) {
        if self.dkim.status() == Status::Failed && self.signing == Signing::EasyDkim {
            match failed {
                FailedDkim::Restarts => {}
                FailedDkim::StaysFailed => return,
                FailedDkim::NewTokens => {
                    self.dkim_generation += 1;
                    self.dkim_key = "RSA_1024_BIT";
                }
            }
        }
        self.sign_with(Signing::EasyDkim, now);
    }

    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        let tag = self.tags.iter().find(|(present, _)| present == key)?;
        Some(&tag.1)
    }

    /// Adds tags; an existing key gets the new value.
    pub fn add_tags(&mut self, tags: Vec<(String, String)>) {
        for (key, value) in tags {
            self.tags.retain(|(present, _)| *present != key);
            self.tags.push((key, value));
        }
    }

    /// Sets the statuses of verification, DKIM and MAIL FROM (if it has a MAIL FROM domain) as if
    /// SES had determined them. If TXT and DKIM would not result in this verification, only the TXT
    /// record decides.
    pub fn set_status(
        &mut self,
        (verification, dkim, mail_from): (Status, Status, Status),
        now: Duration,
    ) {
        self.text = Axis::with_status(verification, now, true);
        self.dkim = Axis::with_status(dkim, now, true);
        if let Some(set) = &mut self.mail_from {
            set.axis = Axis::with_status(mail_from, now, true);
        }
        self.awaits_text = false;
        self.awaits_text = self.verification() != verification;
    }

    /// Applies the result of one look for all records.
    pub fn observe(&mut self, seen: Seen, now: Duration) {
        self.observe_text(seen, now);
        self.observe_all_but_text(seen, now);
    }

    /// Applies the result of a look for all records except the TXT record.
    pub fn observe_all_but_text(&mut self, seen: Seen, now: Duration) {
        self.dkim.observe(seen, now);
        if let Some(mail_from) = &mut self.mail_from {
            mail_from.axis.observe(seen, now);
        }
    }

    /// Changes whose keys sign. SES looks for new keys from the start; the same keys are started
    /// again.
    pub fn sign_with(&mut self, signing: Signing, now: Duration) {
        if self.signing == signing {
            self.dkim.start(now);
        } else {
            self.dkim = Axis::started(now);
            self.signing = signing;
        }
    }

    /// The verification. SES verifies a domain when it detects **either** the TXT record **or** the
    /// DKIM records.
    pub fn verification(&self) -> Status {
        if self.is_address() {
            return Status::Success;
        }
        if self.awaits_text {
            return self.text.status();
        }
        let rank = |status| match status {
            Status::NotStarted => 0,
            Status::Failed => 1,
            Status::Pending => 2,
            Status::TemporaryFailure => 3,
            Status::Success => 4,
        };
        let (text, dkim) = (self.text.status(), self.dkim.status());
        if rank(text) >= rank(dkim) { text } else { dkim }
    }

    /// Applies every limit that has passed.
    pub fn expire(&mut self, now: Duration, window: Duration) {
        self.text.expire(now, window);
        self.dkim.expire(now, window);
        if let Some(mail_from) = &mut self.mail_from {
            mail_from.axis.expire(now, window);
        }
    }

    /// Whether one of the limits will have passed at this time.
    pub fn expires_by(&self, moment: Duration, window: Duration) -> bool {
        self.text.expires_by(moment, window)
            || self.dkim.expires_by(moment, window)
            || self
                .mail_from
                .as_ref()
                .is_some_and(|mail_from| mail_from.axis.expires_by(moment, window))
    }
}

/// Whether this is the name of an address identity.
pub fn is_address(name: &str) -> bool {
    name.contains('@')
}

/// The domains above a domain, nearest first.
pub(crate) fn parents(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(name.split_once('.'), |(_, parent)| parent.split_once('.'))
        .map(|(_, parent)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_hours(72);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn either_the_txt_or_the_dkim_records_verify_a_domain() {
        let mut identity = Identity::new("example.com");
        assert_eq!(identity.verification(), Status::NotStarted);
        identity.dkim.start(at(0));
        assert_eq!(identity.verification(), Status::Pending);
        identity.text.start(at(0));
        identity.dkim.observe(Seen::Found, at(1));
        assert_eq!(identity.verification(), Status::Success);
        identity.expire(at(0) + WINDOW, WINDOW);
        assert_eq!(identity.text.status(), Status::Failed);
        assert_eq!(identity.verification(), Status::Success);
    }

    #[test]
    fn the_parents_of_a_name_are_all_names_above_it() {
        let names: Vec<_> = parents("a.b.example.com").collect();
        assert_eq!(names, ["b.example.com", "example.com", "com"]);
    }
}
