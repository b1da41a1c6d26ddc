//! The records that SES looks for in DNS, and when. The caller does the look-up.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::account::Account;
use crate::axis::Seen;
use crate::identity::{Identity, Signing, is_address, parents};

/// The domain of the CNAME targets: the `SigningHostedZone` that SES returns in most regions.
pub const SIGNING_HOSTED_ZONE: &str = "dkim.amazonses.com";

/// The requested statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The domain's verification: TXT and DKIM.
    Verification,
    /// The DKIM records.
    Dkim,
    /// The MAIL FROM domain.
    MailFrom,
    /// All of them.
    All,
}

/// One record set to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The TXT record at `_amazonses.<domain>`, or at the domain itself with or without the prefix
    /// `amazonses:` (developer guide, "Amazon SES domain verification TXT records").
    Text {
        /// The identity.
        domain: String,
        /// The value.
        token: String,
    },
    /// The three CNAME records.
    Dkim {
        /// The identity.
        domain: String,
        /// One for each name and target.
        tokens: [String; 3],
    },
    /// Any TXT record at `<selector>._domainkey.<domain>` (BYODKIM). SES compares the public key, too.
    Selector {
        /// The identity.
        domain: String,
        /// The first label.
        selector: String,
    },
    /// Exactly one MX record, SES's own, and an SPF record that includes SES (developer guide,
    /// "Using a custom MAIL FROM domain").
    MailFrom {
        /// The MAIL FROM domain.
        domain: String,
        /// The region in the target of the MX record.
        region: String,
    },
}

/// A look that is due.
#[derive(Debug, Clone)]
pub struct Due {
    name: String,
    which: Which,
    /// The records to look for.
    pub look: Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Text,
    Dkim,
    MailFrom,
}

impl Wanted {
    fn includes(self, which: Which) -> bool {
        match (self, which) {
            (Self::All, _) | (Self::Verification, Which::Text | Which::Dkim) => true,
            (Self::Dkim, Which::Dkim) | (Self::MailFrom, Which::MailFrom) => true,
            (Self::Verification | Self::Dkim | Self::MailFrom, _) => false,
        }
    }
}

impl Account {
    /// The looks that update the wanted statuses of these identities, and the verification of the
    /// domains above them, which they may inherit. Applies limits that have passed.
    pub fn due(&mut self, names: &[String], wanted: Wanted, now: Duration) -> Vec<Due> {
        let (recheck, mut due) = (self.settings.recheck, Vec::new());
        let mut planned = BTreeSet::new();
        for name in names {
            if wanted.includes(Which::Text) {
                for parent in parents(name).filter(|parent| planned.insert((*parent).to_owned())) {
                    self.plan(parent, Wanted::Verification, (now, recheck), &mut due);
                }
            }
            self.plan(name, wanted, (now, recheck), &mut due);
            planned.insert(name.clone());
        }
        due
    }

    /// Before the clock jumps to `moment`: a last look for everything that would otherwise have
    /// failed by then.
    pub fn due_before(&mut self, moment: Duration, now: Duration) -> Vec<Due> {
        let window = self.settings.window;
        let names: Vec<String> = self
            .identities()
            .filter(|identity| identity.expires_by(moment, window))
            .map(|identity| identity.name.clone())
            .collect();
        let mut due = Vec::new();
        for name in names {
            self.plan(&name, Wanted::All, (now, Duration::ZERO), &mut due);
        }
        due
    }

    /// Applies the result of a look. It is ignored if the keys or the MAIL FROM domain have been
    /// changed meanwhile.
    pub fn observe(&mut self, due: &Due, seen: Seen, now: Duration) {
        let Ok(identity) = self.get(&due.name) else {
            return;
        };
        if self.look(identity, due.which).as_ref() != Some(&due.look) {
            return;
        }
        let Some(identity) = self.find_mut(&due.name) else {
            return;
        };
        match due.which {
            Which::Text => identity.observe_text(seen, now),
            Which::Dkim => identity.dkim.observe(seen, now),
            Which::MailFrom => {
                if let Some(mail_from) = &mut identity.mail_from {
                    mail_from.axis.observe(seen, now);
                }
            }
        }
    }

    /// The records to look for; `None` for a MAIL FROM domain that is not set.
    fn look(&self, identity: &Identity, which: Which) -> Option<Look> {
        let domain = identity.name.clone();
        Some(match which {
            Which::Text => Look::Text {
                token: self.verification_token(identity),
                domain,
            },
            Which::Dkim => match &identity.signing {
                Signing::EasyDkim => Look::Dkim {
                    tokens: self.easy_dkim_tokens(identity),
                    domain,
                },
                Signing::External { selector } => Look::Selector {
                    selector: selector.clone(),
                    domain,
                },
            },
            Which::MailFrom => {
                let mail_from = identity.mail_from.as_ref()?;
                Look::MailFrom {
                    domain: mail_from.domain.clone(),
                    region: mail_from.region.clone(),
                }
            }
        })
    }

    fn plan(
        &mut self,
        name: &str,
        wanted: Wanted,
        (now, recheck): (Duration, Duration),
        planned: &mut Vec<Due>,
    ) {
        let window = self.settings.window;
        let Some(identity) = self.find_mut(name).filter(|_| !is_address(name)) else {
            return;
        };
        identity.expire(now, window);
        let Ok(identity) = self.get(name) else {
            return;
        };
        let looks = [Which::Text, Which::Dkim, Which::MailFrom].into_iter();
        let looks = looks.filter(|which| wanted.includes(*which));
        let looks = looks.filter_map(|which| {
            let axis = match which {
                Which::Text => &identity.text,
                Which::Dkim => &identity.dkim,
                Which::MailFrom => &identity.mail_from.as_ref()?.axis,
            };
            let look = self.look(identity, which)?;
            let name = name.to_owned();
            axis.is_due(now, recheck)
                .then_some(Due { name, which, look })
        });
        planned.extend(looks);
    }
}
