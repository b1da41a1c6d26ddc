//! The set of identities behind both APIs, and the operations on it. Names, limits and errors are
//! from the Amazon SES API references (v1 and v2).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::admission::{Admission, Admissions};
use crate::axis::Status;
use crate::behaviour::{Inheritance, TextMissing, Tokens};
use crate::failure::Failure;
use crate::identity::{Identity, MailFrom, Signing, is_address, parents};
use crate::operation::Operation;
use crate::settings::Settings;

/// The parameters of v2 `CreateEmailIdentity`.
#[derive(Debug, Clone)]
pub struct New {
    /// Keys and values.
    pub tags: Vec<(String, String)>,
    /// The name of its configuration set.
    pub configuration_set: Option<String>,
    /// Whose keys sign the mail.
    pub signing: Signing,
}

/// An account of Amazon SES in one region.
#[derive(Debug, Default)]
pub struct Account {
    /// Its settings.
    pub settings: Settings,
    /// Its quota, its faults and its calls.
    pub admissions: Admissions,
    identities: BTreeMap<String, Identity>,
    /// Names that were deleted and not created again.
    deleted: BTreeSet<String>,
    /// How often the tokens of a name were dropped with its identity, if each creation makes new
    /// ones.
    generations: BTreeMap<String, u32>,
}

impl Account {
    /// An account without identities.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Decides about a call that names these identities, and counts it. Every operation has to call
    /// this first.
    pub fn admit(&mut self, operation: Operation, names: &[String], now: Duration) -> Admission {
        let settings = &self.settings;
        self.admissions.admit(operation, names, settings, now)
    }

    /// All identities, by name.
    pub fn identities(&self) -> impl Iterator<Item = &Identity> {
        self.identities.values()
    }

    /// All identities, for changes other than calls.
    pub fn identities_mut(&mut self) -> impl Iterator<Item = &mut Identity> {
        self.identities.values_mut()
    }

    /// The identities whose names come after this one.
    pub fn identities_after(&self, name: &str) -> impl Iterator<Item = &Identity> {
        use std::ops::Bound::{Excluded, Unbounded};
        let rest = self.identities.range::<str, _>((Excluded(name), Unbounded));
        rest.map(|(_, identity)| identity)
    }

    /// The identity with this name.
    pub fn find(&self, name: &str) -> Option<&Identity> {
        self.identities.get(name)
    }

    /// The identity with this name, for changes other than calls.
    pub fn find_mut(&mut self, name: &str) -> Option<&mut Identity> {
        self.identities.get_mut(name)
    }

    /// The identity with this name, or SES's error.
    pub fn get(&self, name: &str) -> Result<&Identity, Failure> {
        self.find(name).ok_or_else(|| Failure::not_found(name))
    }

    /// How many identities there are.
    pub fn len(&self) -> usize {
        self.identities.len()
    }

    /// Whether there are no identities.
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    /// Adds these identities. An existing identity with the same name is replaced.
    pub fn put(&mut self, identities: impl IntoIterator<Item = Identity>) {
        for identity in identities {
            self.deleted.remove(&identity.name);
            self.identities.insert(identity.name.clone(), identity);
        }
    }

    /// Adds an identity that turns out to exist, as if it had just been created. An identity that
    /// was deleted here is not added.
    pub fn take_up(&mut self, name: &str, now: Duration) {
        if !self.deleted.contains(name) && !self.identities.contains_key(name) {
            let identity = self.make(name);
            identity.text.start(now);
            identity.dkim.start(now);
        }
    }

    /// v2 `CreateEmailIdentity`.
    pub fn create(&mut self, name: &str, new: New, now: Duration) -> Result<&Identity, Failure> {
        if self.identities.contains_key(name) {
            return Err(Failure::already_exists(name));
        }
        self.has_room()?;
        let identity = self.make(name);
        identity.tags = new.tags;
        identity.configuration_set = new.configuration_set;
        if !is_address(name) {
            identity.sign_with(new.signing, now);
        }
        Ok(identity)
    }

    /// v2 `DeleteEmailIdentity`, v1 `DeleteIdentity` (which returns no error for an unknown
    /// identity).
    pub fn delete(&mut self, name: &str) -> Result<Identity, Failure> {
        self.deleted.insert(name.to_owned());
        let removed = self.identities.remove(name);
        let removed = removed.ok_or_else(|| Failure::not_found(name))?;
        if self.settings.behaviour.tokens == Tokens::Fresh {
            let used = removed.text_generation.max(removed.dkim_generation);
            self.generations.insert(removed.name.clone(), used + 1);
        }
        Ok(removed)
    }

