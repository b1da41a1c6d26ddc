//! A burst of events, each delivered up to three times, to four simultaneous copies of the
//! function, while SES fails one call in five.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain_auth::audience::Audience;
use domain_auth::event::Event;
use domain_auth::mail_limits::MailLimits;
use domain_auth::ports::{Clock, Email, MailTo, Ports, Refusal, SendEmail, SesError};
use domain_auth_emails::Console;
use domain_auth_testkit::{MemoryStore, RecordingMeter, SequentialIds};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::App;
use crate::tests::{Channel, Queue, delivery};

const EVENTS: usize = 5_000;
const PER_SECOND: u32 = 14;
const COPIES: usize = 4;

/// A clock that all copies share. When all copies wait, it moves to the end of the shortest wait.
/// The copies wait for nothing else in this test.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedClock(Arc<Mutex<Time>>);

#[derive(Debug, Default)]
struct Time {
    elapsed: SignedDuration,
    /// The waits since the clock has moved.
    awaited: Vec<SignedDuration>,
}

impl SharedClock {
    /// Runs a future to its end.
    pub(super) fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            self.0.lock().unwrap().awaited.clear();
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            let mut time = self.0.lock().unwrap();
            let next = time.awaited.iter().min().copied();
            time.elapsed = next.unwrap_or(time.elapsed);
        }
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        Timestamp::constant(1_780_315_200, 0) + self.0.lock().unwrap().elapsed
    }

    async fn sleep(&self, duration: Duration) {
        let duration = SignedDuration::try_from(duration).unwrap();
        let until = self.0.lock().unwrap().elapsed + duration;
        poll_fn(|_| {
            let mut time = self.0.lock().unwrap();
            if time.elapsed >= until {
                return Poll::Ready(());
            }
            time.awaited.push(until);
            Poll::Pending
        })
        .await;
    }
}

/// Pseudorandom numbers, the same in every run (a linear congruential generator).
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        let number = usize::try_from(self.0 >> 33).unwrap();
        number % limit
    }
}

/// An event by the number in its domain, and its audience.
type Told = (usize, Audience);

/// SES with 14 emails a second that fails one call in five.
struct Ses {
    clock: SharedClock,
    chance: Mutex<Chance>,
    accepted: Mutex<BTreeMap<Told, usize>>,
    uncertain: Mutex<BTreeSet<Told>>,
    times: Mutex<Vec<Timestamp>>,
    over_rate: Mutex<usize>,
    /// The time of each call.
    calls: Mutex<Vec<Timestamp>>,
}

impl Ses {
    fn accept(to: &MailTo, email: &Email) -> Vec<Told> {
        let audience = match to {
            MailTo::Support => Audience::Support,
            MailTo::Contact(_) => Audience::Client,
        };
        let told: Vec<Told> = events_in(email)
            .into_iter()
            .map(|n| (n, audience))
            .collect();
        assert!(!told.is_empty(), "{}", email.text);
        told
    }
}

/// The numbers of the events whose domains an email names.
fn events_in(email: &Email) -> BTreeSet<usize> {
    let words = email
        .text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-');
    let number = |word: &str| {
        word.strip_prefix('d')?
            .split_once(".example")?
            .0
            .parse()
            .ok()
    };
    words.filter_map(number).collect()
}

impl SendEmail for Ses {
    async fn is_suppressed(&self, _: &MailTo, _: Timestamp) -> Result<bool, SesError> {
        Ok(false)
    }

    async fn send(&self, to: &MailTo, email: &Email) -> Result<String, SesError> {
        let operation = "SendEmail";
        let now = self.clock.now();
        self.calls.lock().unwrap().push(now);
        // SES responds within 20 to 80 ms.
        let pause = 20 + self.chance.lock().unwrap().below(60);
        let pause = Duration::from_millis(u64::try_from(pause).unwrap());
        self.clock.sleep(pause).await;
        {
            let mut times = self.times.lock().unwrap();
            times.retain(|at| now.duration_since(*at) < SignedDuration::from_secs(10));
            // Each copy may be late for one turn.
            if times.len() > 10 * PER_SECOND as usize + COPIES {
                *self.over_rate.lock().unwrap() += 1;
            }
            times.push(now);
        }
        let unknown = || SesError::Unavailable {
            operation,
            source: "the connection was reset".into(),
        };
        let told = Self::accept(to, email);
        let fails = self.chance.lock().unwrap().below(20);
        match fails {
            0 => return Err(SesError::Throttled { operation }),
            1 => {
                let source = "sending is paused".into();
                let refusal = Refusal::Other;
                return Err(SesError::Refused {
                    operation,
                    refusal,
                    source,
                });
            }
            2 => {
                self.uncertain.lock().unwrap().extend(told);
                return Err(unknown());
            }
            3 => self.uncertain.lock().unwrap().extend(told.iter().copied()),
            _ => {}
        }
        let mut accepted = self.accepted.lock().unwrap();
        for told in told {
            *accepted.entry(told).or_default() += 1;
        }
        if fails == 3 {
            Err(unknown())
        } else {
            Ok("0100018c".to_owned())
        }
    }
}

