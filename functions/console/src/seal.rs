//! Data that a browser stores for the console. It is encrypted and authenticated with AES-SIV (RFC
//! 5297), so that a browser can neither read nor change it, nor use it for another purpose.

use std::fmt;

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha512};

/// The purpose of sealed data. Data that was sealed for one purpose cannot be opened for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A session.
    Session,
    /// A sign-in in progress.
    SignIn,
    /// A flash message for the next page.
    Flash,
    /// A form of a session, with the session's secret and the path that it is sent to.
    Form,
}

/// Seals values, and opens them again.
#[derive(Clone)]
pub struct Seal {
    /// For AES-SIV with AES-256: one half authenticates, the other encrypts.
    key: [u8; 64],
    /// The client identifier at the issuer: sessions of another application are not accepted.
    application: String,
}

impl Seal {
    /// With a secret, for the sessions of one application.
    pub fn new(secret: &str, application: &str) -> Self {
        Self {
            key: Sha512::digest(secret).into(),
            application: application.to_owned(),
        }
    }

    /// The sealed value, in base64url. It can be opened only with the same `context` and purpose.
    pub fn seal(&self, purpose: Purpose, context: &[&str], value: &impl Serialize) -> String {
        let plain = serde_json::to_vec(value).expect("a value with only string keys");
        let sealed = self
            .cipher()
            .encrypt(self.headers(purpose, context), &plain)
            .expect("fewer headers than the 126 that AES-SIV takes");
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The value; `None` if it was not sealed with this secret for the same purpose and context.
    pub fn open<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        context: &[&str],
        sealed: &str,
    ) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let plain = self
            .cipher()
            .decrypt(self.headers(purpose, context), &sealed);
        serde_json::from_slice(&plain.ok()?).ok()
    }

    fn headers<'a>(&'a self, purpose: Purpose, context: &[&'a str]) -> Vec<&'a str> {
        let purpose = match purpose {
            Purpose::Session => "session",
            Purpose::SignIn => "sign-in",
            Purpose::Flash => "flash",
            Purpose::Form => "form",
        };
        let mut headers = vec![purpose, self.application.as_str()];
        headers.extend_from_slice(context);
        headers
    }

    fn cipher(&self) -> Aes256Siv {
        Aes256Siv::new(&self.key.into())
    }
}

/// Never shows the key, so that it gets into no log line.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(seal: &Seal, purpose: Purpose, context: &[&str], sealed: &str) -> Option<String> {
        seal.open(purpose, context, sealed)
    }

    #[test]
    fn a_sealed_value_is_unreadable_and_opens_only_for_its_purpose() {
        let seal = Seal::new("secret", "console");
        let sealed = seal.seal(Purpose::Session, &["a"], &"token-of-a-person");
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        assert!(!bytes.windows(5).any(|part| part == b"token"));
        let open = |seal: &Seal, purpose, context: &[&str]| opened(seal, purpose, context, &sealed);
        assert_eq!(
            open(&seal, Purpose::Session, &["a"]).unwrap(),
            "token-of-a-person"
        );
        assert_eq!(open(&seal, Purpose::Session, &["b"]), None);
        assert_eq!(open(&seal, Purpose::Session, &[]), None);
        for purpose in [Purpose::SignIn, Purpose::Flash, Purpose::Form] {
            assert_eq!(open(&seal, purpose, &["a"]), None);
        }
        let foreign = Seal::new("another secret", "console");
        assert_eq!(open(&foreign, Purpose::Session, &["a"]), None);
        let other_application = Seal::new("secret", "another");
        assert_eq!(open(&other_application, Purpose::Session, &["a"]), None);
    }

    #[test]
    fn an_altered_sealed_value_does_not_open() {
        let seal = Seal::new("secret", "console");
        let sealed = seal.seal(Purpose::Flash, &[], &"hello");
        for position in 0..sealed.len() {
            let mut altered = sealed.clone().into_bytes();
            altered[position] = if altered[position] == b'A' {
                b'B'
            } else {
                b'A'
            };
            let altered = String::from_utf8(altered).unwrap();
            let opened = opened(&seal, Purpose::Flash, &[], &altered);
            assert!(opened.is_none() || altered == sealed, "{position}");
        }
        assert_eq!(opened(&seal, Purpose::Flash, &[], ""), None);
        assert_eq!(opened(&seal, Purpose::Flash, &[], "not base64!"), None);
    }
}
