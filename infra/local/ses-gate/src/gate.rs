//! The gate itself: its parts, and its DNS look-ups.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use ses_model::{Account, Due, Wanted};

use super::clock::Clock;
use super::control::Control;
use super::feedback::{Feedback, Sent};
use super::history::History;
use super::lookup::Lookup;
use super::upstream::Upstream;

/// How long a response waits for name servers. SES itself looks in its own intervals, and responds
/// immediately.
const LOOKING: Duration = Duration::from_secs(2);
/// How many record sets are looked up at the same time.
const CONCURRENT_LOOKS: usize = 64;

/// All parts together.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) clock: Clock,
    pub(crate) control: Control,
    pub(crate) ses: Arc<Ses>,
    pub(crate) upstream: Upstream,
    pub(crate) history: History,
    pub(crate) feedback: Feedback,
}

/// The account, and its DNS. A look-up is made when a status is requested. Nothing runs in the
/// background, so ten thousand identities without calls cost nothing.
#[derive(Debug)]
pub(crate) struct Ses {
    account: Mutex<Account>,
    lookup: Lookup,
}

impl Gate {
    /// The account. Do not hold the lock across an await.
    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.ses.account()
    }

    /// Updates statuses, as far as name servers answer soon. A slower look-up continues, and a
    /// later response has its result.
    pub(crate) async fn refresh(&self, names: &[String], wanted: Wanted) {
        let now = self.clock.now();
        let due = self.account().due(names, wanted, now);
        let ses = Arc::clone(&self.ses);
        let looking = async move { ses.look(due, now).await };
        let looked = tokio::time::timeout(LOOKING, tokio::spawn(looking)).await;
        if let Ok(Err(error)) = looked {
            tracing::error!(%error, "looking for records has failed");
        }
    }

    /// Moves the clock forward, after a last look-up for everything that would have failed
    /// meanwhile.
    pub(crate) async fn advance(&self, by: Duration) {
        let now = self.clock.now();
        let due = self.account().due_before(now + by, now);
        self.ses.look(due, now).await;
        self.clock.advance(by);
    }

    /// Publishes the fate of an email that the emulator accepted, as SES does.
    pub(crate) async fn report_mail(&self, request: &serde_json::Value, answer: &str) {
        let answer: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
        let sent = Sent {
            request,
            message_id: answer["MessageId"].as_str().unwrap_or_default(),
            at: &self.clock.timestamp(self.clock.now()).to_string(),
        };
        let Some((topic, events)) = self.feedback.events(&sent) else {
            return;
        };
        for event in events {
            if let Err(error) = self.upstream.publish(&topic, &event.to_string()).await {
                tracing::error!(%error, "an event of SES was not published");
            }
        }
    }

    /// Adds identities that the emulator has and the gate does not know.
    pub(crate) fn take_up(&self, names: &[String]) {
        let now = self.clock.now();
        let mut account = self.account();
        for name in names {
            account.take_up(name, now);
        }
    }
}

impl Ses {
    pub(crate) fn new(account: Account, lookup: Lookup) -> Self {
        Self {
            account: Mutex::new(account),
            lookup,
        }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look(&self, due: Vec<Due>, now: Duration) {
        let mut looking = futures::stream::iter(due)
            .map(|due| async move {
                let seen = self.lookup.look(&due.look).await;
                (due, seen)
            })
            .buffer_unordered(CONCURRENT_LOOKS);
        while let Some((due, seen)) = looking.next().await {
            self.account().observe(&due, seen, now);
        }
    }
}
