//! A person's session. It is stored only in encrypted cookies of the browser.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain_auth::ports::Ids;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::config::ClaimNames;
use crate::cookies::{Cookies, Jar};
use crate::oidc::{SignIn, Tokens};
use crate::seal::{Purpose, Seal};

/// The longest duration of a session, in seconds, however often its tokens are refreshed: a working
/// day.
const LONGEST: i64 = 12 * 3600;
/// A token that expires within this time, in seconds, is refreshed first.
const BEFORE_THE_END: i64 = 60;

/// A session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    id_token: String,
    refresh_token: Option<String>,
    /// Seconds since 1970.
    expires_at: i64,
    began_at: i64,
    subject: String,
    /// The secret of its forms; other sessions have other secrets.
    pub(crate) secret: String,
}

/// The signed-in person, from the ID token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The name or address shown on the pages.
    pub name: String,
    /// The client whose administrator the person is.
    pub client: Option<String>,
    /// Whether the person works for Lasso support.
    pub is_support: bool,
}

/// Whether a session can continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Its token is valid.
    Fresh,
    /// Its token has to be refreshed, and can be.
    Refresh,
    /// The person has to sign in again.
    Over,
}

impl Session {
    /// A new session with its own secret.
    pub fn begin(tokens: Tokens, ids: &dyn Ids, now: Timestamp) -> Self {
        Self {
            id_token: tokens.id_token,
            refresh_token: tokens.refresh_token,
            expires_at: tokens.expires_at.as_second(),
            began_at: now.as_second(),
            subject: tokens.subject,
            secret: ids.secret(),
        }
    }

    /// The session with new tokens. Its forms stay valid.
    pub fn refreshed(self, tokens: Tokens) -> Self {
        Self {
            id_token: tokens.id_token,
            refresh_token: tokens.refresh_token,
            expires_at: tokens.expires_at.as_second(),
            ..self
        }
    }

    /// The token for the API.
    pub fn token(&self) -> &str {
        &self.id_token
    }

    /// The refresh token, with its subject.
    pub fn refresh_token(&self) -> Option<(&str, &str)> {
        Some((self.refresh_token.as_deref()?, &self.subject))
    }

    /// Whether the session can continue.
    pub fn age(&self, now: Timestamp) -> Age {
        let now = now.as_second();
        if now - self.began_at >= LONGEST {
            Age::Over
        } else if now < self.expires_at - BEFORE_THE_END {
            Age::Fresh
        } else if self.refresh_token.is_some() {
            Age::Refresh
        } else if now < self.expires_at {
            Age::Fresh
        } else {
            Age::Over
        }
    }

    /// Whether its token has not expired, so that the API still accepts it.
    pub fn has_good_token(&self, now: Timestamp) -> bool {
        now.as_second() < self.expires_at
    }

    /// The signed-in person. The token was verified before it was sealed.
    pub fn person(&self, claims: &ClaimNames) -> Person {
        let claim_of = |name: &str| payload(&self.id_token).get(name).cloned();
        let text = |name: &str| claim_of(name).and_then(|it| it.as_str().map(str::to_owned));
        let roles = claim_of(&claims.roles).unwrap_or_default();
        let roles = roles_in(&roles);
        let has = |role: &str| roles.iter().any(|it| it == role);
        let names = ["name", "email", "preferred_username", "cognito:username"];
        Person {
            name: names
                .iter()
                .find_map(|name| text(name))
                .unwrap_or_else(|| self.subject.clone()),
            client: text(&claims.client_id).filter(|_| has("client-admin")),
            is_support: has("lasso-support"),
        }
    }
}

/// Never shows tokens and secrets, so that they get into no log line.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(…)")
    }
}

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice(&payload).unwrap_or_default()
}

