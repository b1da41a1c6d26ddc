//! Domains that no client may add although their names are valid: mailbox providers', SES's and
//! Lasso's.

use super::{DomainName, DomainNameError, IneligibleReason, SuffixList};

/// Domains at which anybody can have a mailbox. Their owners publish strict DMARC policies and will
/// not publish the service's records.
const MAILBOX_PROVIDERS: &[&str] = &[
    "126.com",
    "163.com",
    "aim.com",
    "aol.com",
    "att.net",
    "bellsouth.net",
    "bluewin.ch",
    "bt.com",
    "btinternet.com",
    "charter.net",
    "comcast.net",
    "cox.net",
    "earthlink.net",
    "fastmail.com",
    "fastmail.fm",
    "foxmail.com",
    "free.fr",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "google.com",
    "googlemail.com",
    "hey.com",
    "hotmail.ca",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.es",
    "hotmail.fr",
    "hotmail.it",
    "icloud.com",
    "juno.com",
    "laposte.net",
    "libero.it",
    "live.ca",
    "live.co.uk",
    "live.com",
    "live.com.au",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "netzero.net",
    "office365.com",
    "onmicrosoft.com",
    "optonline.net",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rocketmail.com",
    "rogers.com",
    "sbcglobal.net",
    "shaw.ca",
    "sky.com",
    "sympatico.ca",
    "t-online.de",
    "telus.net",
    "tuta.com",
    "tutanota.com",
    "verizon.net",
    "videotron.ca",
    "web.de",
    "yahoo.ca",
    "yahoo.co.in",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.com.au",
    "yahoo.de",
    "yahoo.es",
    "yahoo.fr",
    "yahoo.it",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
    "zohomail.com",
];

/// Names of Amazon and its mail service.
const AMAZON: &[&str] = &["amazonaws.com", "amazonses.com", "awsapps.com"];

/// The valid names that may not be added, including the operator's own domains.
#[derive(Debug, Clone, Default)]
pub struct Eligibility {
    own_domains: Vec<DomainName>,
    suffixes: SuffixList,
}

/// A text in the list of Lasso's own domains is not a domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} among Lasso's own domains is not a domain")]
pub struct OwnDomainError(pub String);

impl Eligibility {
    /// Parses the operator's own domains, separated by commas.
    pub fn parse(own_domains: &str) -> Result<Self, OwnDomainError> {
        let own = own_domains
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| DomainName::parse(name).map_err(|_| OwnDomainError(name.to_owned())))
            .collect::<Result<_, _>>()?;
        Ok(Self::new(own))
    }

    /// With the operator's own domains, none of which a client may add.
    pub fn new(own_domains: Vec<DomainName>) -> Self {
        Self {
            own_domains,
            suffixes: SuffixList::default(),
        }
    }

    /// With another public suffix list than the built-in one.
    #[must_use]
    pub fn with_suffixes(self, suffixes: SuffixList) -> Self {
        Self { suffixes, ..self }
    }

    /// The public suffix list for new names.
    pub fn suffixes(&self) -> SuffixList {
        self.suffixes
    }

    /// The refusal of a name that a person entered, without a suggestion that would be refused as well.
    #[must_use]
    pub fn review(&self, error: DomainNameError) -> DomainNameError {
        let suggested = error.suggestion.as_ref();
        match suggested.map(|name| (name, self.check(name))) {
            Some((name, Err(why))) => DomainNameError {
                ineligible: Some((name.clone(), why)),
                suggestion: None,
                ..error
            },
            None | Some((_, Ok(()))) => error,
        }
    }

    /// Checks a name and all names above it. Also checks that it is not above one of Lasso's own
    /// domains: SES would apply the client's verification to that domain.
    pub fn check(&self, name: &DomainName) -> Result<(), IneligibleReason> {
        let mut names = name.ancestors();
        names.insert(0, name.clone());
        let covers_own = |own: &DomainName| own.is_below(name);
        if names.iter().any(|name| self.own_domains.contains(name))
            || self.own_domains.iter().any(covers_own)
        {
            return Err(IneligibleReason::Operator);
        }
        if names.iter().any(|name| AMAZON.contains(&name.as_str())) || is_below_any(name, AMAZON) {
            return Err(IneligibleReason::Amazon);
        }
        if names
            .iter()
            .any(|name| MAILBOX_PROVIDERS.contains(&name.as_str()))
        {
            return Err(IneligibleReason::MailboxProvider);
        }
        Ok(())
    }
}

/// Some of Amazon's names are public suffixes, which `ancestors` does not include.
fn is_below_any(name: &DomainName, above: &[&str]) -> bool {
    above.iter().any(|above| {
        name.as_str()
            .strip_suffix(above)
            .is_some_and(|rest| rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str) -> Result<(), IneligibleReason> {
        let own = vec![DomainName::parse("lassocrm.com").unwrap()];
        Eligibility::new(own).check(&DomainName::parse(name).unwrap())
    }

    #[test]
    fn domains_of_others_are_refused_with_their_subdomains() {
        for name in ["gmail.com", "mail.outlook.com", "yahoo.co.uk"] {
            assert_eq!(
                check(name),
                Err(IneligibleReason::MailboxProvider),
                "{name}"
            );
        }
        for name in ["amazonses.com", "dkim.amazonses.com", "x.s3.amazonaws.com"] {
            assert_eq!(check(name), Err(IneligibleReason::Amazon), "{name}");
        }
        assert_eq!(check("app.lassocrm.com"), Err(IneligibleReason::Operator));
        assert_eq!(check("notgmail.com"), Ok(()));
        assert_eq!(check("example.com"), Ok(()));
    }

    #[test]
    fn own_domains_are_read_from_a_list_with_commas() {
        let eligibility = Eligibility::parse(" lassocrm.com, ,lasso.example").unwrap();
        let name = DomainName::parse("mail.lasso.example").unwrap();
        assert_eq!(eligibility.check(&name), Err(IneligibleReason::Operator));
        assert!(Eligibility::parse("").is_ok());
        let error = OwnDomainError("lasso".to_owned());
        assert_eq!(Eligibility::parse("lasso").unwrap_err(), error);
    }

    #[test]
    fn a_parent_of_an_own_domain_is_an_own_domain_and_its_sibling_is_not() {
        let eligibility = Eligibility::parse("mail.lasso.example").unwrap();
        let check = |name| eligibility.check(&DomainName::parse(name).unwrap());
        assert_eq!(check("lasso.example"), Err(IneligibleReason::Operator));
        assert_eq!(
            check("a.mail.lasso.example"),
            Err(IneligibleReason::Operator)
        );
        assert_eq!(check("other.lasso.example"), Ok(()));
    }

    #[test]
    fn every_listed_name_is_a_valid_domain() {
        for name in MAILBOX_PROVIDERS {
            assert!(DomainName::parse(name).is_ok(), "{name}");
        }
    }
}
