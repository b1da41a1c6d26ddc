//! Links to a domain, for people without a login.

use domain_auth::domain::Domain;
use domain_auth::links::Link;
use domain_auth::use_cases::links::Made;
use jiff::Timestamp;
use serde::Serialize;

use crate::time::in_millis;

/// A link as its client sees it, without its URL, which is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Link")
)]
pub struct LinkView {
    /// Its identifier.
    pub id: String,
    /// When it was made.
    #[serde(serialize_with = "in_millis")]
    pub made_at: Timestamp,
    /// When the link ends automatically.
    #[serde(serialize_with = "in_millis")]
    pub ends_at: Timestamp,
    /// Whether the link was sent with an email.
    pub emailed: bool,
}

/// A link that was made just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "MadeLink")
)]
pub struct MadeLinkView {
    /// The link.
    #[serde(flatten)]
    pub link: LinkView,
    /// The URL of the link, which is only in this response. A person who has it can open the page.
    pub url: String,
}

/// The live links to a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "LinkList")
)]
pub struct LinkListView {
    /// The links, the oldest first.
    pub items: Vec<LinkView>,
}

impl MadeLinkView {
    /// The link below the base of the API.
    pub fn new(made: &Made, base: &str) -> Self {
        Self {
            link: LinkView::from(&made.link),
            url: format!("{base}/handoff/{}", made.token.as_str()),
        }
    }
}

impl LinkListView {
    /// The live links of a domain.
    pub fn new(domain: &Domain, now: Timestamp) -> Self {
        let live = domain.links.iter().filter(|link| link.is_live(now));
        Self {
            items: live.map(LinkView::from).collect(),
        }
    }
}

impl From<&Link> for LinkView {
    fn from(link: &Link) -> Self {
        Self {
            id: link.id.to_string(),
            made_at: link.made_at,
            ends_at: link.ends_at,
            emailed: link.emailed,
        }
    }
}
