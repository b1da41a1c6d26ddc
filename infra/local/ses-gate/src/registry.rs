//! The one set of identities that both APIs are views of, and its truth from DNS.
//!
//! A look is made when somebody asks for a status, at most once per interval and axis. Nothing runs in
//! the background: ten thousand identities that nobody asks about cost nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;

use super::identity::{Axis, Identity, Seen, Status, is_address, parents};
use super::lookup::{Look, Lookup};
use super::tokens;

/// How many identities are looked up at once.
const CONCURRENT_LOOKS: usize = 64;

/// Which statuses somebody wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The domain's verification: TXT and DKIM.
    pub(crate) verification: bool,
    pub(crate) dkim: bool,
    pub(crate) mail_from: bool,
}

impl Wanted {
    pub(crate) const VERIFICATION: Self = Self {
        verification: true,
        dkim: false,
        mail_from: false,
    };
    pub(crate) const DKIM: Self = Self {
        verification: false,
        dkim: true,
        mail_from: false,
    };
    pub(crate) const MAIL_FROM: Self = Self {
        verification: false,
        dkim: false,
        mail_from: true,
    };
    pub(crate) const ALL: Self = Self {
        verification: true,
        dkim: true,
        mail_from: true,
    };
}

/// When things happen: the clock and the settings that bear on a look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) now: Duration,
    pub(crate) window: Duration,
    pub(crate) recheck: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Text,
    Dkim,
    MailFrom,
}

/// The identities of the account.
#[derive(Debug)]
pub(crate) struct Registry {
    seed: String,
    lookup: Lookup,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) identities: BTreeMap<String, Identity>,
    /// Deleted here. The emulator keeps two stores and forgets in one of them only, so what it says
    /// about these names is not to be believed.
    pub(crate) deleted: BTreeSet<String>,
}

impl State {
    /// The identity with this name, made if need be.
    pub(crate) fn make(&mut self, name: &str) -> &mut Identity {
        self.deleted.remove(name);
        self.identities
            .entry(name.to_owned())
            .or_insert_with(|| Identity::new(name))
    }

    /// Takes up an identity that the emulator turns out to have.
    pub(crate) fn adopt(&mut self, name: &str, now: Duration) {
        if !self.deleted.contains(name) && !self.identities.contains_key(name) {
            let identity = self.make(name);
            identity.text.start(now);
            identity.dkim.start(now);
        }
    }

    /// Removes an identity; was there one?
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.deleted.insert(name.to_owned());
        self.identities.remove(name).is_some()
    }

    /// The status that SES reports: a child of a verified domain is verified by inheritance.
    pub(crate) fn verification(&self, identity: &Identity) -> Status {
        let own = identity.verification();
        let inherited = own != Status::Success
            && parents(&identity.name)
                .filter_map(|parent| self.identities.get(parent))
                .any(|parent| parent.verification() == Status::Success);
        if inherited { Status::Success } else { own }
    }
}

impl Registry {
    pub(crate) fn new(seed: String, lookup: Lookup) -> Self {
        Self {
            seed,
            lookup,
            state: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token of the TXT record.
    pub(crate) fn verification_token(&self, domain: &str) -> String {
        tokens::verification(&self.seed, domain)
    }

    /// The tokens of the CNAME records.
    pub(crate) fn dkim_tokens(&self, domain: &str) -> [String; 3] {
        tokens::dkim(&self.seed, domain)
    }

    /// Brings the wanted statuses of these identities up to date, and the verification of the domains
    /// above them, from which they may inherit.
    pub(crate) async fn refresh(&self, names: &[String], wanted: Wanted, timing: Timing) {
        let mut looks = Vec::new();
        {
            let mut state = self.state();
            let mut planned = BTreeSet::new();
            for name in names {
                if wanted.verification {
                    for parent in
                        parents(name).filter(|parent| planned.insert((*parent).to_owned()))
                    {
                        self.plan(&mut state, parent, Wanted::VERIFICATION, timing, &mut looks);
                    }
                }
                self.plan(&mut state, name, wanted, timing, &mut looks);
                planned.insert(name.clone());
            }
        }
        self.carry_out(looks, timing).await;
    }

    /// Before the clock jumps to `moment`: a last look for everything that would then have failed.
    pub(crate) async fn refresh_before(&self, moment: Duration, timing: Timing) {
        let mut looks = Vec::new();
        {
            let mut state = self.state();
            let names: Vec<_> = state
                .identities
                .values()
                .filter(|identity| identity.expires_by(moment, timing.window))
                .map(|identity| identity.name.clone())
                .collect();
            let timing = Timing {
                recheck: Duration::ZERO,
                ..timing
            };
            for name in names {
                self.plan(&mut state, &name, Wanted::ALL, timing, &mut looks);
            }
        }
        self.carry_out(looks, timing).await;
    }

    fn plan(
        &self,
        state: &mut State,
        name: &str,
        wanted: Wanted,
        timing: Timing,
        looks: &mut Vec<(String, Which, Look)>,
    ) {
        let Some(identity) = state.identities.get_mut(name) else {
            return;
        };
        if is_address(name) {
            return;
        }
        identity.expire(timing.now, timing.window);
        let due = |axis: &Axis| axis.is_due(timing.now, timing.recheck);
        if wanted.verification && due(&identity.text) {
            let look = Look::Text {
                domain: name.to_owned(),
                token: self.verification_token(name),
            };
            looks.push((name.to_owned(), Which::Text, look));
        }
        if (wanted.verification || wanted.dkim) && due(&identity.dkim) {
            let look = Look::Dkim {
                domain: name.to_owned(),
                tokens: self.dkim_tokens(name),
            };
            looks.push((name.to_owned(), Which::Dkim, look));
        }
        if let Some(mail_from) = &identity.mail_from
            && wanted.mail_from
            && due(&mail_from.axis)
        {
            let look = Look::MailFrom {
                domain: mail_from.domain.clone(),
                region: mail_from.region.clone(),
            };
            looks.push((name.to_owned(), Which::MailFrom, look));
        }
    }

    async fn carry_out(&self, looks: Vec<(String, Which, Look)>, timing: Timing) {
        let seen: Vec<(String, Which, Look, Seen)> = futures::stream::iter(looks)
            .map(|(name, which, look)| async move {
                let seen = self.lookup.look(&look).await;
                (name, which, look, seen)
            })
            .buffer_unordered(CONCURRENT_LOOKS)
            .collect()
            .await;
        let mut state = self.state();
        for (name, which, look, seen) in seen {
            let Some(identity) = state.identities.get_mut(&name) else {
                continue;
            };
            let axis = match which {
                Which::Text => Some(&mut identity.text),
                Which::Dkim => Some(&mut identity.dkim),
                // Another MAIL FROM domain may have been set meanwhile.
                Which::MailFrom => identity
                    .mail_from
                    .as_mut()
                    .filter(|mail_from| {
                        matches!(&look, Look::MailFrom { domain, .. } if *domain == mail_from.domain)
                    })
                    .map(|mail_from| &mut mail_from.axis),
            };
            if let Some(axis) = axis {
                axis.observe(seen, timing.now);
            }
        }
    }
}