    /// v1 `VerifyDomainIdentity`, which creates the identity, without tags, if there is none.
    /// Returns its token.
    pub fn verify_domain(&mut self, name: &str, now: Duration) -> Result<String, Failure> {
        let again = self.settings.behaviour.verified_again;
        self.make_if_missing(name)?;
        self.change(name, now, |identity| identity.verify_text(now, again))?;
        Ok(self.verification_token(self.get(name)?))
    }

    /// v1 `VerifyDomainDkim`, which creates the identity, without tags, if there is none. Returns
    /// its tokens.
    pub fn verify_dkim(&mut self, name: &str, now: Duration) -> Result<Vec<String>, Failure> {
        let failed = self.settings.behaviour.failed_dkim;
        self.make_if_missing(name)?;
        self.change(name, now, |identity| identity.verify_dkim(now, failed))?;
        Ok(self.dkim_tokens(self.get(name)?))
    }

    /// v1 `VerifyEmailIdentity`.
    pub fn verify_address(&mut self, address: &str) -> Result<(), Failure> {
        self.make_if_missing(address)
    }

    /// v2 `PutEmailIdentityMailFromAttributes`, v1 `SetIdentityMailFromDomain`: sets a MAIL FROM
    /// domain or, with an empty `domain`, removes it. Setting it again makes SES look again.
    pub fn set_mail_from(
        &mut self,
        name: &str,
        domain: &str,
        (behavior, region): (&str, &str),
        now: Duration,
    ) -> Result<(), Failure> {
        let domain = domain.trim_end_matches('.').to_ascii_lowercase();
        let parent = name.rsplit('@').next().unwrap_or(name);
        if !domain.is_empty() && !domain.ends_with(&format!(".{parent}")) {
            return Err(Failure::invalid(format!(
                "Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the \
                 identity <{parent}>."
            )));
        }
        self.change(name, now, |identity| {
            identity.mail_from = (!domain.is_empty() && !is_address(name)).then(|| MailFrom {
                behavior: behavior.to_owned(),
                ..MailFrom::started(domain, region, now)
            });
        })
    }

    /// Changes an existing identity. Expired limits are applied first, so a change can start
    /// something again.
    pub fn change(
        &mut self,
        name: &str,
        now: Duration,
        change: impl FnOnce(&mut Identity),
    ) -> Result<(), Failure> {
        let window = self.settings.window;
        let identity = self.identities.get_mut(name);
        let identity = identity.ok_or_else(|| Failure::not_found(name))?;
        identity.expire(now, window);
        change(identity);
        Ok(())
    }

    /// The status that SES reports: a domain below a verified domain inherits its verification.
    pub fn verification(&self, identity: &Identity) -> Status {
        let own = identity.verification();
        match self.settings.behaviour.inheritance {
            Inheritance::Success if self.inherits(identity) => Status::Success,
            Inheritance::Success | Inheritance::SendingOnly => own,
        }
    }

    /// The status that v1 reports, which may be failed because of the TXT record only.
    pub fn verification_in_v1(&self, identity: &Identity) -> Status {
        let text_failed = identity.has_text_token && identity.text.status() == Status::Failed;
        match self.settings.behaviour.text_missing {
            TextMissing::Failed if text_failed => Status::Failed,
            TextMissing::Failed | TextMissing::Success => self.verification(identity),
        }
    }

    /// Whether it may send mail (`VerifiedForSendingStatus`). Sending continues while records are
    /// missing for a time. It ends when SES gives up, unless a domain above is verified.
    pub fn may_send(&self, identity: &Identity) -> bool {
        let own = identity.verification();
        matches!(own, Status::Success | Status::TemporaryFailure) || self.inherits(identity)
    }

    /// The token of the TXT record.
    pub fn verification_token(&self, identity: &Identity) -> String {
        let source = &self.settings.token_source;
        source.verification(&identity.name, identity.text_generation)
    }

    /// The token as v1 `GetIdentityVerificationAttributes` returns it: only after it was requested.
    pub fn shown_token(&self, identity: &Identity) -> Option<String> {
        let unasked = self.settings.behaviour.token_unasked;
        let shown = identity.has_text_token || unasked;
        (shown && !identity.is_address()).then(|| self.verification_token(identity))
    }

    /// The tokens of the CNAME records, or the selector of BYODKIM.
    pub fn dkim_tokens(&self, identity: &Identity) -> Vec<String> {
        match &identity.signing {
            Signing::EasyDkim => self.easy_dkim_tokens(identity).to_vec(),
            Signing::External { selector } => vec![selector.clone()],
        }
    }

