//! Tokens of a domain's former identities.

use serde::{Deserialize, Serialize};

use crate::identity::SesIdentity;

/// The maximum number of earlier registrations of a domain that are remembered. Each costs questions in a look, and
/// room in the domain's item.
const REGISTRATIONS: usize = 10;

/// Easy DKIM tokens of an identity.
const DKIM_TOKENS: usize = 3;

/// Tokens that an earlier registration of the same domain had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormerTokens {
    /// Values of the TXT record.
    pub verification: Vec<String>,
    /// DKIM tokens, three for each registration.
    pub dkim: Vec<String>,
}

impl FormerTokens {
    /// Adds the tokens of an identity that is given up. Those of the oldest registrations are
    /// forgotten.
    pub fn remember(&mut self, identity: &SesIdentity) {
        let dkim = identity.dkim.iter().flat_map(|dkim| &dkim.tokens);
        self.dkim
            .extend(dkim.map(|token| token.as_str().to_owned()));
        let verification = identity.verification_token.iter();
        self.verification
            .extend(verification.map(|token| token.as_str().to_owned()));
        forget_first(&mut self.dkim, REGISTRATIONS * DKIM_TOKENS);
        forget_first(&mut self.verification, REGISTRATIONS);
    }
}

fn forget_first(tokens: &mut Vec<String>, kept: usize) {
    tokens.drain(..tokens.len().saturating_sub(kept));
}
