//! The one set of identities that both APIs are views of, and its truth from DNS.
//!
//! A look is made when somebody asks for a status, at most once per interval and axis. Nothing runs in
//! the background: ten thousand identities that nobody asks about cost nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;

use super::behaviour::{Behaviour, Inheritance, Tokens};
use super::identity::{Axis, Identity, Signing, Status, is_address, parents};
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
    /// How often tokens were given up with their identity, where each creation makes others.
    generations: BTreeMap<String, u32>,
}

impl State {
    /// The identity with this name, made if need be.
    pub(crate) fn make(&mut self, name: &str) -> &mut Identity {
        self.deleted.remove(name);
        let generation = self.generations.get(name).copied().unwrap_or(0);
        self.identities
            .entry(name.to_owned())
            .or_insert_with(|| Identity::of_generation(name, generation))
    }

    /// Has these identities, whatever there was under their names.
    pub(crate) fn put(&mut self, identities: Vec<Identity>) {
        for identity in identities {
            self.deleted.remove(&identity.name);
            self.identities.insert(identity.name.clone(), identity);
        }
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
    pub(crate) fn remove(&mut self, name: &str, tokens: Tokens) -> bool {
        self.deleted.insert(name.to_owned());
        let Some(removed) = self.identities.remove(name) else {
            return false;
        };
        if tokens == Tokens::Fresh {
            let used = removed.text_generation.max(removed.dkim_generation);
            self.generations.insert(removed.name, used + 1);
        }
        true
    }

    /// The status that SES reports: a child of a verified domain is verified by inheritance.
    pub(crate) fn verification(&self, identity: &Identity, behaviour: Behaviour) -> Status {
        let own = identity.verification();
        match behaviour.inheritance {
            Inheritance::Success if self.inherits(identity) => Status::Success,
            Inheritance::Success | Inheritance::SendingOnly => own,
        }
    }

    /// May mail be sent from it? Sending goes on while records are missing for a time; it ends when SES
    /// gives up, unless a domain above is verified.
    pub(crate) fn may_send(&self, identity: &Identity) -> bool {
        let own = identity.verification();
        matches!(own, Status::Success | Status::TemporaryFailure) || self.inherits(identity)
    }

    fn inherits(&self, identity: &Identity) -> bool {
        parents(&identity.name)
            .filter_map(|parent| self.identities.get(parent))
            .any(|parent| parent.verification() == Status::Success)
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

    /// The tags of an identity; `None` if there is none.
    pub(crate) fn tags(&self, name: &str) -> Option<Vec<(String, String)>> {
        let state = self.state();
        let identity = state.identities.get(name)?;
        Some(identity.tags.clone())
    }

    /// The token of the TXT record.
    pub(crate) fn verification_token(&self, identity: &Identity) -> String {
        tokens::verification(&self.seed, &identity.name, identity.text_generation)
    }

    /// The tokens of the CNAME records, or the selector of BYODKIM.
    pub(crate) fn dkim_tokens(&self, identity: &Identity) -> Vec<String> {
        match &identity.signing {
            Signing::EasyDkim => self.easy_dkim_tokens(identity).to_vec(),
            Signing::External { selector } => vec![selector.clone()],
        }
    }

    fn easy_dkim_tokens(&self, identity: &Identity) -> [String; 3] {
        tokens::dkim(&self.seed, &identity.name, identity.dkim_generation)
    }

    /// What there is to look for; `None` for a MAIL FROM domain that is not set.
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
        let mail_from = identity.mail_from.as_ref();
        let all = [
            (Which::Text, wanted.verification && due(&identity.text)),
            (
                Which::Dkim,
                (wanted.verification || wanted.dkim) && due(&identity.dkim),
            ),
            (
                Which::MailFrom,
                wanted.mail_from && mail_from.is_some_and(|mail_from| due(&mail_from.axis)),
            ),
        ];
        for (which, is_due) in all {
            if let Some(look) = self.look(identity, which).filter(|_| is_due) {
                looks.push((name.to_owned(), which, look));
            }
        }
    }

    async fn carry_out(&self, looks: Vec<(String, Which, Look)>, timing: Timing) {
        let mut looking = futures::stream::iter(looks)
            .map(|(name, which, look)| async move {
                let seen = self.lookup.look(&look).await;
                (name, which, look, seen)
            })
            .buffer_unordered(CONCURRENT_LOOKS);
        while let Some((name, which, look, seen)) = looking.next().await {
            let mut state = self.state();
            // Other keys, or another MAIL FROM domain, may have been set meanwhile.
            let Some(identity) = state
                .identities
                .get_mut(&name)
                .filter(|identity| self.look(identity, which).as_ref() == Some(&look))
            else {
                continue;
            };
            match which {
                Which::Text => identity.observe_text(seen, timing.now),
                Which::Dkim => identity.dkim.observe(seen, timing.now),
                Which::MailFrom => {
                    if let Some(mail_from) = &mut identity.mail_from {
                        mail_from.axis.observe(seen, timing.now);
                    }
                }
            }
        }
    }
}
