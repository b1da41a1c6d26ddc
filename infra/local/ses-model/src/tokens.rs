//! Verification tokens: like those of SES, they are the same for a domain and different between
//! domains.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The source of an account's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// Digests of this seed and the domain, in the form of SES's tokens. Each seed is a different
    /// account.
    Seed(String),
    /// Tokens in which the domain can be read, for snapshots.
    Readable,
}

impl TokenSource {
    /// The value of the TXT record.
    pub fn verification(&self, domain: &str, generation: u32) -> String {
        match self {
            Self::Seed(seed) => verification(seed, domain, generation),
            Self::Readable => format!("token+of/{}{}=", short(domain), numbered(generation)),
        }
    }

    /// The three DKIM tokens.
    pub fn dkim(&self, domain: &str, generation: u32) -> [String; 3] {
        match self {
            Self::Seed(seed) => dkim(seed, domain, generation),
            Self::Readable => {
                let label = short(&domain.replace('.', "-"));
                let later = numbered(generation);
                [1, 2, 3].map(|number| format!("{label}{later}{number}"))
            }
        }
    }
}

/// Tokens are labels, so a long name has to be shortened.
fn short(name: &str) -> String {
    if name.len() <= 50 {
        return name.to_owned();
    }
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn numbered(generation: u32) -> String {
    match generation {
        0 => String::new(),
        generation => format!("-{generation}-"),
    }
}

/// The value of the TXT record: 32 octets in base64, like
/// `QTKknzFg2J4ygwa+XvHAxUl1hyHoY0gVfZdfjIedHZ0=`.
fn verification(seed: &str, domain: &str, generation: u32) -> String {
    STANDARD.encode(digest(&seeded(seed, generation), "verification", domain))
}

/// The three DKIM tokens: 32 characters each, lower-case letters and digits.
fn dkim(seed: &str, domain: &str, generation: u32) -> [String; 3] {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    ["dkim-1", "dkim-2", "dkim-3"].map(|purpose| {
        digest(&seeded(seed, generation), purpose, domain)
            .into_iter()
            .map(|octet| char::from(ALPHABET[usize::from(octet) % ALPHABET.len()]))
            .collect()
    })
}

/// Each generation of a domain's tokens has a seed of its own.
fn seeded(seed: &str, generation: u32) -> String {
    match generation {
        0 => seed.to_owned(),
        generation => format!("{seed} {generation}"),
    }
}

fn digest(seed: &str, purpose: &str, domain: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [seed, purpose, domain] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_same_form_as_those_of_ses() {
        let token = verification("seed", "example.com", 0);
        assert_eq!(token.len(), 44);
        assert!(token.ends_with('='));
        for token in dkim("seed", "example.com", 0) {
            assert_eq!(token.len(), 32);
            assert!(
                token
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            );
        }
    }

    #[test]
    fn tokens_depend_only_on_domain_seed_and_generation() {
        assert_eq!(dkim("seed", "a.com", 0), dkim("seed", "a.com", 0));
        assert_ne!(dkim("seed", "a.com", 0), dkim("seed", "b.com", 0));
        assert_ne!(dkim("seed", "a.com", 0), dkim("seed", "a.com", 1));
        assert_ne!(
            verification("seed", "a.com", 0),
            verification("other", "a.com", 0)
        );
        let [first, second, third] = dkim("seed", "a.com", 0);
        assert!(first != second && second != third && first != third);
    }
}
