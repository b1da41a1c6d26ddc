//! How far runs of the poller have read SES's list of identities. A page has 1,000 identities, and
//! SES accepts one call per second, so a run cannot read the list of an account with 100,000
//! identities to its end.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fnv::fnv1a_64;
use crate::names::DomainName;
use crate::reconciliation::{NAMED, Orphan};

/// A partly read list. The runs have already acted on its pages; this data is needed after the last
/// page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// When its first page was read.
    pub begun: Timestamp,
    /// Where the next page starts: a token of SES.
    pub next: String,
    /// Pages so far.
    pub pages: usize,
    /// Domain identities on them.
    pub identities: usize,
    /// Identities of other kinds on them, such as addresses.
    #[serde(default)]
    pub others: usize,
    /// What the pages show about all domains. `None` if the list is read only for domains that wait
    /// for SES.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepSoFar>,
}

/// What the pages that were read so far show about all domains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepSoFar {
    /// Our domains on these pages.
    pub seen: Seen,
    /// Domains whose details were requested from SES because of these pages.
    #[serde(default)]
    pub asked: usize,
    /// A result from a page could not be written, because the domain was changed at the same time.
    /// The list is read again as soon as it ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Identities that no domain holds. `None` if this list is not compared with all domains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unheld: Option<Unheld>,
}

/// Identities that no domain holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unheld {
    /// How many.
    pub count: usize,
    /// How many more were deleted, because this stack had created them and no domain needs them.
    #[serde(default)]
    pub deleted: usize,
    /// At most [`NAMED`] of them, the most important first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<Orphan>,
}

impl Unheld {
    /// Adds the result of another part of the list.
    pub fn add(&mut self, part: Self) {
        self.count += part.count;
        self.deleted += part.deleted;
        self.named.extend(part.named);
        self.named
            .sort_by_key(|orphan| (!orphan.ours, orphan.verified, orphan.first_seen));
        self.named.truncate(NAMED);
    }
}

/// Bits for each name. About one name in a hundred that was not added is then taken for a member.
const BITS_FOR_EACH: usize = 10;
/// The maximum number of bits: 200 KB. A DynamoDB item may have 400 KB, and the bits are stored in
/// Base64. They are enough for 160,000 names.
const MAX_BITS: usize = 1_600_000;
const MIN_BITS: usize = 1_024;

/// A set of names as a Bloom filter: every added name is in it, and so is a small part of all other
/// names. The salt decides which ones, so a later sweep finds an identity that one sweep misses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Seen {
    salt: u64,
    hashes: u32,
    bits: Vec<u8>,
}

/// A [`Seen`] as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    salt: u64,
    hashes: u32,
    /// Base64.
    bits: String,
}

impl Seen {
    /// An empty set with room for this many names.
    pub fn with_room_for(names: usize, salt: u64) -> Self {
        let bits = names
            .saturating_mul(BITS_FOR_EACH)
            .clamp(MIN_BITS, MAX_BITS);
        // The best number of hashes is the number of bits for each name times ln 2.
        let hashes = (bits * 7 / 10 / names.max(1)).clamp(1, 7);
        Self {
            salt,
            hashes: u32::try_from(hashes).unwrap_or(1),
            bits: vec![0; bits.div_ceil(8)],
        }
    }

    /// Adds a name.
    pub fn add(&mut self, name: &DomainName) {
        for (octet, bit) in self.places(name) {
            self.bits[octet] |= bit;
        }
    }

    /// Whether a name was added. Returns true for a small part of the names that were not.
    pub fn may_have(&self, name: &DomainName) -> bool {
        let mut places = self.places(name);
        places.all(|(octet, bit)| self.bits[octet] & bit != 0)
    }

    /// The bits of a name, as an octet and a position in it.
    fn places(&self, name: &DomainName) -> impl Iterator<Item = (usize, u8)> + use<> {
        let salted = self.salt.to_be_bytes().into_iter();
        let hash = mixed(fnv1a_64(salted.chain(name.as_str().bytes())));
        // Two halves of one hash are as good as many hashes (Kirsch and Mitzenmacher, 2006).
        let (first, step) = (hash >> 32, (hash & 0xffff_ffff) | 1);
        let bits = self.bits.len().saturating_mul(8).max(1);
        (0..u64::from(self.hashes)).map(move |number| {
            let place = first.wrapping_add(step.wrapping_mul(number));
            let modulus = u64::try_from(bits).unwrap_or(u64::MAX);
            let place = usize::try_from(place % modulus).unwrap_or(0);
            (place / 8, 1 << (place % 8))
        })
    }
}

/// Every bit of the result depends on every bit of the hash (the last step of `SplitMix64`).
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

impl From<Seen> for Stored {
    fn from(seen: Seen) -> Self {
        Self {
            salt: seen.salt,
            hashes: seen.hashes,
            bits: BASE64.encode(seen.bits),
        }
    }
}

impl TryFrom<Stored> for Seen {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let bits = BASE64.decode(stored.bits);
        let bits = bits.map_err(|error| format!("the names that were seen: {error}"))?;
        if bits.is_empty() {
            return Err("the names that were seen: no bits".to_owned());
        }
        Ok(Self {
            salt: stored.salt,
            hashes: stored.hashes,
            bits,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: usize) -> DomainName {
        DomainName::parse(&format!("d{number}.example.com")).unwrap()
    }

    fn seen(names: usize, salt: u64) -> Seen {
        let mut seen = Seen::with_room_for(names, salt);
        for number in 0..names {
            seen.add(&name(number));
        }
        seen
    }

    #[test]
    fn the_name_set_has_every_added_name_and_about_1_percent_false_positives() {
        for names in [1, 10_000, 100_000] {
            let seen = seen(names, 1);
            assert!((0..names).all(|number| seen.may_have(&name(number))));
            let others = 1_000_000..1_010_000;
            let taken = others.filter(|number| seen.may_have(&name(*number)));
            let taken = taken.count();
            assert!(taken < 200, "{taken} of 10,000 beside {names}");
        }
    }

    #[test]
    fn a_different_salt_gives_different_false_positives() {
        let (one, other) = (seen(10_000, 1), seen(10_000, 2));
        let mut others = (1_000_000..1_100_000).map(name);
        let both = others
            .by_ref()
            .filter(|name| one.may_have(name) && other.may_have(name));
        // One in a hundred of one in a hundred.
        assert!(both.count() < 40);
    }

    #[test]
    fn the_stored_set_fits_into_an_item_for_any_number_of_names() {
        let seen = Seen::with_room_for(5_000_000, 1);
        let text = serde_json::to_string(&seen).unwrap();
        assert!(text.len() < 270 * 1024, "{}", text.len());
        assert_eq!(serde_json::from_str::<Seen>(&text).unwrap(), seen);
        assert!(serde_json::from_str::<Seen>(r#"{"salt":1,"hashes":1,"bits":""}"#).is_err());
    }

    #[test]
    fn a_stored_name_set_is_read_back_with_the_same_names() {
        let before = seen(500, 9);
        let text = serde_json::to_string(&before).unwrap();
        let after: Seen = serde_json::from_str(&text).unwrap();
        assert!((0..500).all(|number| after.may_have(&name(number))));
    }
}
