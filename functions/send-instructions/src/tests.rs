//! Runs every file in `events/send-instructions` through the handler, with fakes: the response, and the
//! email as it is sent.

use std::sync::Mutex;

use domain_auth::domain::{Domain, NewDomain};
use domain_auth::handoff::Document;
use domain_auth::history::{Action, Actor};
use domain_auth::instructions::{
    CountInstructions, Counted, Day, Letter, PER_CLIENT, PER_DOMAIN, PER_RECIPIENT,
    PER_RECIPIENT_OF_ALL, Recipient, SendLetter,
};
use domain_auth::links::{Link, LinkToken, MOST_EMAILED};
use domain_auth::names::{Community, EmailAddress};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains, Refusal, SesError};
use domain_auth::state::{State, Trigger};
use domain_auth::use_cases::links::{make_link, open_link};
use domain_auth_http::PublicUrl;
use domain_auth_testkit::{
    Answer, FakeDns, MemoryStore, SequentialIds, SesFault, TestClock, TestPorts, answer_of, client,
    domain_name, identity, new_domain, request_in,
};
use jiff::SignedDuration;

use super::App;

#[derive(Default)]
pub(super) struct Mailbox {
    pub(super) letters: Mutex<Vec<(EmailAddress, Letter)>>,
    faults: Mutex<Vec<SesFault>>,
    /// The answer of the suppression list for every address; `None` if it cannot be read.
    suppressed: Mutex<Option<bool>>,
}

impl SendLetter for Mailbox {
    async fn is_suppressed(&self, _to: &EmailAddress) -> Result<bool, SesError> {
        let operation = "GetSuppressedDestination";
        let suppressed = *self.suppressed.lock().unwrap();
        suppressed.ok_or(SesError::Throttled { operation })
    }

    async fn send(&self, to: &EmailAddress, letter: &Letter) -> Result<String, SesError> {
        const OPERATION: &str = "SendEmail";
        let fault = self.faults.lock().unwrap().pop();
        let mut letters = self.letters.lock().unwrap();
        if matches!(fault, None | Some(SesFault::AnswerLost)) {
            letters.push((to.clone(), letter.clone()));
        }
        match fault {
            None => Ok(format!("letter-{}", letters.len())),
            Some(SesFault::Throttled) => Err(SesError::Throttled {
                operation: OPERATION,
            }),
            Some(SesFault::Unavailable | SesFault::AnswerLost) => Err(SesError::Unavailable {
                operation: OPERATION,
                source: "no answer".into(),
            }),
            Some(SesFault::Refused(refusal)) => Err(SesError::Refused {
                operation: OPERATION,
                refusal,
                source: "refused".into(),
            }),
        }
    }
}

pub(super) type TestApp = App<TestPorts<FakeDns, Mailbox>>;

/// Domains of `maple-homes`: pending, contested and without records.
pub(super) async fn app() -> TestApp {
    let app: TestApp = App {
        store: MemoryStore::default(),
        mail: Mailbox {
            suppressed: Mutex::new(Some(false)),
            ..Mailbox::default()
        },
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        public_url: PublicUrl::default(),
    };
    let new = NewDomain {
        community: Some(Community::parse("Maple Ridge, see https://maple.example").unwrap()),
        contact_email: Some(EmailAddress::parse("kim@example.com").unwrap()),
        ..new_domain("maple-homes", "example.com")
    };
    pending(&app, new).await;
    pending(&app, new_domain("maple-homes", "bücher.example")).await;
    let now = app.clock.now();
    let contested = State::contested("secret".to_owned(), now);
    for (name, state) in [
        ("contested.example", contested),
        ("provisioning.example", State::provisioning()),
    ] {
        let new = new_domain("maple-homes", name);
        let ids = SequentialIds::default();
        let change = Domain::add(new, state, None, Actor::Service, now, &ids);
        app.store.commit(&change).await.unwrap();
    }
    app
}

async fn pending(app: &TestApp, new: NewDomain) {
    let (now, ids) = (app.clock.now(), SequentialIds::default());
    let provisioned = Trigger::Provisioned(identity(&new.name));
    let state = State::provisioning();
    let change = Domain::add(new, state, None, Actor::Service, now, &ids);
    app.store.commit(&change).await.unwrap();
    let change = change
        .domain
        .transition(provisioned, Actor::Service, None, now, &ids);
    app.store.commit(&change.unwrap()).await.unwrap();
}

pub(super) async fn answer(app: &TestApp, case: &str) -> Answer {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../events/send-instructions"
    );
    let request = request_in(format!("{folder}/{case}.json").as_ref());
    answer_of(&app.handle(request).await)
}

fn sent(app: &TestApp) -> usize {
    app.mail.letters.lock().unwrap().len()
}

