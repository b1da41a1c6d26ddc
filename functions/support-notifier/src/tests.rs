//! Every file in `events/support-notifier`: the email as it is sent, only once.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain_auth::audience::EmailId;
use domain_auth::mail_limits::MailLimits;
use domain_auth::ports::{
    Carry, Clock, DeadLetter, Email, MailTo, Ports, PostToChat, PublishError, PutAside, Redeliver,
    Redelivery, RedeliveryError, Refusal, SendEmail, SesError,
};
use domain_auth::use_cases::email_events::SENDING_LEASE;
use domain_auth_emails::Console;
use domain_auth_testkit::{MemoryStore, RecordingMeter, SequentialIds, TestClock};
use jiff::{SignedDuration, Timestamp};

use super::App;

/// The answers of SES to the next emails; it accepts later ones.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Throttles,
    Rejects,
    DeniesAccess,
    /// Accepts it after this many seconds.
    TakesItAfter(i64),
    /// Times out after this many seconds, and it is unknown whether SES accepted the email.
    HangsFor(i64),
}

#[derive(Default)]
pub(super) struct Mailbox {
    pub(super) emails: Mutex<Vec<Email>>,
    pub(super) answers: Mutex<VecDeque<Answer>>,
    pub(super) attempts: Mutex<usize>,
    pub(super) recipients: Mutex<Vec<MailTo>>,
    pub(super) suppressed: Mutex<Vec<MailTo>>,
    clock: TestClock,
}

impl Mailbox {
    pub(super) fn answers_next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers);
    }
}

impl SendEmail for Mailbox {
    async fn is_suppressed(&self, to: &MailTo, _: Timestamp) -> Result<bool, SesError> {
        let suppressed = self.suppressed.lock().unwrap().clone();
        Ok(suppressed.contains(to))
    }

    async fn send(&self, to: &MailTo, email: &Email) -> Result<String, SesError> {
        let operation = "SendEmail";
        let refused = |refusal| {
            let source = "Email address is not verified: kim@example.com".into();
            Err(SesError::Refused {
                operation,
                refusal,
                source,
            })
        };
        *self.attempts.lock().unwrap() += 1;
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(Answer::Throttles) => return Err(SesError::Throttled { operation }),
            Some(Answer::Rejects) => return refused(Refusal::MessageRejected),
            Some(Answer::DeniesAccess) => return refused(Refusal::AccessDenied),
            Some(Answer::HangsFor(seconds)) => {
                self.clock.advance(SignedDuration::from_secs(seconds));
                let source = "timeout".into();
                return Err(SesError::Unavailable { operation, source });
            }
            Some(Answer::TakesItAfter(seconds)) => {
                self.clock.advance(SignedDuration::from_secs(seconds));
            }
            None => {}
        }
        self.emails.lock().unwrap().push(email.clone());
        self.recipients.lock().unwrap().push(to.clone());
        Ok("0100018c-example".to_owned())
    }
}

/// Records the calls to the queue, and may fail.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) told: Mutex<Vec<Redelivery>>,
    pub(super) calls: Mutex<usize>,
    pub(super) dead: Mutex<Vec<DeadLetter>>,
    pub(super) carried: Mutex<Vec<String>>,
    pub(super) fails: bool,
}

impl PutAside for Queue {
    async fn put_aside(&self, message: &DeadLetter) -> Result<(), RedeliveryError> {
        if self.fails {
            let source = "no answer".into();
            return Err(RedeliveryError {
                messages: 1,
                source,
            });
        }
        self.dead.lock().unwrap().push(message.clone());
        Ok(())
    }
}

impl Carry for Queue {
    async fn carry(&self, body: &str) -> Result<(), RedeliveryError> {
        if self.fails {
            let source = "no answer".into();
            return Err(RedeliveryError {
                messages: 1,
                source,
            });
        }
        self.carried.lock().unwrap().push(body.to_owned());
        Ok(())
    }
}

impl Redeliver for Queue {
    async fn redeliver(&self, messages: &[Redelivery]) -> Result<(), RedeliveryError> {
        *self.calls.lock().unwrap() += 1;
        if self.fails {
            let source = "no answer".into();
            let messages = messages.len();
            return Err(RedeliveryError { messages, source });
        }
        self.told.lock().unwrap().extend_from_slice(messages);
        Ok(())
    }
}

/// Records the posts to the chat channel, and may fail at first.
#[derive(Default)]
pub(super) struct Channel {
    pub(super) posted: Mutex<Vec<String>>,
    pub(super) failures: Mutex<usize>,
}

impl PostToChat for Channel {
    async fn post(&self, message: &str) -> Result<(), PublishError> {
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(PublishError::Topic("the topic is down".into()));
        }
        self.posted.lock().unwrap().push(message.to_owned());
        Ok(())
    }
}

/// The fakes, with a mailbox and a queue.
pub(super) struct NotifierPorts;

impl Ports for NotifierPorts {
    type Store = MemoryStore;
    type Ses = ();
    type Dns = ();
    type Publisher = Channel;
    type Mail = Mailbox;
    type Queue = Queue;
    type Meter = RecordingMeter;
    type Clock = TestClock;
    type Ids = SequentialIds;
}

pub(super) type TestApp = App<NotifierPorts>;

