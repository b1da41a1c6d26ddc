//! The stages of a look at a domain, each a type that is made from the one before it:
//!
//! | stage | what is known | leads to |
//! | --- | --- | --- |
//! | [`DueDomain`] | it is due | [`Asked`] |
//! | [`Asked`] | what SES said, or that it was not asked | [`LookedUp`], [`Doubtful`] |
//! | [`Doubtful`] | SES is to be asked before it can be concluded | [`LookedUp`] |
//! | [`LookedUp`] | what DNS showed, or that there was no time to look | `Concluded` |
//!
//! So no domain is concluded before it was asked about and looked up.

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

/// A domain that is due to be looked at.
#[derive(Debug)]
pub(super) struct DueDomain(Domain);

/// A domain after SES was asked, or was not.
#[derive(Debug)]
pub(super) struct Asked {
    domain: Domain,
    said: Said,
}

/// What SES says of a domain in this run.
#[derive(Debug, Clone, Copy)]
enum Said {
    /// All of it, when asked.
    Now(SesStatus),
    /// What it said last: its list shows that the verification has not moved since.
    Before(SesStatus),
    /// Nothing: it was not asked, as [`DueDomain::asks_ses`] says.
    Nothing,
}

/// A domain of which SES's list or DNS shows something else than SES said last. It is concluded when
/// SES has said more.
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
    /// None where there was no time to look, or no record to look for.
    dns: Option<DnsLook>,
    /// SES was made to look again for records in this run.
    restarted: bool,
}

/// What a look at DNS leads to.
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

    /// Whether SES is asked about the domain. What it has verified is in its list of all identities,
    /// which is cheaper, unless a person waits or it seems broken.
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

    /// SES was asked, and this is its answer.
    pub(super) fn answered(self, status: Option<SesStatus>) -> Asked {
        Asked {
            domain: self.0,
            said: Said::now(status),
        }
    }

    /// SES's list shows that the verification has not moved since SES said this.
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

    /// The same after what SES said was written.
    pub(super) fn written(self, domain: Domain) -> Self {
        Self { domain, ..self }
    }

    /// Looks up the records. A watched domain about which SES was not asked, or not about all, is
    /// doubtful where DNS shows something else than SES said last.
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

    /// Without the time for DNS, what SES says is worth being written all the same. None where it
    /// said nothing.
    pub(super) fn without_dns(self) -> Option<LookedUp> {
        self.status()?;
        Some(LookedUp::new(self.domain, self.said, None))
    }
}

impl Doubtful {
    /// SES's list shows something else than SES said last, and DNS is not looked up for that.
    pub(super) fn by_list(domain: Domain) -> Self {
        Self { domain, dns: None }
    }

    /// SES was asked, and this is its answer.
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

    /// The same after a call to SES has changed the status.
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
