//! The gate itself: its parts, and the changes that both APIs share.

use std::sync::Arc;
use std::time::Duration;

use super::behaviour::Behaviour;
use super::clock::Clock;
use super::control::Control;
use super::failure::Failure;
use super::history::History;
use super::identity::{Axis, Identity, MailFrom, is_address};
use super::registry::{Registry, Timing, Wanted};
use super::upstream::Upstream;

/// How long an answer waits for name servers. SES itself looks at its own times, and answers at once.
const LOOKING: Duration = Duration::from_secs(2);

/// All parts together.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) clock: Clock,
    pub(crate) control: Control,
    pub(crate) registry: Arc<Registry>,
    pub(crate) upstream: Upstream,
    pub(crate) history: History,
}

impl Gate {
    pub(crate) fn timing(&self) -> Timing {
        let settings = self.control.settings();
        Timing {
            now: self.clock.now(),
            window: settings.window,
            recheck: settings.recheck,
        }
    }

    /// How it answers where the documentation of SES says nothing.
    pub(crate) fn behaviour(&self) -> Behaviour {
        self.control.settings().behaviour
    }

    /// Brings statuses up to date, as far as name servers answer soon. What takes longer goes on, and is in
    /// a later answer.
    pub(crate) async fn refresh(&self, names: &[String], wanted: Wanted) {
        let (registry, timing) = (Arc::clone(&self.registry), self.timing());
        let names = names.to_vec();
        let looking = async move { registry.refresh(&names, wanted, timing).await };
        let looked = tokio::time::timeout(LOOKING, tokio::spawn(looking)).await;
        if let Ok(Err(error)) = looked {
            tracing::error!(%error, "looking for records has failed");
        }
    }

    /// Takes up identities that the emulator has and the gate does not know.
    pub(crate) fn adopt(&self, names: Vec<String>) {
        let now = self.clock.now();
        let mut state = self.registry.state();
        for name in names {
            state.adopt(&name, now);
        }
    }

    /// Changes an identity that there is. Limits that have passed count first: what is then started
    /// is started again.
    pub(crate) fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut Identity, Duration),
    ) -> Result<(), Failure> {
        let timing = self.timing();
        let mut state = self.registry.state();
        let identity = state
            .identities
            .get_mut(name)
            .ok_or_else(|| Failure::not_found(name))?;
        identity.expire(timing.now, timing.window);
        change(identity, timing.now);
        Ok(())
    }

    /// Changes an identity, which is made first if there is none.
    pub(crate) fn make_identity(
        &self,
        name: &str,
        change: impl FnOnce(&mut Identity, Duration),
    ) -> Result<(), Failure> {
        let limit = self.control.settings().identity_limit;
        {
            let mut state = self.registry.state();
            if !state.identities.contains_key(name) {
                if state.identities.len() >= limit {
                    return Err(Failure::limit_exceeded(limit));
                }
                state.make(name);
            }
        }
        self.change(name, change)
    }

    /// Sets or removes a MAIL FROM domain; setting it again looks again.
    pub(crate) fn set_mail_from(
        &self,
        name: &str,
        domain: &str,
        behavior: &str,
        region: &str,
    ) -> Result<(), Failure> {
        let domain = domain.trim_end_matches('.').to_ascii_lowercase();
        let parent = name.rsplit('@').next().unwrap_or(name);
        if !domain.is_empty() && !domain.ends_with(&format!(".{parent}")) {
            return Err(Failure::invalid(format!(
                "Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the \
                 identity <{parent}>."
            )));
        }
        self.change(name, |identity, now| {
            identity.mail_from = (!domain.is_empty() && !is_address(name)).then(|| MailFrom {
                domain,
                behavior: behavior.to_owned(),
                region: region.to_owned(),
                axis: Axis::started(now),
            });
        })
    }
}