pub(super) fn app() -> TestApp {
    let clock = TestClock::default();
    App {
        store: MemoryStore::default(),
        mail: Mailbox {
            clock: clock.clone(),
            ..Mailbox::default()
        },
        clock,
        ids: SequentialIds::default(),
        meter: RecordingMeter::default(),
        limits: MailLimits {
            per_second: 14,
            singles_per_minute: 20,
            per_client_per_day: 50,
        },
        notify_clients: false,
        queue: Queue::default(),
        first_queue: (Queue::default(), "arn:first".to_owned()),
        carried_queue: (Queue::default(), "arn:carried".to_owned()),
        console: Console::at(Some("https://console.example")),
        chat: Some(Channel::default()),
    }
}

/// Invokes the function like Lambda, with its time limit.
pub(super) async fn notified(app: &TestApp, batch: SqsEvent) -> SqsBatchResponse {
    let deadline = app.clock.now() + SignedDuration::from_secs(25);
    app.notify(batch, deadline).await
}

/// Checks that every message was handled.
async fn dealt_with(app: &TestApp, batch: SqsEvent) {
    assert_eq!(notified(app, batch).await, SqsBatchResponse::default());
}

fn delivery_in(file: &Path) -> SqsEvent {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

pub(super) fn delivery(case: &str) -> SqsEvent {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/support-notifier");
    delivery_in(format!("{folder}/{case}.json").as_ref())
}

fn shown(email: &Email) -> String {
    let reply_to = email
        .reply_to
        .as_ref()
        .map_or("", |address| address.as_str());
    let Email {
        subject,
        text,
        html,
        ..
    } = email;
    format!("Subject: {subject}\nReply-To: {reply_to}\n\n{text}\n────\n{html}")
}

#[test]
fn every_event_is_emailed_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/support-notifier", "*.json", |file| {
        let app = app();
        let batch = delivery_in(file);
        let error = crate::batch::event_in(&batch.records[0]).err();
        let answer = runtime.block_on(notified(&app, batch));
        let emails = app.mail.emails.lock().unwrap();
        let sent: Vec<String> = emails.iter().map(shown).collect();
        let dead = app.queue.dead.lock().unwrap().len();
        assert_eq!(dead == 0, error.is_none());
        assert_eq!(answer, SqsBatchResponse::default());
        let shown = match error {
            None => sent.join("\n════\n"),
            Some(error) => format!("{error}, {} emails", sent.len()),
        };
        insta::assert_snapshot!(shown);
    });
}

#[tokio::test]
async fn an_event_delivered_twice_is_emailed_once() {
    let app = app();
    dealt_with(&app, delivery("verified")).await;
    dealt_with(&app, delivery("verified")).await;
    assert_eq!(app.mail.emails.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_throttled_email_is_sent_when_its_message_is_redelivered() {
    let app = app();
    app.mail.answers_next([Answer::Throttles]);
    let answer = notified(&app, delivery("verified")).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    dealt_with(&app, delivery("verified")).await;
    assert_eq!(app.mail.emails.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_crashed_instances_email_is_sent_after_its_lease_ends() {
    use domain_auth::ports::{EmailLedger, Lease};
    let app = app();
    let event = crate::batch::event_in(&delivery("verified").records[0]).unwrap();
    let now = app.clock.now();
    let lease = app
        .store
        .lease(EmailId::support(event.event_id), now, now + SENDING_LEASE)
        .await
        .unwrap();
    assert_eq!(lease, Lease::Granted);

    let answer = notified(&app, delivery("verified")).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert!(app.mail.emails.lock().unwrap().is_empty());
    app.clock.advance(SENDING_LEASE);
    dealt_with(&app, delivery("verified")).await;
    assert_eq!(app.mail.emails.lock().unwrap().len(), 1);
}

/// The delivery with a different event.
pub(super) fn another(case: &str, number: u32) -> SqsEvent {
    let mut delivery = delivery(case);
    let message = &mut delivery.records[0];
    let body = message.body.as_deref().unwrap();
    let mut event: serde_json::Value = serde_json::from_str(body).unwrap();
    event["event_id"] = format!("0198f3a2-6d5e-7c41-9a37-{number:012}").into();
    message.body = Some(event.to_string());
    message.message_id = Some(format!("message-{number}"));
    message.receipt_handle = Some(format!("receipt-{number}"));
    delivery
}

#[tokio::test]
async fn the_first_alert_beyond_the_limit_is_emailed_as_the_daily_summary() {
    let mut app = app();
    app.limits.per_client_per_day = 2;
    for number in 0..5 {
        dealt_with(&app, another("verified", number)).await;
    }
    {
        let emails = app.mail.emails.lock().unwrap();
        assert_eq!(emails.len(), 3);
        insta::assert_snapshot!("summary", shown(&emails[2]));
    }
    let not_emailed = app.meter.values("AlertsNotEmailed", Some("OverLimit"));
    assert_eq!(not_emailed, [1.0, 1.0, 1.0]);
    dealt_with(&app, another("at-risk", 5)).await;
    assert_eq!(app.mail.emails.lock().unwrap().len(), 3, "it still sends");
    dealt_with(&app, another("displaced-sending", 6)).await;
    assert_eq!(app.mail.emails.lock().unwrap().len(), 4, "what stops mail");
}

#[tokio::test]
async fn an_event_in_an_sns_envelope_is_emailed_once() {
    let app = app();
    dealt_with(&app, delivery("verified")).await;
    let mut wrapped = another("verified", 1);
    for batch in [&mut delivery("verified"), &mut wrapped] {
        let message = &mut batch.records[0];
        let envelope = serde_json::json!({
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "Message": message.body,
        });
        message.body = Some(envelope.to_string());
        dealt_with(&app, batch.clone()).await;
    }
    assert_eq!(app.mail.emails.lock().unwrap().len(), 2);
    assert!(app.queue.dead.lock().unwrap().is_empty());
}
