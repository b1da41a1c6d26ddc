//! Checks `docs/table.md` against the code: the key of every item, the partitions of the indexes
//! for every state, every operation of the store, and the attributes of the serialized items.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use domain_auth::alerts::Said;
use domain_auth::audience::{Audience, EmailId};
use domain_auth::claims::{Claim, ClaimRegister, Tombstone};
use domain_auth::domain::Domain;
use domain_auth::event::Event;
use domain_auth::history::{Actor, HistoryEntry};
use domain_auth::idempotency::{IdempotencyKey, KeyOwner};
use domain_auth::instructions::{Day, Recipient};
use domain_auth::links::{LinkTarget, LinkToken};
use domain_auth::mail_limits::{MailWindow, Mailbox, Minute};
use domain_auth::names::EmailAddress;
use domain_auth::ports::Due;
use domain_auth::ses_share::CallGroup;
use domain_auth::state::{QueuePart, State, Status};
use domain_auth_testkit::documents::{code, members_of, paragraph, table};
use domain_auth_testkit::{SequentialIds, domain_name, identity, new_domain, organizational};
use jiff::Timestamp;
use serde_json::json;

use super::keys::{
    self, ERASURES, Kept, Key, LOOK_SHARDS, OUTBOX, QUEUE_PK, QUEUE_SK, WORK_PK, WORK_SK, digest,
    sortable,
};

const DOCUMENT: &str = include_str!("../../../../docs/table.md");
const KEYS: &str = include_str!("keys.rs");
const CLIENT: &str = "maple-homes";
const NAME: &str = "mail.example.com";

/// A domain that has just been added, in a state.
fn domain(state: State) -> (Domain, Event, HistoryEntry) {
    let (new, at) = (new_domain(CLIENT, NAME), Timestamp::UNIX_EPOCH);
    let change = Domain::add(
        new,
        State::provisioning(),
        None,
        Actor::Service,
        at,
        &SequentialIds::default(),
    );
    let (event, entry) = (change.event.unwrap(), change.history[0].clone());
    (
        Domain {
            state,
            ..change.domain
        },
        event,
        entry,
    )
}

/// A state; `proven`: whether it is a proven claim.
fn state(status: Status, proven: bool) -> State {
    let identity = identity(&domain_name(NAME));
    let at = Timestamp::UNIX_EPOCH;
    let mut state = match status {
        Status::Contested => json!({ "ownership_secret": "secret", "expires_at": at }),
        Status::Provisioning => return State::provisioning(),
        Status::Pending => json!({ "identity": identity, "deadline": at }),
        Status::Verified | Status::Authenticated => json!({ "identity": identity }),
        Status::AtRisk | Status::Rejected => json!({ "identity": identity, "reason": "Why." }),
        Status::Failed => json!({ "identity": identity, "reason": "ses_gave_up" }),
        Status::Removing => json!({ "identity_exists": true }),
    };
    state["status"] = json!(status);
    if proven {
        state["proven_at"] = json!(at);
    }
    serde_json::from_value(state).unwrap()
}