fn shown((to, letter): &(EmailAddress, Letter)) -> String {
    let reply_to = letter.reply_to.as_ref().map_or("", EmailAddress::as_str);
    let attached = letter.attachments.iter().map(|file| {
        let Document {
            file_name,
            content_type,
            body,
        } = file;
        format!("\n──── {file_name}, {content_type}\n{body}")
    });
    let attached: String = attached.collect();
    format!(
        "To: {to}\nSubject: {}\nReply-To: {reply_to}\n\n{}\n────\n{}{attached}",
        letter.subject, letter.text, letter.html
    )
}

#[test]
fn every_event_is_answered_and_emailed_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/send-instructions", "*.json", |file| {
        runtime.block_on(async {
            let app = app().await;
            let answer = answer_of(&app.handle(request_in(file)).await);
            let letters = app.mail.letters.lock().unwrap();
            let emails: Vec<String> = letters.iter().map(shown).collect();
            let accepted = answer["status"] == 202;
            assert_eq!(emails.len(), usize::from(accepted), "{answer}");
            insta::assert_json_snapshot!("answer", answer);
            for email in emails {
                insta::assert_snapshot!("email", email);
            }
        });
    });
}

#[tokio::test]
async fn the_sixth_email_of_a_day_is_refused_until_the_next_day() {
    let app = app().await;
    for left in (0..PER_DOMAIN).rev() {
        let sent = answer(&app, "to-email-administrator").await;
        assert_eq!(sent["body"]["left_today"]["domain"], left);
        assert_eq!(
            sent["body"]["left_today"]["client"],
            PER_CLIENT - PER_DOMAIN + left
        );
    }
    let refused = answer(&app, "to-email-administrator").await;
    assert_eq!(refused["status"], 429);
    assert_eq!(refused["body"]["code"], "too_many_instructions");
    // It is noon.
    let wait: u64 = refused["headers"]["retry-after"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap();
    assert_eq!(wait, 12 * 60 * 60 + 1);
    app.clock.advance(SignedDuration::from_hours(12));
    assert_eq!(answer(&app, "to-email-administrator").await["status"], 202);
    assert_eq!(sent(&app), 6);
}

#[tokio::test]
async fn an_address_gets_at_most_five_emails_per_day_from_a_client() {
    let app = app().await;
    let to = |address: &str| Recipient::of(&EmailAddress::parse(address).unwrap());
    let (maple, day) = (client("maple-homes"), Day::of(app.clock.now()));
    for number in 0..PER_RECIPIENT {
        let name = domain_name(&format!("d{number}.example"));
        // Another spelling of the same mailbox.
        let address = to("DNS+lasso@it-partner.example");
        let counted = app.store.count(&maple, &name, &address, day).await;
        assert!(matches!(counted, Ok(Counted::Yes(_))), "{number}");
    }
    let refused = answer(&app, "to-email-administrator").await;
    assert_eq!(refused["status"], 429);
    assert_eq!(refused["body"]["code"], "too_many_to_recipient");
    assert_eq!(refused["headers"]["retry-after"], "43201");
    assert_eq!(sent(&app), 0);
    app.clock.advance(SignedDuration::from_hours(12));
    assert_eq!(answer(&app, "to-email-administrator").await["status"], 202);
}

#[tokio::test]
async fn an_address_gets_at_most_twenty_emails_per_day_from_all_clients() {
    let app = app().await;
    let to = Recipient::of(&EmailAddress::parse("dns@it-partner.example").unwrap());
    let day = Day::of(app.clock.now());
    for number in 0..PER_RECIPIENT_OF_ALL {
        let other = client(&format!("client{number}"));
        let name = domain_name("example.org");
        let counted = app.store.count(&other, &name, &to, day).await;
        assert!(matches!(counted, Ok(Counted::Yes(_))), "{number}");
    }
    let refused = answer(&app, "to-email-administrator").await;
    assert_eq!(refused["body"]["code"], "too_many_to_recipient");
    assert_eq!(sent(&app), 0);
}

#[tokio::test]
async fn only_emails_that_ses_may_have_sent_use_up_the_limit() {
    let app = app().await;
    for (fault, (status, code), left) in [
        (SesFault::Throttled, (503, "ses_unavailable"), 4),
        (
            SesFault::Refused(Refusal::MessageRejected),
            (502, "ses_refused"),
            3,
        ),
        (
            SesFault::Refused(Refusal::BadRequest),
            (422, "email_refused"),
            2,
        ),
        (SesFault::Unavailable, (503, "perhaps_sent"), 0),
    ] {
        app.mail.faults.lock().unwrap().push(fault);
        let failed = answer(&app, "to-email-administrator").await;
        assert_eq!(failed["status"], status, "{fault:?}");
        assert_eq!(failed["body"]["code"], code);
        let sent = answer(&app, "to-email-administrator").await;
        assert_eq!(sent["body"]["left_today"]["domain"], left, "{fault:?}");
    }
}

#[tokio::test]
async fn a_suppressed_address_gets_no_email_but_the_attempt_uses_up_the_limit() {
    let app = app().await;
    *app.mail.suppressed.lock().unwrap() = Some(true);
    for _ in 0..PER_DOMAIN {
        let refused = answer(&app, "to-email-administrator").await;
        assert_eq!(refused["status"], 422);
        assert_eq!(refused["body"]["code"], "recipient_suppressed");
    }
    // The limit also bounds searches of the list.
    let refused = answer(&app, "to-email-administrator").await;
    assert_eq!(refused["body"]["code"], "too_many_instructions");
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    let domain = app.store.domain(&client, &name).await.unwrap().unwrap();
    assert!(domain.links.is_empty());
    assert_eq!(sent(&app), 0);
}

#[tokio::test]
async fn the_email_is_sent_if_the_suppression_list_cannot_be_read() {
    let app = app().await;
    *app.mail.suppressed.lock().unwrap() = None;
    assert_eq!(answer(&app, "to-email-administrator").await["status"], 202);
    assert_eq!(sent(&app), 1);
}

#[tokio::test]
async fn history_records_the_email_without_its_address() {
    let app = app().await;
    answer(&app, "to-email-administrator").await;
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    let history = app.store.history(&client, &name, 1, None).await.unwrap();
    let line = &history.items[0];
    assert_eq!(line.action, Action::InstructionsSent);
    let evidence = line.evidence.as_ref().unwrap().for_support();
    assert_eq!(evidence["to"], "d…@it-partner.example");
    assert_eq!((line.from, line.to), (Some(line.to), line.to));
}

#[tokio::test]
async fn an_idempotency_key_prevents_a_second_email() {
    let app = app().await;
    let first = answer(&app, "with-key").await;
    let mut again = answer(&app, "with-key").await;
    assert_eq!(again["headers"]["idempotent-replayed"], "true");
    again["headers"]
        .as_object_mut()
        .unwrap()
        .remove("idempotent-replayed");
    assert_eq!(again, first);
    let other = answer(&app, "with-key-other-body").await;
    assert_eq!(other["status"], 422);
    assert_eq!(other["body"]["code"], "idempotency_key_reused");
    assert_eq!(sent(&app), 1);
    app.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(answer(&app, "with-key-other-body").await["status"], 202);
    assert_eq!(sent(&app), 2);
}

#[tokio::test]
async fn after_a_failed_attempt_the_idempotency_key_can_be_used_again() {
    let app = app().await;
    app.mail.faults.lock().unwrap().push(SesFault::Throttled);
    assert_eq!(answer(&app, "with-key").await["status"], 503);
    assert_eq!(answer(&app, "with-key-other-body").await["status"], 202);
}

/// The token in the last email.
fn token_in_last(app: &TestApp) -> LinkToken {
    let letters = app.mail.letters.lock().unwrap();
    let (_, letter) = letters.last().unwrap();
    let (_, rest) = letter.text.split_once("/handoff/").unwrap();
    LinkToken::parse(&rest[..43]).unwrap()
}

async fn links(app: &TestApp) -> Vec<Link> {
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    let domain = app.store.domain(&client, &name).await.unwrap();
    domain.unwrap().links
}

#[tokio::test]
async fn the_link_in_an_email_opens_the_domain() {
    let app = app().await;
    answer(&app, "to-email-administrator").await;
    let token = token_in_last(&app);
    let opened = open_link(&app.store, &app.clock, &token).await.unwrap();
    let opened = opened.expect("a live link");
    assert_eq!(opened.domain.name, domain_name("example.com"));
    assert!(opened.link.emailed);
    let letters = app.mail.letters.lock().unwrap();
    assert!(letters[0].1.html.contains(token.as_str()));
}

#[tokio::test]
async fn an_email_that_was_certainly_not_sent_leaves_no_link() {
    let app = app().await;
    for (fault, left) in [
        (SesFault::Throttled, 0),
        (SesFault::Refused(Refusal::MessageRejected), 0),
        // The email may have been sent, so its link is live.
        (SesFault::AnswerLost, 1),
    ] {
        app.mail.faults.lock().unwrap().push(fault);
        answer(&app, "to-email-administrator").await;
        assert_eq!(links(&app).await.len(), left, "{fault:?}");
    }
    let token = token_in_last(&app);
    let opened = open_link(&app.store, &app.clock, &token).await.unwrap();
    assert!(opened.is_some());
}

#[tokio::test]
async fn the_eleventh_emailed_link_makes_the_oldest_emailed_one_invalid() {
    let app = app().await;
    let tools = app.tools();
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    let by_person = make_link(&tools, (&client, &name), 14, &Actor::Service).await;
    let mut tokens = Vec::new();
    for _ in 0..=MOST_EMAILED {
        answer(&app, "to-email-administrator").await;
        tokens.push(token_in_last(&app));
        app.clock.advance(SignedDuration::from_hours(6));
    }
    let live = async |token: &LinkToken| {
        let opened = open_link(&app.store, &app.clock, token).await;
        opened.unwrap().is_some()
    };
    assert!(!live(&tokens[0]).await);
    for token in &tokens[1..] {
        assert!(live(token).await);
    }
    assert!(live(&by_person.unwrap().token).await);
}
