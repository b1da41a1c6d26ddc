//! Identities that a test creates at the control address, in any form: those of other products, of
//! another stack, or created by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use ses_model::{Axis, Identity, MailFrom, Signing, Status, is_address};

/// One entry of the member `identities` of `POST /control`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    name: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    /// Short for `"status": "Success"`.
    #[serde(default)]
    verified: bool,
    /// The status of all parts of the identity; `Pending` if absent.
    status: Option<Status>,
    /// Whether v1 `VerifyDomainIdentity` was called, so that the identity has a token for the TXT
    /// record.
    #[serde(default)]
    token: bool,
    #[serde(default)]
    dkim: Dkim,
    /// The selector of BYODKIM.
    selector: Option<String>,
    mail_from: Option<String>,
    /// The status of the MAIL FROM domain, if it differs from the rest.
    mail_from_status: Option<Status>,
    configuration_set: Option<String>,
    /// Look up verified records in DNS as well, as SES does.
    #[serde(default)]
    follow_dns: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Dkim {
    #[default]
    Easy,
    External,
    None,
}

impl Made {
    /// The identity, or the error in the description. `region` is that of the MAIL FROM domain.
    pub(crate) fn identity(&self, now: Duration, region: &str) -> Result<Identity, String> {
        let name = self.name.to_ascii_lowercase();
        let wrong = |what: &str| Err(format!("`identities`: `{name}`: {what}"));
        if name.is_empty() || name.contains(char::is_whitespace) {
            return wrong("`name` is the name of a domain or an address");
        }
        let mut identity = Identity::new(&name);
        identity.tags = self.tags.clone().into_iter().collect();
        identity
            .configuration_set
            .clone_from(&self.configuration_set);
        if is_address(&name) {
            return Ok(identity);
        }
        let status = match (self.verified, self.status) {
            (false, None) => Status::Pending,
            (false, Some(status)) => status,
            (true, None | Some(Status::Success)) => Status::Success,
            (true, Some(_)) => return wrong("`verified` and another `status`"),
        };
        if self.dkim == Dkim::None && !self.token {
            return wrong("without `dkim` it has a `token`");
        }
        identity.signing = match (self.dkim, &self.selector) {
            (Dkim::External, Some(selector)) => Signing::External {
                selector: selector.clone(),
            },
            (Dkim::External, None) => return wrong("external `dkim` has a `selector`"),
            (Dkim::Easy | Dkim::None, None) => Signing::EasyDkim,
            (Dkim::Easy | Dkim::None, Some(_)) => {
                return wrong("a `selector` is for external `dkim`");
            }
        };
        let axis = |status| Axis::with_status(status, now, self.follow_dns);
        identity.has_text_token = self.token;
        if self.token {
            identity.text = axis(status);
        }
        if self.dkim != Dkim::None {
            identity.dkim = axis(status);
        }
        if let Some(domain) = &self.mail_from {
            let domain = domain.to_ascii_lowercase();
            if !domain.ends_with(&format!(".{name}")) {
                return wrong("`mail_from` is a domain below it");
            }
            identity.mail_from = Some(MailFrom {
                axis: axis(self.mail_from_status.unwrap_or(status)),
                ..MailFrom::started(domain, region, now)
            });
        }
        Ok(identity)
    }
}