/// The keys of each kind of item, with the name of the constructor and the row in the document.
fn keys_of_code() -> Vec<(&'static str, &'static str, Vec<Key>)> {
    let (domain, event, entry) = domain(State::provisioning());
    let (client, name) = (&domain.client, &domain.name);
    let day = Day::of(Timestamp::UNIX_EPOCH);
    let address = EmailAddress::parse("kim@example.com").unwrap();
    let recipient = Recipient::of(&address);
    let owners = || {
        [
            KeyOwner::Client(client.clone()),
            KeyOwner::Supporter(SUBJECT.to_owned()),
        ]
    };
    let key = IdempotencyKey::parse(KEY).unwrap();
    let groups = [
        CallGroup::Identities,
        CallGroup::Statuses,
        CallGroup::Deletions,
        CallGroup::Emails,
    ];
    vec![
        ("domain", "domain", vec![Key::domain(client, name)]),
        ("look", "look", vec![Key::look(client, name)]),
        (
            "claims",
            "claims",
            vec![Key::claims(domain.organizational())],
        ),
        ("tombstone", "tombstone", vec![Key::tombstone(name)]),
        ("history", "history", vec![Key::history(&domain, &entry, 0)]),
        ("event", "event", vec![Key::event(event.event_id)]),
        ("runs", "runs of the poller", vec![Key::runs()]),
        (
            "reconciliation",
            "reconciliation",
            vec![Key::reconciliation()],
        ),
        (
            "email",
            "email",
            Audience::ALL
                .map(|audience| {
                    Key::email(EmailId {
                        event_id: event.event_id,
                        audience,
                    })
                })
                .to_vec(),
        ),
        (
            "mailbox",
            "emails to a mailbox",
            [
                Mailbox::Support,
                Mailbox::Contact(recipient.clone()),
                Mailbox::ContactOf(client.clone(), recipient.clone()),
            ]
            .iter()
            .flat_map(|to| {
                [
                    MailWindow::Minute(Minute::of(Timestamp::UNIX_EPOCH)),
                    MailWindow::Day(day),
                ]
                .map(|window| Key::mailbox(to, window))
            })
            .collect(),
        ),
        (
            "idempotency",
            "key",
            owners()
                .iter()
                .map(|owner| Key::idempotency(owner, &key))
                .collect(),
        ),
        (
            "instructions",
            "instructions",
            vec![Key::instructions(client, day)],
        ),
        (
            "recipient",
            "instructions to an address",
            vec![Key::recipient(&recipient, day)],
        ),
        (
            "checks",
            "checks",
            owners().iter().map(Key::checks).collect(),
        ),
        ("turns", "turns", groups.map(Key::turns).to_vec()),
        ("link", "link", vec![Key::link(&token())]),
        ("client_record", "client", vec![Key::client_record(client)]),
        ("alerts", "alerts", vec![Key::alerts(client, day)]),
        (
            "said",
            "told",
            Said::ALL.map(|said| Key::said(client, name, said)).to_vec(),
        ),
    ]
}

fn token() -> LinkToken {
    LinkToken::of_bits(&[7; 32])
}

const SUBJECT: &str = "support-1";
const KEY: &str = "a-key";

/// The texts that a key in the document stands for, with the values of the items above.
fn expand(template: &str) -> BTreeSet<String> {
    let (domain, event, entry) = domain(State::provisioning());
    let Some((before, rest)) = template.split_once('<') else {
        return BTreeSet::from([template.to_owned()]);
    };
    let (placeholder, after) = rest.split_once('>').unwrap();
    let day = Day::of(Timestamp::UNIX_EPOCH).to_string();
    let shards = format!("0…{}", LOOK_SHARDS - 1);
    let values: Vec<String> = match placeholder {
        "client" => vec![domain.client.to_string()],
        "domain" => vec![domain.name.to_string()],
        "organizational domain" => vec![organizational(NAME).to_owned()],
        "event id" => vec![event.event_id.to_string()],
        "day" => vec![day],
        "minute" => vec![Minute::of(Timestamp::UNIX_EPOCH).to_string()],
        "SHA-256 of the subject" => vec![digest(SUBJECT)],
        "SHA-256 of the token" => vec![digest(token().as_str())],
        "SHA-256 of the key" => vec![digest(KEY)],
        "SHA-256 of the address" => vec![digest("kim@example.com")],
        "SHA-256 of client and address" => vec![digest("maple-homes kim@example.com")],
        "added at" => vec![sortable(domain.added_at)],
        "waiting since" => vec![sortable(domain.waiting_since())],
        "status for others" => {
            let others = Status::ALL
                .iter()
                .filter(|status| !matches!(status, Status::Contested | Status::Verified));
            others.map(ToString::to_string).collect()
        }
        "next check" => vec![sortable(domain.next_check)],
        "next step" => vec![sortable(Timestamp::UNIX_EPOCH)],
        "time" => vec![sortable(event.occurred_at)],
        "version, 10 digits" => vec![format!("{:010}", entry.sequence)],
        "sequence, 10 digits" => vec![format!("{:010}", event.sequence)],
        "line in the change" => vec!["0".to_owned()],
        "status" => Status::ALL.iter().map(ToString::to_string).collect(),
        "shard" => (0..LOOK_SHARDS).map(|shard| shard.to_string()).collect(),
        other if other == shards => (0..LOOK_SHARDS).map(|shard| shard.to_string()).collect(),
        other => panic!("nothing is known of <{other}> in {template}"),
    };
    let with = |value: &String| expand(&format!("{before}{value}{after}"));
    values.iter().flat_map(with).collect()
}

