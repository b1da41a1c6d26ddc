//! An SES that a test controls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::identity::{AxisStatus, MailFromLabel, SesStatus};
use domain_auth::names::DomainName;
use domain_auth::ports::{Refusal, SesError};
use ses_model::{
    Account, Axis, Behaviour, Failure, Fault, Identity, MailFrom, Operation, Settings, Signing,
    Status, TokenSource,
};

use crate::CrashPoint;
use crate::ses_port::{Door, SesPort, carry_out};
use crate::ses_words::{REGION, client_of, model_status, tags_of};

/// How SES fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SesFault {
    /// Over the quota; nothing was done.
    Throttled,
    /// No response; nothing was done.
    Unavailable,
    /// No response, but it was done.
    AnswerLost,
    /// Refused; nothing was done.
    Refused(Refusal),
}

/// An SES account without a quota, in which time stands still: a test decides what SES has seen and
/// when it gives up.
pub type FakeSes = SesPort<FakeDoor>;

/// An account in memory; a caller can crash before or after the effect of a call.
/// Clones share it.
#[derive(Debug, Clone)]
pub struct FakeDoor {
    crash: Arc<CrashPoint>,
    account: Arc<Mutex<Account>>,
}

impl Default for FakeDoor {
    fn default() -> Self {
        let settings = Settings {
            rate: None,
            token_source: TokenSource::Readable,
            ..Settings::default()
        };
        Self {
            crash: Arc::default(),
            account: Arc::new(Mutex::new(Account::new(settings))),
        }
    }
}

impl FakeDoor {
    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door for FakeDoor {
    async fn call<T: Send>(
        &self,
        operation: Operation,
        names: &[DomainName],
        effect: impl FnOnce(&mut Account, Duration) -> Result<T, Failure> + Send,
    ) -> Result<T, SesError> {
        self.crash.pass(operation.name()).await;
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let answer = {
            let mut account = self.account();
            let admission = account.admit(operation, &names, NOW);
            carry_out(admission, operation, || effect(&mut account, NOW))
        };
        self.crash.pass(operation.name()).await;
        answer
    }
}

/// Time stands still.
const NOW: Duration = Duration::ZERO;

impl SesFault {
    fn name(self) -> &'static str {
        match self {
            Self::Throttled => "TooManyRequestsException",
            Self::Unavailable => "drop",
            Self::AnswerLost => "drop_after",
            Self::Refused(Refusal::BadRequest) => "BadRequestException",
            Self::Refused(Refusal::AccessDenied) => "AccessDeniedException",
            Self::Refused(Refusal::LimitExceeded) => "LimitExceededException",
            Self::Refused(Refusal::MessageRejected) => "MessageRejected",
            Self::Refused(Refusal::Other) => "AccountSuspendedException",
        }
    }
}

impl FakeSes {
    /// An SES at which a caller can crash.
    pub fn new(crash: Arc<CrashPoint>) -> Self {
        Self(FakeDoor {
            crash,
            ..FakeDoor::default()
        })
    }

    /// Makes the next calls of an operation fail, one fault each.
    pub fn fail(&self, operation: &str, faults: &[SesFault]) {
        for fault in faults {
            self.inject(operation, fault.name(), Some(1), None);
        }
    }

    /// Makes SES refuse every batch of statuses that has this name.
    pub fn refuse(&self, name: &DomainName) {
        for axis in ["Verification", "Dkim", "MailFromDomain"] {
            let operation = format!("GetIdentity{axis}Attributes");
            self.inject(&operation, "BadRequestException", None, Some(name));
        }
    }

    fn inject(&self, operation: &str, error: &str, times: Option<u64>, name: Option<&DomainName>) {
        let fault = Fault {
            operation: operation.to_owned(),
            times,
            error: error.to_owned(),
            identity: name.map(ToString::to_string),
        };
        fault.check().expect("an operation of SES");
        self.account().admissions.faults.push(fault);
    }

    /// Sets the status of an identity.
    pub fn set_status(&self, name: &DomainName, status: SesStatus) {
        self.with(name, |identity| {
            let axes = (
                model_status(status.verification),
                model_status(status.dkim),
                model_status(status.mail_from),
            );
            identity.set_status(axes, NOW);
        });
    }

