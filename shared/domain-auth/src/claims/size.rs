//! The size of a register. All claims under an organizational domain are one item, which DynamoDB
//! limits to 400 KB. Clients reach the limits of this module long before.

use super::{Claim, ClaimRegister};
use crate::names::{ClientId, DomainName};

/// The maximum number of names under one organizational domain that one client may hold, including
/// names that are being removed. A client usually has one name for each community, and a few for
/// tests.
pub const NAMES_PER_CLIENT: usize = 100;

/// From this size on, in bytes, a name cannot be taken without proof: the claim is contested and
/// uses no space in the register.
pub(super) const ROOM_WITHOUT_PROOF: usize = 200_000;

/// From this size on, in bytes, a proven name waits until Lasso support has made room, because the
/// other claims in the register are proven too. The organizational domain itself always has room:
/// it is only one name.
pub(super) const ROOM_FOR_PROOF: usize = 350_000;

/// The size of a claim without its name and its client: the names of its attributes, two times of
/// at most 30 characters, two flags, and DynamoDB's overhead (developer guide, "DynamoDB item sizes
/// and formats").
const CLAIM_OVERHEAD: usize = 112;

impl ClaimRegister {
    /// The bytes that the claims in force use in the store. Each claim counts with all attributes
    /// that it can get, so marking a claim does not change the size. Tombstones that an earlier
    /// release put into the register do not count: each write moves out more of them than it adds.
    pub fn size(&self) -> usize {
        self.active().map(size_of).sum()
    }

    /// The number of names that `client` holds besides `name`, including names that are being
    /// removed.
    pub fn names_beside(&self, name: &DomainName, client: &ClientId) -> usize {
        let claims = self.claims.iter();
        claims
            .filter(|(claimed, claim)| {
                claim.is_active() && claim.client == *client && *claimed != name
            })
            .count()
    }

    /// Whether there is room to take `name` without proof.
    pub fn has_room(&self, name: &DomainName, client: &ClientId) -> bool {
        self.size_with(name, client) <= ROOM_WITHOUT_PROOF
    }

    /// Whether there is room for `name`, which `client` has proven.
    pub fn has_room_for_proof(&self, name: &DomainName, client: &ClientId) -> bool {
        name.as_str() == self.organizational || self.size_with(name, client) <= ROOM_FOR_PROOF
    }

    fn size_with(&self, name: &DomainName, client: &ClientId) -> usize {
        let others = self.active().filter(|(claimed, _)| *claimed != name);
        others.map(size_of).sum::<usize>() + size_of_claim(name, client)
    }
}

fn size_of((name, claim): (&DomainName, &Claim)) -> usize {
    size_of_claim(name, &claim.client)
}

fn size_of_claim(name: &DomainName, client: &ClientId) -> usize {
    name.as_str().len() + client.as_str().len() + CLAIM_OVERHEAD
}