fn expand_all(cell: &str) -> BTreeSet<String> {
    code(cell).flat_map(expand).collect()
}

#[test]
fn the_document_has_the_key_of_every_item() {
    let mut rows: BTreeMap<&str, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for row in table(DOCUMENT, "## Items") {
        rows.insert(row[0], (expand_all(row[1]), expand_all(row[2])));
    }
    let keys = keys_of_code();
    let in_code = keys.iter().map(|(_, row, keys)| {
        let parts = |part: fn(&Key) -> &String| keys.iter().map(part).cloned().collect();
        (*row, (parts(|key| &key.pk), parts(|key| &key.sk)))
    });
    assert_eq!(rows, in_code.collect());

    // The list has every constructor of a key.
    let constructors = KEYS.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("    pub(super) fn ")?.split_once('(')?;
        rest.ends_with("-> Self {").then_some(name)
    });
    let constructors: BTreeSet<&str> = constructors.collect();
    let tested: BTreeSet<&str> = keys.iter().map(|(constructor, ..)| *constructor).collect();
    assert_eq!(constructors, tested);
}

#[test]
fn the_document_has_the_keys_of_both_indexes() {
    let rows = table(DOCUMENT, "## Items");
    let row = |kind: &str| rows.iter().find(|row| row[0] == kind).unwrap();
    let of = |cell: &str| {
        let (partitions, position) = cell.split_once(" / ").unwrap();
        (expand_all(partitions), expand_all(position))
    };
    let (domain, event, _) = domain(State::provisioning());
    let attributes: BTreeMap<String, String> = keys::domain_index(&domain)
        .into_iter()
        .map(|(name, value)| (name, value.as_s().unwrap().clone()))
        .collect();
    let due = [Due::Provisioning, Due::Look];
    let due = due.into_iter().flat_map(keys::due_pks).collect();
    let position = |name: &str| BTreeSet::from([attributes[name].clone()]);
    assert_eq!(of(row("domain")[3]), (due, position(WORK_SK)));
    let queues = QueuePart::all().map(keys::queue_pk).collect();
    assert_eq!(of(row("domain")[4]), (queues, position(QUEUE_SK)));
    assert_eq!(
        of(row("event")[3]),
        (
            BTreeSet::from([OUTBOX.to_owned()]),
            BTreeSet::from([keys::outbox_position(&event)])
        )
    );
    let client = &domain.client;
    for (kind, kept) in [
        ("history", Kept::History),
        ("event", Kept::Event),
        ("link", Kept::Link),
        ("key", Kept::Key),
    ] {
        let entry = keys::of_client(client, kept);
        let [partition, position] =
            entry.map(|(_, value)| BTreeSet::from([value.as_s().unwrap().clone()]));
        assert_eq!(of(row(kind)[4]), (partition, position));
    }
    assert_eq!(
        of(row("client")[3]),
        (
            BTreeSet::from([ERASURES.to_owned()]),
            BTreeSet::from([keys::erasure_position(client, Timestamp::UNIX_EPOCH)])
        )
    );
    for row in &rows {
        let in_work = ["domain", "event", "client"].contains(&row[0]);
        let in_queue = ["domain", "history", "event", "link", "key"].contains(&row[0]);
        assert!(in_work || row[3].is_empty(), "{row:?}");
        assert!(in_queue || row[4].is_empty(), "{row:?}");
    }
}