    /// Sets an identity's status to verified.
    pub fn verify(&self, name: &DomainName) {
        let success = SesStatus {
            verification: AxisStatus::Success,
            dkim: AxisStatus::Pending,
            mail_from: AxisStatus::Pending,
        };
        self.set_status(name, success);
    }

    /// Sets the behaviour of SES that its documentation does not define.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.account().settings.behaviour);
    }

    /// Makes SES verify an identity by its DKIM records, and give up on the TXT record.
    pub fn verify_by_dkim_alone(&self, name: &DomainName) {
        self.with(name, |identity| {
            identity.has_text_token = true;
            identity.text = Axis::with_status(Status::Failed, NOW, true);
            identity.dkim = Axis::with_status(Status::Success, NOW, true);
        });
    }

    /// Adds an identity that was created by other means.
    pub fn add_foreign(&self, name: &DomainName, client: Option<&str>, with_dkim: bool) {
        let mut identity = Identity::new(name.as_str());
        identity.tags = client.map_or_else(Vec::new, |client| tags_of(client, false));
        identity.has_text_token = true;
        identity.text = Axis::started(NOW);
        if with_dkim {
            identity.dkim = Axis::started(NOW);
        }
        self.account().put([identity]);
    }

    /// Adds such an identity with its owner's keys (BYODKIM) and without a TXT token.
    pub fn add_foreign_with_own_keys(&self, name: &DomainName) {
        self.add_foreign(name, None, true);
        self.with(name, |identity| {
            let selector = "selector".to_owned();
            identity.signing = Signing::External { selector };
            identity.has_text_token = false;
            identity.text = Axis::not_started();
        });
    }

    /// Gives an identity a custom MAIL FROM domain and a configuration set.
    pub fn furnish(&self, name: &DomainName, mail_from: &str, configuration_set: &str) {
        self.with(name, |identity| {
            identity.mail_from = Some(MailFrom::started(mail_from.to_owned(), REGION, NOW));
            identity.configuration_set = Some(configuration_set.to_owned());
        });
    }

    /// The whole state of an identity at SES, as text. Tests compare two of them to show that
    /// nothing has changed.
    pub fn record_of(&self, name: &DomainName) -> Option<String> {
        let account = self.account();
        account.find(name.as_str()).map(|it| format!("{it:?}"))
    }

    /// Deletes an identity, as if by hand.
    pub fn forget(&self, name: &DomainName) {
        self.account().delete(name.as_str()).ok();
    }

    /// The client tag of an identity; the outer `None` if there is no identity.
    pub fn client_of(&self, name: &DomainName) -> Option<Option<String>> {
        let account = self.account();
        let identity = account.find(name.as_str())?;
        Some(client_of(identity).map(str::to_owned))
    }

    /// Adds an identity as this stack creates it, for a domain that is gone or that a test puts in
    /// the store.
    pub fn add_orphan(&self, name: &DomainName, client: &str) {
        self.add_tagged(name, client, true);
        let mail_from = MailFromLabel::default_label().below(name);
        self.with(name, |identity| {
            identity.mail_from = Some(MailFrom::started(mail_from, REGION, NOW));
        });
    }

    /// Adds an identity with the tags of this stack and of a client.
    pub fn add_tagged(&self, name: &DomainName, client: &str, with_dkim: bool) {
        self.add_foreign(name, None, with_dkim);
        self.with(name, |identity| identity.tags = tags_of(client, true));
    }

    /// Whether there is such an identity.
    pub fn has(&self, name: &DomainName) -> bool {
        self.account().find(name.as_str()).is_some()
    }

    /// How many identities there are.
    pub fn identities(&self) -> usize {
        self.account().len()
    }

    /// The configuration set of an identity.
    pub fn configuration_set(&self, name: &DomainName) -> Option<String> {
        let account = self.account();
        account.find(name.as_str())?.configuration_set.clone()
    }

    /// How often an operation was called.
    pub fn calls(&self, operation: &str) -> usize {
        let account = self.account();
        let counts = account.admissions.counts.get(operation);
        let calls = counts.map_or(0, |it| it.accepted + it.throttled + it.faulted);
        usize::try_from(calls).unwrap_or(usize::MAX)
    }

    fn with(&self, name: &DomainName, change: impl FnOnce(&mut Identity)) {
        if let Some(identity) = self.account().find_mut(name.as_str()) {
            change(identity);
        }
    }
}
