//! The stages of a look at a domain. Each is a type that is made from the one before it:
//!
//! | stage | known | leads to |
//! | --- | --- | --- |
//! | [`DueDomain`] | it is due | [`Asked`] |
//! | [`Asked`] | the SES status, or that SES was not asked | [`LookedUp`], [`Doubtful`] |
//! | [`Doubtful`] | SES has to be asked before it can be concluded | [`LookedUp`] |
//! | [`LookedUp`] | the DNS look, or that there was no time for it | `Concluded` |
//!
//! So a domain cannot be concluded before SES was asked and DNS was queried.

mod conclude;
mod restart;

use jiff::Timestamp;

use crate::dns::{DnsLook, Lookup};
use crate::domain::Domain;
use crate::identity::SesStatus;
use crate::pace;
use crate::ports::Clock;
use crate::state::Status;
use crate::use_cases::look::look_at_dns;
use crate::watching;

/// A domain that is due for a look.
#[derive(Debug)]
pub(super) struct DueDomain(Domain);

/// A domain after SES was asked, or was not.
#[derive(Debug)]
pub(super) struct Asked {
    domain: Domain,
    said: Said,
}

/// The SES status of a domain in this run.
#[derive(Debug, Clone, Copy)]
enum Said {
    /// A complete new answer.
    Now(SesStatus),
    /// The last answer: SES's list shows that the verification has not changed since.
    Before(SesStatus),
    /// No answer: SES was not asked, as [`DueDomain::asks_ses`] says.
    Nothing,
}

/// A domain for which SES's list or DNS contradicts the last SES answer. It is concluded after a
/// new answer.
#[derive(Debug)]
pub(super) struct Doubtful {
    domain: Domain,
    dns: Option<DnsLook>,
}

/// A domain about which enough is known for its change to be written.
#[derive(Debug)]
pub(super) struct LookedUp {
    domain: Domain,
    said: Said,
    /// `None` if there was no time for a look, or no record to look for.
    dns: Option<DnsLook>,
    /// SES was made to look again for records in this run.
    restarted: bool,
}

/// The result of a DNS look.
#[derive(Debug)]
pub(super) enum Looked {
    /// Enough is known.
    Enough(LookedUp),
    /// SES has to be asked first.
    Doubtful(Doubtful),
}

impl DueDomain {
    pub(super) fn new(domain: Domain) -> Self {
        Self(domain)
    }

    /// Whether SES is asked about the domain. SES's list of all identities covers verified domains
    /// and is cheaper, unless a person waits or the domain seems broken.
    pub(super) fn asks_ses(&self, now: Timestamp) -> bool {
        let Self(domain) = self;
        match domain.state.status() {
            Status::Pending | Status::AtRisk => true,
            Status::Failed => !domain.state.is_without_identity(),
            Status::Verified | Status::Authenticated | Status::Rejected => {
                pace::is_hurried(domain, now) || domain.watch.bad_since.is_some()
            }
            Status::Contested | Status::Provisioning | Status::Removing => false,
        }
    }

    /// SES was asked and returned `status`.
    pub(super) fn answered(self, status: Option<SesStatus>) -> Asked {
        Asked {
            domain: self.0,
            said: Said::now(status),
        }
    }

    /// SES's list shows that the verification has not changed since SES returned this status.
    pub(super) fn unmoved_since(self, status: SesStatus) -> Asked {
        Asked {
            domain: self.0,
            said: Said::Before(status),
        }
    }

    /// SES is not asked.
    pub(super) fn not_asked(self) -> Asked {
        self.answered(None)
    }
}

impl Asked {
    pub(super) fn domain(&self) -> &Domain {
        &self.domain
    }

    pub(super) fn status(&self) -> Option<SesStatus> {
        self.said.status()
    }

    /// The domain after the SES status was written.
    pub(super) fn written(self, domain: Domain) -> Self {
        Self { domain, ..self }
    }

    /// Looks up the records. A watched domain is doubtful if SES was not asked (or not completely)
    /// and DNS contradicts the last SES answer.
    pub(super) async fn look_up(self, dns: &impl Lookup, clock: &impl Clock) -> Looked {
        let Self { domain, said } = self;
        let dns = look_at_dns(dns, clock, &domain, said.status()).await;
        let half_asked = match said {
            Said::Now(_) => false,
            Said::Before(_) => true,
            Said::Nothing => watching::is_watched(domain.state.status()),
        };
        let wants_ses = |dns| half_asked && watching::wants_ses(&domain, dns);
        if dns.as_ref().is_some_and(wants_ses) {
            Looked::Doubtful(Doubtful { domain, dns })
        } else {
            Looked::Enough(LookedUp::new(domain, said, dns))
        }
    }

    /// The SES status is worth writing even without time for DNS. `None` if SES did not answer.
    pub(super) fn without_dns(self) -> Option<LookedUp> {
        self.status()?;
        Some(LookedUp::new(self.domain, self.said, None))
    }
}

impl Doubtful {
    /// SES's list contradicts the last SES answer; this needs no DNS look.
    pub(super) fn by_list(domain: Domain) -> Self {
        Self { domain, dns: None }
    }

    /// SES was asked and returned `status`.
    pub(super) fn answered(self, status: Option<SesStatus>) -> LookedUp {
        LookedUp::new(self.domain, Said::now(status), self.dns)
    }
}

impl LookedUp {
    fn new(domain: Domain, said: Said, dns: Option<DnsLook>) -> Self {
        Self {
            domain,
            said,
            dns,
            restarted: false,
        }
    }
}

impl Said {
    fn now(status: Option<SesStatus>) -> Self {
        status.map_or(Self::Nothing, Self::Now)
    }

    fn status(self) -> Option<SesStatus> {
        match self {
            Self::Now(status) | Self::Before(status) => Some(status),
            Self::Nothing => None,
        }
    }

    /// The look after a call to SES has changed the status.
    fn with(self, status: SesStatus) -> Self {
        match self {
            Self::Now(_) => Self::Now(status),
            Self::Before(_) => Self::Before(status),
            Self::Nothing => Self::Nothing,
        }
    }
}

impl AsRef<Domain> for DueDomain {
    fn as_ref(&self) -> &Domain {
        &self.0
    }
}

impl AsRef<Domain> for Doubtful {
    fn as_ref(&self) -> &Domain {
        &self.domain
    }
}