    /// The tokens of the CNAME records.
    pub fn easy_dkim_tokens(&self, identity: &Identity) -> [String; 3] {
        let source = &self.settings.token_source;
        source.dkim(&identity.name, identity.dkim_generation)
    }

    fn inherits(&self, identity: &Identity) -> bool {
        parents(&identity.name)
            .filter_map(|parent| self.identities.get(parent))
            .any(|parent| parent.verification() == Status::Success)
    }

    fn has_room(&self) -> Result<(), Failure> {
        let limit = self.settings.identity_limit;
        if self.identities.len() < limit {
            Ok(())
        } else {
            Err(Failure::limit_exceeded(limit))
        }
    }

    fn make_if_missing(&mut self, name: &str) -> Result<(), Failure> {
        if !self.identities.contains_key(name) {
            self.has_room()?;
            self.make(name);
        }
        Ok(())
    }

    /// The identity with this name, created if necessary.
    fn make(&mut self, name: &str) -> &mut Identity {
        self.deleted.remove(name);
        let generation = self.generations.get(name).copied().unwrap_or(0);
        self.identities
            .entry(name.to_owned())
            .or_insert_with(|| Identity::of_generation(name, generation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Fault;

    const NAME: &str = "example.com";

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn new() -> New {
        New {
            tags: Vec::new(),
            configuration_set: None,
            signing: Signing::EasyDkim,
        }
    }

    fn taken(account: &mut Account, calls: usize, now: Duration) -> usize {
        let operation = Operation::GetEmailIdentity;
        let admitted = (0..calls).map(|_| account.admit(operation, &[], now));
        admitted.filter(|it| *it == Admission::Accepted).count()
    }

    #[test]
    fn the_quota_allows_its_calls_per_second_in_a_burst_or_spread_out() {
        for rate in [1, 5] {
            let rate_per_second = Some(f64::from(rate));
            let mut account = Account::default();
            account.settings.rate = rate_per_second;
            let calls = usize::try_from(rate).expect("a small number");
            assert_eq!(taken(&mut account, 20, at(0)), calls);
            assert_eq!(taken(&mut account, 20, at(1)), calls);
            assert_eq!(
                taken(&mut account, 20, at(100)),
                calls,
                "nothing is saved up"
            );
        }
    }

    #[test]
    fn a_fault_applies_to_the_calls_that_name_its_identity_and_is_used_up() {
        let mut account = Account::default();
        account.admissions.faults.push(Fault {
            operation: "*".to_owned(),
            times: Some(1),
            error: "drop_after".to_owned(),
            identity: Some(NAME.to_owned()),
        });
        let mut admit = |name: &str, seconds| {
            let names = [name.to_owned()];
            account.admit(Operation::GetEmailIdentity, &names, at(seconds))
        };
        assert_eq!(admit("other.example", 0), Admission::Accepted);
        assert_eq!(admit(NAME, 2), Admission::AnswerLost);
        assert_eq!(admit(NAME, 4), Admission::Accepted);
    }

    #[test]
    fn a_deleted_identity_returns_only_by_a_call_with_fresh_tokens() {
        let mut account = Account::default();
        account.settings.behaviour.tokens = Tokens::Fresh;
        let before = account.verify_domain(NAME, at(0));
        assert!(account.delete(NAME).is_ok() && account.delete(NAME).is_err());
        account.take_up(NAME, at(1));
        assert!(account.find(NAME).is_none());
        assert_ne!(account.verify_domain(NAME, at(2)), before);
    }

    #[test]
    fn a_child_of_a_verified_domain_inherits_and_may_send() {
        let mut account = Account::default();
        for name in [NAME, "mail.example.com"] {
            account.create(name, new(), at(0)).expect("there is room");
        }
        let success = (Status::Success, Status::Success, Status::NotStarted);
        let parent = account.find_mut(NAME).expect("it was made");
        parent.set_status(success, at(0));
        let status = |account: &Account| {
            let child = account.find("mail.example.com").expect("it was made");
            (account.verification(child), account.may_send(child))
        };
        assert_eq!(status(&account), (Status::Success, true));
        account.settings.behaviour.inheritance = Inheritance::SendingOnly;
        assert_eq!(status(&account), (Status::Pending, true));
    }

    #[test]
    fn a_status_that_is_set_is_returned() {
        let mut identity = Identity::new(NAME);
        let all = [Status::Pending, Status::Success, Status::Failed];
        for (verification, dkim) in all.map(|it| all.map(|other| (it, other))).concat() {
            identity.set_status((verification, dkim, Status::Pending), at(0));
            assert_eq!(identity.verification(), verification, "{dkim:?}");
            assert_eq!(identity.dkim.status(), dkim);
        }
    }
}