struct BurstPorts;

impl Ports for BurstPorts {
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

fn app() -> App<BurstPorts> {
    let clock = SharedClock::default();
    App {
        store: MemoryStore::default(),
        mail: Ses {
            clock: clock.clone(),
            chance: Mutex::new(Chance(7)),
            accepted: Mutex::default(),
            uncertain: Mutex::default(),
            times: Mutex::default(),
            over_rate: Mutex::default(),
            calls: Mutex::default(),
        },
        clock,
        ids: SequentialIds::default(),
        meter: RecordingMeter::default(),
        limits: MailLimits {
            per_second: PER_SECOND,
            singles_per_minute: 20,
            per_client_per_day: 1_000_000,
        },
        notify_clients: true,
        queue: Queue::default(),
        first_queue: (Queue::default(), "arn:first".to_owned()),
        carried_queue: (Queue::default(), "arn:carried".to_owned()),
        console: Console::at(Some("https://console.invalid")),
        chat: None,
    }
}

/// An event of one of five kinds, about its own domain. Clients have five domains each.
pub(super) fn event(number: usize) -> Event {
    let kinds = [
        ("domain.verified", "action", "pending", "verified"),
        ("domain.failed", "warning", "pending", "failed"),
        ("domain.stuck", "action", "verified", "verified"),
        ("domain.at_risk", "warning", "authenticated", "at_risk"),
        ("domain.authenticated", "info", "verified", "authenticated"),
    ];
    let (event_type, severity, previous, status) = kinds[number % kinds.len()];
    let client = number / kinds.len();
    let record = delivery("verified").records.remove(0);
    let mut event: Value = serde_json::from_str(record.body.as_deref().unwrap()).unwrap();
    event["event_id"] = json!(format!("01978c6e-0000-7000-8000-{number:012}"));
    event["event_type"] = json!(event_type);
    event["severity"] = json!(severity);
    event["previous_status"] = json!(previous);
    event["status"] = json!(status);
    event["domain"] = json!(format!("d{number}.example"));
    event["domain_unicode"] = event["domain"].clone();
    event["client"] = json!(format!("client-{client}"));
    event["contact_email"] = json!(format!("kim@client-{client}.test"));
    event["summary"] = json!("It is so.");
    serde_json::from_value(event).unwrap()
}

/// A message in the queue.
struct Message {
    visible_at: Timestamp,
    deliveries: u32,
    sqs: SqsMessage,
}

/// The queue: every event one to three times.
fn queue(events: &[Event], chance: &mut Chance, now: Timestamp) -> Vec<Message> {
    let mut messages = Vec::new();
    for event in events {
        for _ in 0..=chance.below(3) {
            let mut message = SqsMessage::default();
            let id = format!("message-{}", messages.len());
            message.receipt_handle = Some(id.clone());
            message.message_id = Some(id);
            message.body = Some(serde_json::to_string(event).unwrap());
            messages.push(Message {
                visible_at: now,
                deliveries: 0,
                sqs: message,
            });
        }
    }
    messages
}

/// Up to 100 messages that are visible, at random.
fn received(queue: &mut Vec<Message>, chance: &mut Chance, now: Timestamp) -> Vec<Message> {
    let mut batch = Vec::new();
    let mut tries = 0;
    while batch.len() < 100 && tries < 400 && !queue.is_empty() {
        tries += 1;
        let at = chance.below(queue.len());
        if queue[at].visible_at <= now {
            let mut message = queue.swap_remove(at);
            message.deliveries += 1;
            let count = message.deliveries.to_string();
            let name = "ApproximateReceiveCount".to_owned();
            message.sqs.attributes.insert(name, count);
            batch.push(message);
        }
    }
    batch
}

/// Returns failed messages to the queue, with the delay that the function has set.
fn put_back(
    app: &App<BurstPorts>,
    queue: &mut Vec<Message>,
    batch: Vec<Message>,
    answer: &SqsBatchResponse,
) {
    let failures = answer.batch_item_failures.iter();
    let failed: BTreeSet<&str> = failures.map(|f| f.item_identifier.as_str()).collect();
    let mut told = app.queue.told.lock().unwrap();
    for mut message in batch {
        let id = message.sqs.message_id.as_deref().unwrap();
        if failed.contains(id) {
            let at = told.iter().rposition(|again| again.receipt == id).unwrap();
            let after = SignedDuration::try_from(told.swap_remove(at).after).unwrap();
            message.visible_at = app.clock.now() + after;
            queue.push(message);
        }
    }
}

/// Data that the copies share.
struct Work {
    queue: Vec<Message>,
    chance: Chance,
    busy: usize,
    most_deliveries: u32,
}

/// One copy of the function: it takes batches until all messages are handled.
async fn copy(app: &App<BurstPorts>, work: &Mutex<Work>) {
    loop {
        let now = app.clock.now();
        let batch = {
            let mut work = work.lock().unwrap();
            let Work { queue, chance, .. } = &mut *work;
            let batch = received(queue, chance, now);
            if batch.is_empty() && work.queue.is_empty() && work.busy == 0 {
                return;
            }
            work.busy += usize::from(!batch.is_empty());
            batch
        };
        if batch.is_empty() {
            app.clock.sleep(Duration::from_millis(100)).await;
            continue;
        }
        let mut event = SqsEvent::default();
        event.records = batch.iter().map(|message| message.sqs.clone()).collect();
        let deadline = now + SignedDuration::from_secs(25);
        let answer = app.notify(event, deadline).await;
        let mut work = work.lock().unwrap();
        work.busy -= 1;
        let deliveries = batch.iter().map(|message| message.deliveries).max();
        work.most_deliveries = work.most_deliveries.max(deliveries.unwrap_or_default());
        put_back(app, &mut work.queue, batch, &answer);
    }
}

#[test]
fn each_event_of_a_burst_is_emailed_once_without_dead_letters() {
    let app = app();
    let mut chance = Chance(1);
    let events: Vec<Event> = (0..EVENTS).map(event).collect();
    let begun = app.clock.now();
    let queue = queue(&events, &mut chance, begun);
    let messages = queue.len();
    let work = Mutex::new(Work {
        queue,
        chance,
        busy: 0,
        most_deliveries: 0,
    });
    let copies = (0..COPIES).map(|_| copy(&app, &work));
    app.clock.run(join_all(copies));
    let took = app.clock.now().duration_since(begun);
    let most_deliveries = work.lock().unwrap().most_deliveries;
    let mut times = app.mail.calls.lock().unwrap().clone();
    times.sort();
    let calls = times.len();
    let bound = SignedDuration::from_secs_f64(
        f64::from(u32::try_from(calls).unwrap()) / f64::from(PER_SECOND),
    );
    // The last ones are messages that SES has failed several times, after pauses of minutes.
    let nearly_all = times[calls * 95 / 100].duration_since(begun);

    let accepted = app.mail.accepted.lock().unwrap();
    let uncertain = app.mail.uncertain.lock().unwrap();
    for (number, event) in events.iter().enumerate() {
        for audience in Audience::ALL {
            let count = accepted
                .get(&(number, audience))
                .copied()
                .unwrap_or_default();
            if !audience.is_told_of(event) {
                assert_eq!(count, 0, "{number} {audience:?}");
            } else if uncertain.contains(&(number, audience)) {
                assert!(count >= 1, "{number} {audience:?}");
            } else {
                assert_eq!(count, 1, "{number} {audience:?}");
            }
        }
    }
    assert!(app.queue.dead.lock().unwrap().is_empty());
    assert!(most_deliveries < 1_000, "{most_deliveries}");
    assert_eq!(
        *app.mail.over_rate.lock().unwrap(),
        0,
        "emails above the rate"
    );
    let listed = app.meter.values("EmailsUncertain", None);
    assert!(!listed.is_empty(), "what is uncertain is counted");
    println!(
        "{EVENTS} events in {messages} messages: {} readers told, {} uncertain, {calls} calls to SES, which \
         take {bound:#} at {PER_SECOND} a second: 95 % of them in {nearly_all:#} of simulated time, all in \
         {took:#}, at most {most_deliveries} deliveries of a message",
        accepted.len(),
        uncertain.len(),
    );
    assert!(
        nearly_all < bound * 5 / 4,
        "{nearly_all:#}, and {bound:#} at the rate"
    );
    assert!(took < bound * 2, "{took:#}, and {bound:#} at the rate");
}
