//! How large a register may become. All claims under an organizational domain are one item, which
//! DynamoDB limits to 400 KB, so what clients can do to it is limited long before.

use super::{Claim, ClaimRegister};
use crate::names::{ClientId, DomainName};

/// The most names under one organizational domain that one client may hold, those that are being
/// removed among them. Clients have one name for a community, and a few for tests.
pub const NAMES_PER_CLIENT: usize = 100;

/// From this size on, in bytes, a name is not taken without proof: the claim is contested, and takes no
/// place in the register.
pub(super) const ROOM_WITHOUT_PROOF: usize = 200_000;

/// From this size on, in bytes, a proven name waits until Lasso support has made room: what fills the
/// register then is proven too. The organizational domain itself, which is one name, always has room.
pub(super) const ROOM_FOR_PROOF: usize = 350_000;

/// What a claim takes beside its name and its client: the names of its attributes, two times of at most
/// 30 characters, two flags, and what DynamoDB adds (developer guide, "DynamoDB item sizes and
/// formats").
const CLAIM_OVERHEAD: usize = 112;

impl ClaimRegister {
    /// Bytes that the claims in force take in the store, each with all that it may still get, so that
    /// marking a claim changes nothing. Tombstones that an earlier release put into the register are not
    /// counted: each write moves more of them out than it adds.
    pub fn size(&self) -> usize {
        self.active().map(size_of).sum()
    }

    /// Names that `client` holds beside `name`, those that are being removed among them.
    pub fn names_beside(&self, name: &DomainName, client: &ClientId) -> usize {
        let claims = self.claims.iter();
        claims
            .filter(|(claimed, claim)| {
                claim.is_active() && claim.client == *client && *claimed != name
            })
            .count()
    }

    /// Whether `name` may be taken without proof, as far as there is room.
    pub fn has_room(&self, name: &DomainName, client: &ClientId) -> bool {
        self.size_with(name, client) <= ROOM_WITHOUT_PROOF
    }

    /// Whether `name`, which `client` has proven, can be taken, as far as there is room.
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