/// The roles in a claim: a JSON array, or words separated by spaces or commas.
fn roles_in(claim: &Value) -> Vec<String> {
    let words = |text: &str| -> Vec<String> {
        let words = text.trim_matches(['[', ']']).split([' ', ',']);
        words
            .map(|word| word.trim_matches('"').to_owned())
            .collect()
    };
    match claim {
        Value::Array(roles) => roles
            .iter()
            .filter_map(|role| role.as_str().map(str::to_owned))
            .collect(),
        Value::String(text) => words(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// Sessions and their data in the cookies of a browser.
#[derive(Debug, Clone)]
pub struct Sessions {
    seal: Seal,
    cookies: Cookies,
}

/// The message at the top of the next page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// `good`, `bad` or `wait`.
    pub tone: String,
    /// For a person.
    pub text: String,
    /// A text for the person to copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// The path of the page that it is for.
    #[serde(default)]
    pub page: String,
}

impl Flash {
    /// Shortened to the longest cookie that fits next to the session: API Gateway accepts 10,240
    /// octets of headers.
    fn shortened(&self) -> Self {
        let mut text = self.text.clone();
        if text.len() > LONGEST_FLASH {
            text.truncate(text.floor_char_boundary(LONGEST_FLASH));
            text.push('…');
        }
        Self {
            text,
            ..self.clone()
        }
    }
}

/// Longest text of a flash, in octets.
const LONGEST_FLASH: usize = 1_800;
/// How many sign-ins may be under way in a browser at once. Each has a cookie of its own; the oldest are dropped.
const SIGN_INS: usize = 8;
/// The maximum size, in octets, of these cookies together, so that they fit next to a session.
const LONGEST_SIGN_INS: usize = 4_000;
/// How long the cookie of a sign-in is stored, in seconds. The sign-in itself is valid for a shorter time; afterwards
/// the cookie says which page the person wanted.
const SIGN_IN_KEPT: i64 = 3_600;

const SESSION: &str = "lasso-session";
const SIGN_IN: &str = "lasso-sign-in";
const FLASH: &str = "lasso-said";

/// The cookie of a sign-in: another one for every state, so that windows that sign in at the same time do not overwrite
/// each other's. 64 bits of SHA-256, because a state in an address can have any characters.
fn sign_in_cookie(state: &str) -> String {
    format!(
        "{SIGN_IN}-{}",
        URL_SAFE_NO_PAD.encode(&Sha256::digest(state)[..8])
    )
}

impl Sessions {
    /// With this seal, in cookies with these attributes.
    pub fn new(seal: Seal, cookies: Cookies) -> Self {
        Self { seal, cookies }
    }

    /// The seal.
    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The session of a request.
    pub fn session(&self, jar: &Jar) -> Option<Session> {
        let sealed = self.cookies.read(jar, SESSION)?;
        self.seal.open(Purpose::Session, &[], &sealed)
    }

    /// `Set-Cookie` for a session; `None` if the tokens of its issuer are too long for a browser to
    /// store.
    pub fn keep(&self, session: &Session) -> Option<Vec<String>> {
        let sealed = self.seal.seal(Purpose::Session, &[], session);
        self.cookies.write(SESSION, &sealed, None)
    }

    /// `Set-Cookie` at sign-out.
    pub fn forget(&self) -> Vec<String> {
        self.cookies.clear(SESSION)
    }

    /// The sign-in with this state that is under way.
    pub fn sign_in(&self, jar: &Jar, state: &str) -> Option<SignIn> {
        let sealed = self.cookies.read(jar, &sign_in_cookie(state))?;
        self.seal.open(Purpose::SignIn, &[], &sealed)
    }

    /// `Set-Cookie` for a sign-in. If too many are under way in the browser, it also removes the oldest.
    pub fn keep_sign_in(&self, jar: &Jar, sign_in: &SignIn) -> Vec<String> {
        let sealed = self.seal.seal(Purpose::SignIn, &[], sign_in);
        let mut octets = sealed.len();
        let name = sign_in_cookie(&sign_in.state);
        let kept = self.cookies.write(&name, &sealed, Some(SIGN_IN_KEPT));
        let mut lines = kept.unwrap_or_default();
        let mut others: Vec<(Option<i64>, usize, String)> = Vec::new();
        for name in self.cookies.names(jar, &format!("{SIGN_IN}-")) {
            let value = self.cookies.read(jar, &name).unwrap_or_default();
            let begun: Option<SignIn> = self.seal.open(Purpose::SignIn, &[], &value);
            others.push((begun.map(|begun| begun.at), value.len(), name));
        }
        others.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
        for (number, (at, length, name)) in others.iter().enumerate() {
            octets += length;
            if at.is_none() || number + 1 >= SIGN_INS || octets > LONGEST_SIGN_INS {
                lines.extend(self.cookies.clear(name));
            }
        }
        lines
    }

    /// `Set-Cookie` when the sign-in with this state is over.
    pub fn forget_sign_in(&self, state: &str) -> Vec<String> {
        self.cookies.clear(&sign_in_cookie(state))
    }

    /// The message that was left for the page at this path of the session.
    pub fn flash(&self, jar: &Jar, session: &Session, path: &str) -> Option<Flash> {
        let sealed = self.cookies.read(jar, FLASH)?;
        let flash: Flash = self
            .seal
            .open(Purpose::Flash, &[&session.secret], &sealed)?;
        (flash.page == path).then_some(flash)
    }

    /// `Set-Cookie` for the page at this address.
    pub fn leave_flash(&self, session: &Session, to: &str, flash: &Flash) -> Vec<String> {
        let path = to.split(['?', '#']).next().unwrap_or_default();
        let flash = Flash {
            page: path.to_owned(),
            ..flash.shortened()
        };
        let sealed = self.seal.seal(Purpose::Flash, &[&session.secret], &flash);
        self.cookies
            .write(FLASH, &sealed, Some(60))
            .unwrap_or_default()
    }

    /// `Set-Cookie` after the flash message was shown.
    pub fn forget_flash(&self) -> Vec<String> {
        self.cookies.clear(FLASH)
    }
}
