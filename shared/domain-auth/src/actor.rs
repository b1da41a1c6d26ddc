//! The person or service that acts on a domain.

use serde::{Deserialize, Serialize};

use crate::links::LinkId;
use crate::names::DisplayName;

/// The person or service that did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person at the client.
    ClientAdmin {
        /// The token's subject; empty in the history of a client that was erased.
        subject: String,
        /// What else the token says of the person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Person>,
    },
    /// A person at Lasso.
    LassoSupport {
        /// The token's subject; empty in the history of a client that was erased.
        subject: String,
        /// What else the token says of the person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Person>,
    },
    /// A person without a login who uses a link to the domain.
    LinkHolder {
        /// The link.
        link: LinkId,
    },
    /// This service itself, after Amazon SES or DNS reported something.
    Service,
}

/// How a person is shown to other people, taken from claims of the token. It affects no decision;
/// the subject identifies the person. Apart from the subject, everything that names a person is in
/// this type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The person's name, or address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// The name of the client that the person acted for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<DisplayName>,
}

impl Person {
    /// A person; `None` if neither claim is present.
    pub fn new(name: Option<DisplayName>, client_name: Option<DisplayName>) -> Option<Self> {
        let is_known = name.is_some() || client_name.is_some();
        is_known.then_some(Self { name, client_name })
    }
}

impl Actor {
    /// The actor without the data that names a person. A link names no person.
    #[must_use]
    pub fn without_person(self) -> Self {
        match self {
            Self::ClientAdmin { .. } => Self::client_admin(String::new()),
            Self::LassoSupport { .. } => Self::lasso_support(String::new()),
            Self::LinkHolder { link } => Self::LinkHolder { link },
            Self::Service => Self::Service,
        }
    }

    /// A person at the client whose token has only a subject.
    pub fn client_admin(subject: impl Into<String>) -> Self {
        Self::ClientAdmin {
            subject: subject.into(),
            person: None,
        }
    }

    /// The name of a person with a login, as people at Lasso see it; `None` if no token has one. It
    /// says so if the person is at Lasso and acts for the client.
    pub fn name(&self) -> Option<String> {
        let name = |person: &Option<Person>| {
            let name = person.as_ref()?.name.as_ref()?;
            Some(name.as_str().to_owned()).filter(|name| !name.is_empty())
        };
        match self {
            Self::ClientAdmin { person, .. } => name(person),
            Self::LassoSupport { person, .. } => Some(name(person).map_or_else(
                || "Lasso support".to_owned(),
                |name| format!("{name}, Lasso support"),
            )),
            Self::LinkHolder { .. } | Self::Service => None,
        }
    }

    /// The name of the person's client, if the token has it.
    pub fn client_name(&self) -> Option<&str> {
        match self {
            Self::ClientAdmin { person, .. } => {
                let name = person.as_ref()?.client_name.as_ref()?;
                Some(name.as_str()).filter(|name| !name.is_empty())
            }
            Self::LassoSupport { .. } | Self::LinkHolder { .. } | Self::Service => None,
        }
    }

    /// A person at Lasso whose token has only a subject.
    pub fn lasso_support(subject: impl Into<String>) -> Self {
        Self::LassoSupport {
            subject: subject.into(),
            person: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_actor_of_earlier_releases_has_no_person() {
        let stored = json!({ "kind": "client_admin", "subject": "1" });
        let actor: Actor = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(actor, Actor::client_admin("1"));
        assert_eq!(serde_json::to_value(&actor).unwrap(), stored);
    }

    #[test]
    fn a_stored_actor_has_personal_data_in_one_member() {
        let actor = Actor::ClientAdmin {
            subject: "1".to_owned(),
            person: Person::new(
                DisplayName::of_claim("Anna Berg"),
                DisplayName::of_claim("Maple Homes"),
            ),
        };
        assert_eq!(actor.client_name(), Some("Maple Homes"));
        let stored = serde_json::to_value(&actor).unwrap();
        let expected = json!({
            "kind": "client_admin",
            "subject": "1",
            "person": { "name": "Anna Berg", "client_name": "Maple Homes" },
        });
        assert_eq!(stored, expected);
        assert_eq!(serde_json::from_value::<Actor>(stored).unwrap(), actor);
    }
}