#[test]
fn the_document_has_the_partitions_for_every_state() {
    let documented: BTreeMap<&str, (BTreeSet<String>, BTreeSet<String>)> = table(
        DOCUMENT,
        "Its state decides in which partitions of the indexes it is:",
    )
    .into_iter()
    .map(|row| (row[0], (expand_all(row[1]), expand_all(row[2]))))
    .collect();
    let proven = Status::ALL.map(|status| (status, false));
    let all = proven.into_iter().chain([(Status::Contested, true)]);
    let mut in_code = BTreeMap::new();
    for (status, proven) in all {
        let (domain, ..) = domain(state(status, proven));
        let index: BTreeMap<_, _> = keys::domain_index(&domain).into_iter().collect();
        let text = |name: &str| index[name].as_s().unwrap().clone();
        // The shard depends on the name: a domain is found in the queue that has its partition.
        let queues = [Due::Provisioning, Due::Look].map(keys::due_pks);
        let mut queue = queues
            .into_iter()
            .filter(|queue| queue.contains(&text(WORK_PK)));
        let queue: BTreeSet<String> = queue.next().unwrap().into_iter().collect();
        let row = format!("`{status}`{}", if proven { ", proven" } else { "" });
        in_code.insert(row, (queue, BTreeSet::from([text(QUEUE_PK)])));
    }
    let documented = documented
        .into_iter()
        .map(|(row, keys)| (row.to_owned(), keys));
    assert_eq!(documented.collect::<BTreeMap<_, _>>(), in_code);
}

/// The operations of the store, as `Port::operation`, from each `impl Port for Table`.
fn operations() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut operations = BTreeSet::new();
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        let text = fs::read_to_string(file).unwrap();
        let mut port = None;
        for line in text.lines() {
            let begins = line.strip_prefix("impl ");
            if let Some(begun) = begins.and_then(|line| line.strip_suffix(" for Table {")) {
                port = Some(begun);
            } else if line == "}" {
                port = None;
            }
            let signature = line.trim_start_matches("    async ").trim_start();
            if let (Some(port), Some(rest)) = (port, signature.strip_prefix("fn "))
                && line.starts_with("    ")
                && !line.starts_with("     ")
            {
                let (name, _) = rest.split_once(['(', '<']).unwrap();
                operations.insert(format!("{port}::{name}"));
            }
        }
    }
    operations
}

#[test]
fn the_document_has_every_operation_of_the_store() {
    let mut documented = BTreeSet::new();
    for heading in ["### Reads", "### Writes"] {
        for row in table(DOCUMENT, heading) {
            let mut port = "";
            for operation in code(row[1]) {
                let (named, operation) = operation.split_once("::").unwrap();
                port = if named.is_empty() { port } else { named };
                documented.insert(format!("{port}::{operation}"));
            }
        }
    }
    assert_eq!(documented, operations());
}

#[test]
fn the_document_names_every_attribute_that_is_serialized() {
    for (beginning, members) in [
        ("**Domain.**", members_of::<Domain>()),
        ("**Claims.**", members_of::<ClaimRegister>()),
        ("**Claims.**", members_of::<Claim>()),
        ("**Tombstone.**", members_of::<Tombstone>()),
        ("**Link.**", members_of::<LinkTarget>()),
        ("**History.**", members_of::<HistoryEntry>()),
    ] {
        let named: BTreeSet<&str> = code(paragraph(DOCUMENT, beginning)).collect();
        for member in members {
            assert!(named.contains(member), "{beginning} lacks `{member}`");
        }
    }
}

#[test]
fn the_document_has_the_version_of_the_schema() {
    let version = format!("today {}", super::schema::SCHEMA_VERSION);
    assert!(paragraph(DOCUMENT, "Every item has `schema`").contains(&version));
}
