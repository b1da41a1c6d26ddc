//! An email about stopped mail, while two copies of the function have full batches of other events
//! and SES accepts one email a second.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use domain_auth::event::{Event, EventType};
use domain_auth::mail_limits::MailLimits;
use domain_auth::ports::{Clock, Email, MailTo, Ports, SendEmail, SesError};
use domain_auth::state::Status;
use domain_auth_emails::Console;
use domain_auth_testkit::{MemoryStore, RecordingMeter, SequentialIds};
use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};

use crate::App;
use crate::burst_tests::{SharedClock, event};
use crate::tests::{Channel, Queue};

const STOPS: usize = 20;

/// SES, which accepts everything within 80 ms.
struct Ses {
    clock: SharedClock,
    /// The time of each call, and the subject.
    calls: Mutex<Vec<(Timestamp, String)>>,
}

impl SendEmail for Ses {
    async fn is_suppressed(&self, _: &MailTo, _: Timestamp) -> Result<bool, SesError> {
        Ok(false)
    }

    async fn send(&self, _: &MailTo, email: &Email) -> Result<String, SesError> {
        let call = (self.clock.now(), email.subject.clone());
        self.calls.lock().unwrap().push(call);
        self.clock.sleep(Duration::from_millis(80)).await;
        Ok("0100018c".to_owned())
    }
}

struct SlowPorts;

impl Ports for SlowPorts {
    type Store = MemoryStore;
    type Ses = ();
    type Dns = ();
    type Publisher = Channel;
    type Mail = Ses;
    type Queue = Queue;
    type Meter = RecordingMeter;
    type Clock = SharedClock;
    type Ids = SequentialIds;
}

fn app() -> App<SlowPorts> {
    let clock = SharedClock::default();
    App {
        store: MemoryStore::default(),
        mail: Ses {
            clock: clock.clone(),
            calls: Mutex::default(),
        },
        clock,
        ids: SequentialIds::default(),
        meter: RecordingMeter::default(),
        limits: MailLimits {
            per_second: 1,
            singles_per_minute: 20,
            per_client_per_day: 50,
        },
        notify_clients: true,
        queue: Queue::default(),
        first_queue: (Queue::default(), "arn:first".to_owned()),
        carried_queue: (Queue::default(), "arn:carried".to_owned()),
        console: Console::at(None),
        chat: None,
    }
}

fn batch(events: &[Event], arn: Option<&str>) -> SqsEvent {
    let message = |event: &Event| {
        let mut message = SqsMessage::default();
        message.message_id = Some(event.event_id.to_string());
        message.receipt_handle = message.message_id.clone();
        message.body = Some(serde_json::to_string(event).unwrap());
        message.event_source_arn = arn.map(str::to_owned);
        message
    };
    let mut batch = SqsEvent::default();
    batch.records = events.iter().map(message).collect();
    batch
}

/// A copy of the function that has a full batch all the time: each event is an email to a contact of
/// its own.
async fn busy(app: &App<SlowPorts>, first: usize, until: Timestamp) {
    let mut numbers = (first..).step_by(5);
    while app.clock.now() < until {
        let events: Vec<Event> = numbers.by_ref().take(100).map(event).collect();
        let deadline = app.clock.now() + SignedDuration::from_secs(25);
        app.notify(batch(&events, None), deadline).await;
    }
}

/// Publishes a stopped domain every few seconds, and returns how long support's email and the
/// contact's took to reach SES.
async fn stops(app: &App<SlowPorts>) -> Vec<[SignedDuration; 2]> {
    let mut waits = Vec::new();
    for number in 0..STOPS {
        let pause = Duration::from_millis(3_000 + 370 * u64::try_from(number).unwrap());
        app.clock.sleep(pause).await;
        let mut stop = event(1_000_000 + 5 * number);
        stop.event_type = EventType::Failed;
        stop.previous_status = Some(Status::Authenticated);
        stop.status = Status::Failed;
        let begun = app.clock.now();
        let deadline = begun + SignedDuration::from_secs(25);
        let answer = app
            .notify(batch(&[stop.clone()], Some("arn:first")), deadline)
            .await;
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
        let calls = app.mail.calls.lock().unwrap();
        let about = |subject: &str| subject.contains(stop.domain.as_str());
        let times = calls.iter().filter(|(_, subject)| about(subject));
        let times: Vec<SignedDuration> = times.map(|(at, _)| at.duration_since(begun)).collect();
        waits.push(times.try_into().unwrap());
    }
    waits
}

#[test]
fn an_email_about_stopped_mail_waits_a_second_at_one_a_second() {
    let app = Arc::new(app());
    let begun = app.clock.now();
    let until = begun + SignedDuration::from_mins(3);
    let copies = [4, 500_004].map(|first| busy(&app, first, until));
    let (waits, _) = app.clock.run(join(stops(&app), join_all(copies)));

    let second = SignedDuration::from_secs(1);
    for [support, contact] in &waits {
        assert!(*support <= second, "{waits:?}");
        assert!(*contact <= second * 2, "{waits:?}");
    }
    let mut times: Vec<Timestamp> = {
        let calls = app.mail.calls.lock().unwrap();
        calls.iter().map(|(at, _)| *at).collect()
    };
    times.sort();
    let seconds = times[times.len() - 1].duration_since(begun).as_secs();
    let calls = i64::try_from(times.len()).unwrap();
    assert!(calls <= seconds + 1, "{calls} emails in {seconds} s");
    assert!(
        calls * 10 >= seconds * 9,
        "{calls} emails in {seconds} s: turns pass unused"
    );
}
