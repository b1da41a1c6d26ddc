//! The registers that hold the claims on a name. The organizational domain of a name depends on the
//! version of the public suffix list. So a domain keeps its first organizational domain, and a new
//! name is searched under all names above it.

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::claims::{ClaimRegister, Standing};
use crate::domain::Domain;
use crate::names::{ClientId, DomainName};
use crate::ports::{DomainKey, ReadClaims, StoreError};

/// Registers that are read at the same time.
const READS_AT_ONCE: usize = 8;

/// The claims on a name that may be under more than one organizational domain.
#[derive(Debug)]
pub struct Registers {
    /// The register that holds the claims on the name, and the tombstone of the last claim if there
    /// is one.
    pub register: ClaimRegister,
    /// Registers of the same name from an earlier or later version of the list.
    pub(super) others: Vec<ClaimRegister>,
}

impl From<ClaimRegister> for Registers {
    fn from(register: ClaimRegister) -> Self {
        Self {
            register,
            others: Vec::new(),
        }
    }
}

impl Registers {
    /// The standing of `client` for `name`.
    pub fn standing(&self, name: &DomainName, client: &ClientId, now: Timestamp) -> Standing {
        let standing = self.register.standing(name, client, now);
        let contested = |other: &ClaimRegister| match other.standing(name, client, now) {
            Standing::Contested => true,
            Standing::Held | Standing::Free => false,
        };
        if standing == Standing::Free && self.others.iter().any(contested) {
            return Standing::Contested;
        }
        standing
    }

    /// Whether any client holds exactly `name`.
    pub fn is_held(&self, name: &DomainName) -> bool {
        let mut registers = self.others.iter().chain([&self.register]);
        registers.any(|register| register.holder(name).is_some())
    }
}

/// The register for the name of a domain, with the tombstone of its last claim.
pub async fn register_of<S: ReadClaims>(
    store: &S,
    domain: &Domain,
) -> Result<ClaimRegister, StoreError> {
    if domain.state.may_hold_its_name() {
        let register = store.claims(domain.organizational()).await?;
        let tombstone = store.tombstone(&domain.name).await?;
        return Ok(register.with_tombstone(tombstone));
    }
    // A domain in this state is in no register. Another client may hold the name in the register of
    // another organizational domain, so all registers that touch the name are searched.
    let found = find(store, &domain.name, domain.organizational()).await?;
    Ok(found.register)
}

/// The most specific name that `client` holds in any of these registers and that covers `name`.
pub fn covering<'a>(
    registers: impl Iterator<Item = &'a ClaimRegister>,
    name: &DomainName,
    client: &ClientId,
) -> Option<&'a DomainName> {
    let covered = registers.filter_map(|register| register.covered_by(name));
    let (covering, holder) = covered.max_by_key(|(covering, _)| covering.as_str().len())?;
    (holder == client).then_some(covering)
}

/// The registers for a name, if only its organizational domain by one version of the list is known.
/// The claims are in the register of the topmost claim that touches the name, and without such a
/// claim, in the register of that organizational domain.
pub async fn find<S: ReadClaims>(
    store: &S,
    name: &DomainName,
    organizational: &str,
) -> Result<Registers, StoreError> {
    let registers = read_all(store, name, organizational).await?;
    let mut found = touching(name, organizational, registers);
    let tombstone = store.tombstone(name).await?;
    found.register = found.register.with_tombstone(tombstone);
    Ok(found)
}

/// The organizational domains whose registers may have claims on a name, the topmost first.
/// `organizational` is the one by the present version of the list.
pub fn candidates(name: &DomainName, organizational: &str) -> Vec<String> {
    let mut candidates = name.possible_organizational();
    if !candidates.contains(&organizational) {
        candidates.push(organizational);
    }
    candidates.into_iter().map(str::to_owned).collect()
}

/// The domains with a claim in force at a name, above it or below it, in any register.
pub(super) async fn holders<S: ReadClaims>(
    store: &S,
    name: &DomainName,
    organizational: &str,
) -> Result<Vec<DomainKey>, StoreError> {
    let registers = read_all(store, name, organizational).await?;
    let holders = registers
        .iter()
        .flat_map(|register| register.touching(name));
    let key = |(name, client): (&DomainName, &ClientId)| DomainKey {
        client: client.clone(),
        name: name.clone(),
    };
    Ok(holders.map(key).collect())
}

/// The registers that may have claims on a name, the topmost first.
async fn read_all<S: ReadClaims>(
    store: &S,
    name: &DomainName,
    organizational: &str,
) -> Result<Vec<ClaimRegister>, StoreError> {
    stream::iter(candidates(name, organizational))
        .map(|candidate| async move { store.claims(&candidate).await })
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await
}

fn touching(name: &DomainName, organizational: &str, mut others: Vec<ClaimRegister>) -> Registers {
    let touching = others.iter().position(|register| register.touches(name));
    let own = || {
        let own = |register: &ClaimRegister| register.organizational == organizational;
        others.iter().position(own)
    };
    let register = others.swap_remove(touching.or_else(own).unwrap_or(0));
    Registers { register, others }
}
