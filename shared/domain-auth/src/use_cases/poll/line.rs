//! Domains that wait to be registered with SES or removed from it, in the order of turns.

use std::collections::HashMap;

use crate::domain::Domain;
use crate::names::ClientId;
use crate::ports::DomainKey;
use crate::turns::Turns;

/// Domains that wait in a run.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// To be registered.
    pub(super) registering: Turns<ClientId, Domain>,
    /// To be removed.
    pub(super) removing: Turns<ClientId, Domain>,
    /// All domains that this run has taken.
    known: HashMap<DomainKey, Known>,
}

/// The state of a domain that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It waits, or is being processed.
    InHand,
    /// The run has finished with it at this version.
    Left(u64),
}

impl Line {
    /// Takes a domain, unless this run is processing it, or has finished with it and it has not
    /// changed since. Returns whether it was taken.
    pub(super) fn join(&mut self, domain: Domain) -> bool {
        let taken = match self.known.get(&key(&domain)) {
            Some(Known::InHand) => false,
            Some(Known::Left(version)) => domain.version > *version,
            None => true,
        };
        if taken {
            self.known.insert(key(&domain), Known::InHand);
            let client = domain.client.clone();
            self.of(&domain).push(client, domain);
        }
        taken
    }

    /// Takes a domain again that needs another turn.
    pub(super) fn again(&mut self, domain: Domain) {
        let client = domain.client.clone();
        self.of(&domain).push_front(client, domain);
    }

    /// The run has finished with the domain, last seen at this version.
    pub(super) fn leave(&mut self, key: DomainKey, version: u64) {
        self.known.insert(key, Known::Left(version));
    }

    fn of(&mut self, domain: &Domain) -> &mut Turns<ClientId, Domain> {
        if domain.is_there() {
            &mut self.registering
        } else {
            &mut self.removing
        }
    }
}

pub(super) fn key(domain: &Domain) -> DomainKey {
    DomainKey {
        client: domain.client.clone(),
        name: domain.name.clone(),
    }
}
