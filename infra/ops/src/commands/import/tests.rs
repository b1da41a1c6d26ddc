//! Imports with fakes, killed at each of their awaits.

use std::sync::Arc;

use domain_auth::domain::Domain;
use domain_auth::history::Action;
use domain_auth::names::{Community, EmailAddress};
use domain_auth::ports::{ListFilter, ReadDomains};
use domain_auth::state::Status;
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_testkit::{
    CrashPoint, FakeSes, MemoryStore, SequentialIds, TestClock, TestPorts, client, domain_name,
};
use futures::FutureExt;

use super::file::rows;
use super::*;
use crate::outcome::WRONG_ARGUMENTS;

pub(in crate::commands) struct World {
    pub(in crate::commands) crash: Arc<CrashPoint>,
    pub(in crate::commands) store: MemoryStore,
    pub(in crate::commands) ses: FakeSes,
    pub(in crate::commands) clock: TestClock,
    ids: SequentialIds,
    budget: SesBudget,
    pub(in crate::commands) eligibility: Eligibility,
}

impl World {
    pub(in crate::commands) fn new() -> Self {
        let crash = Arc::new(CrashPoint::default());
        Self {
            store: MemoryStore::new(Arc::clone(&crash)),
            ses: FakeSes::new(Arc::clone(&crash)),
            crash,
            clock: TestClock::default(),
            ids: SequentialIds::default(),
            budget: SesBudget::per_second(1),
            eligibility: Eligibility::parse("lasso.example").unwrap(),
        }
    }

    /// With a verified identity of others for each row.
    pub(in crate::commands) fn with_identities(rows: &[Row]) -> Self {
        let world = Self::new();
        for row in rows {
            world.ses.add_foreign(&row.new.name, None, true);
            world.ses.verify(&row.new.name);
        }
        world
    }

    pub(in crate::commands) fn tools(&self) -> SesTools<'_, TestPorts> {
        let store = StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        };
        store.with_ses(&self.ses, &self.budget)
    }

    /// None if it died.
    pub(in crate::commands) fn import(&self, rows: &[Row], wanted: ImportAs) -> Option<Outcome> {
        let (actor, bar) = (Actor::lasso_support("ops"), ProgressBar::hidden());
        let tools = self.tools();
        carry_out(&tools, &self.eligibility, rows, wanted, &actor, &bar).now_or_never()
    }

    fn plan(&self, rows: &[Row]) -> Outcome {
        let tools = self.tools();
        let wanted = ImportAs::Authenticated;
        let plan = async {
            let listed = listed(&tools).await.unwrap();
            plan(&tools, &self.eligibility, rows, &listed, wanted)
                .await
                .unwrap()
        };
        plan.now_or_never().unwrap()
    }

    pub(in crate::commands) fn domain(&self, client_id: &str, name: &str) -> Option<Domain> {
        let (client, name) = (client(client_id), domain_name(name));
        self.store
            .domain(&client, &name)
            .now_or_never()
            .unwrap()
            .unwrap()
    }

    /// Each row is there once, with its identity, and nothing else was done.
    fn assert_imported(&self, rows: &[Row]) {
        let domains = self.store.all_domains();
        assert_eq!(domains.len(), rows.len());
        assert_eq!(
            self.ses.identities(),
            rows.len(),
            "no identity was made or deleted"
        );
        assert_eq!(self.store.outbox_length(), 0, "no event, so no email");
        for domain in &domains {
            assert_eq!(
                domain.state.status(),
                Status::Authenticated,
                "{}",
                domain.name
            );
            let identity = domain.state.identity().unwrap();
            assert!(identity.adopted.is_some() && identity.dkim.is_some());
            let owner = self.ses.client_of(&domain.name).unwrap();
            assert_eq!(owner.as_deref(), Some(domain.client.as_str()));
            let history = self.store.history(&domain.client, &domain.name, 50, None);
            let history = history.now_or_never().unwrap().unwrap().items;
            let mut actions: Vec<_> = history.iter().map(|line| line.action).collect();
            actions.reverse();
            assert_eq!(
                actions,
                [
                    Action::Added,
                    Action::Provisioned,
                    Action::Verified,
                    Action::Completed
                ],
                "{}",
                domain.name
            );
        }
        for operation in [
            "CreateEmailIdentity",
            "DeleteEmailIdentity",
            "VerifyDomainIdentity",
            "VerifyDomainDkim",
            "PutEmailIdentityMailFromAttributes",
            "PutEmailIdentityConfigurationSetAttributes",
        ] {
            assert_eq!(self.ses.calls(operation), 0, "{operation}");
        }
    }
}

pub(in crate::commands) fn row(line: u64, client_id: &str, name: &str) -> Row {
    Row {
        line,
        new: NewDomain {
            client: client(client_id),
            name: domain_name(name),
            community: None,
            contact_email: None,
        },
    }
}

fn reasons(outcome: &Outcome) -> Vec<(u64, &str)> {
    let rows = outcome.not_done.iter();
    rows.map(|row| (row.line, row.reason.as_str())).collect()
}

#[test]
fn importing_as_authenticated_keeps_the_existing_identity() {
    let rows = [row(2, "maple", "example.com")];
    let world = World::with_identities(&rows);
    let name = domain_name("example.com");
    world.ses.furnish(&name, "bounce.example.com", "theirs");
    let outcome = world.import(&rows, ImportAs::Authenticated).unwrap();
    assert_eq!((outcome.imported, outcome.needs_a_person()), (1, false));
    world.assert_imported(&rows);
    assert_eq!(
        world.ses.configuration_set(&name).as_deref(),
        Some("theirs")
    );
    let again = world.import(&rows, ImportAs::Authenticated).unwrap();
    assert_eq!((again.imported, again.already), (0, 1));
    world.assert_imported(&rows);
}

#[test]
fn a_verified_domain_waits_for_the_final_step_and_can_be_authenticated_later() {
    let rows = [row(2, "maple", "example.com")];
    let world = World::with_identities(&rows);
    world.import(&rows, ImportAs::Verified).unwrap();
    let status = |world: &World| world.domain("maple", "example.com").unwrap().state.status();
    assert_eq!(status(&world), Status::Verified);
    world.import(&rows, ImportAs::Authenticated).unwrap();
    assert_eq!(status(&world), Status::Authenticated);
    world.import(&rows, ImportAs::Verified).unwrap();
    assert_eq!(
        status(&world),
        Status::Authenticated,
        "nothing is taken back"
    );
}

#[test]
fn rows_that_cannot_be_imported_are_reported_by_line_and_all_others_imported() {
    let rows = [
        row(2, "maple", "example.com"),
        row(3, "cedar", "example.com"),
        row(4, "cedar", "mail.example.com"),
        row(5, "maple", "absent.com"),
        row(6, "maple", "waiting.com"),
        row(7, "maple", "tagged.com"),
        row(8, "maple", "lasso.example"),
        row(9, "oak", "example.org"),
    ];
    let world = World::with_identities(&[rows[0].clone(), rows[7].clone()]);
    world
        .ses
        .add_foreign(&domain_name("waiting.com"), None, true);
    world
        .ses
        .add_tagged(&domain_name("tagged.com"), "cedar", true);
    world.ses.verify(&domain_name("tagged.com"));
    let planned = world.plan(&rows);
    let outcome = world.import(&rows, ImportAs::Authenticated).unwrap();
    assert_eq!(outcome.imported, 2);
    assert_eq!(
        reasons(&outcome),
        [
            (3, "maple holds example.com"),
            (4, "maple holds example.com"),
            (5, "Amazon SES has no such identity in this Region"),
            (6, "Amazon SES has not verified the identity"),
            (7, "the identity carries the tag of the client cedar"),
            (8, "this domain belongs to Lasso; add your own domain"),
        ]
    );
    // Names below a row that is still to be imported, and tags, are seen only when it is done.
    let planned: Vec<u64> = planned.not_done.iter().map(|row| row.line).collect();
    assert_eq!(planned, [3, 4, 5, 6, 8]);
    for name in ["absent.com", "waiting.com", "tagged.com", "lasso.example"] {
        assert_eq!(
            world.domain("maple", name),
            None,
            "{name}: nothing is left behind"
        );
    }
    assert_eq!(world.ses.client_of(&domain_name("waiting.com")), Some(None));
}

#[test]
fn importing_an_existing_domain_adds_its_new_community() {
    let community = |text| Some(Community::parse(text).unwrap());
    let mut rows = [
        row(2, "maple", "example.com"),
        row(3, "maple", "example.com"),
    ];
    rows[0].new.community = community("Ridge");
    rows[1].new.community = community("Valley");
    let world = World::with_identities(&rows[..1]);
    let outcome = world.import(&rows, ImportAs::Authenticated).unwrap();
    assert_eq!((outcome.imported, outcome.already), (2, 0));
    let again = world.import(&rows, ImportAs::Authenticated).unwrap();
    assert_eq!((again.imported, again.already), (0, 2));
    assert_eq!(
        world
            .domain("maple", "example.com")
            .unwrap()
            .communities()
            .count(),
        2
    );
    assert_eq!(world.store.outbox_length(), 0);
}

#[test]
fn a_dry_run_counts_a_row_that_only_adds_something_as_imported() {
    let mut rows = [
        row(2, "maple", "example.com"),
        row(3, "maple", "example.com"),
    ];
    rows[1].new.community = Some(Community::parse("Ridge").unwrap());
    let world = World::with_identities(&rows[..1]);
    world.import(&rows[..1], ImportAs::Authenticated).unwrap();
    let planned = world.plan(&rows);
    let imported = world.import(&rows, ImportAs::Authenticated).unwrap();
    assert_eq!((planned.imported, planned.already), (1, 1));
    assert_eq!((imported.imported, imported.already), (1, 1));
    let again = world.plan(&rows);
    assert_eq!((again.imported, again.already), (0, 2));
}

#[test]
fn an_import_sets_a_missing_contact_and_reports_a_different_one() {
    let contact = |text| EmailAddress::parse(text).ok();
    let mut rows: Vec<_> = (2..6)
        .map(|line| row(line, "maple", "example.com"))
        .collect();
    rows[1].new.contact_email = contact("anna@maple.com");
    rows[1].new.community = Some(Community::parse("Ridge").unwrap());
    rows[2].new.contact_email = contact("ben@maple.com");
    rows[3].new.contact_email = contact("anna@maple.com");
    let world = World::with_identities(&rows[..1]);
    let told = [ContactNotTaken {
        line: 4,
        domain: "example.com".to_owned(),
    }];
    assert_eq!(world.plan(&rows).contacts_not_taken, told);
    // The row without a contact is imported first, and as a domain that waits for the final step.
    world.import(&rows[..1], ImportAs::Verified).unwrap();
    assert_eq!(world.plan(&rows).contacts_not_taken, told);
    let outcome = world.import(&rows[1..], ImportAs::Authenticated).unwrap();
    assert_eq!((outcome.imported, outcome.already), (1, 2));
    assert_eq!(outcome.contacts_not_taken, told);
    assert!(outcome.needs_a_person());
    let text = outcome.to_string();
    assert!(
        text.contains("line 4: example.com: the domain keeps its contact"),
        "{text}"
    );
    let domain = world.domain("maple", "example.com").unwrap();
    assert_eq!(domain.contact_email, contact("anna@maple.com"));
    assert_eq!(domain.communities().count(), 1);
    assert_eq!(world.store.outbox_length(), 0, "no event, so no email");
    assert_eq!(world.plan(&rows).contacts_not_taken, told);
}

#[test]
fn an_import_that_crashes_at_any_await_is_finished_by_the_next_one() {
    let rows = [
        row(2, "maple", "example.com"),
        row(3, "maple", "example.org"),
        row(4, "cedar", "example.net"),
    ];
    let mut point = 0;
    loop {
        point += 1;
        let world = World::with_identities(&rows);
        world.crash.die_at(point);
        let died = world.import(&rows, ImportAs::Authenticated).is_none();
        world.crash.live();
        let outcome = world.import(&rows, ImportAs::Authenticated).unwrap();
        assert_eq!(outcome.not_done, [], "point {point}");
        world.assert_imported(&rows);
        if !died {
            assert!(
                point > 30,
                "{point}: every call is a point before and after it"
            );
            return;
        }
    }
}

#[test]
fn an_import_killed_many_times_imports_each_of_3000_identities_once() {
    let rows: Vec<Row> = (0..3_000)
        .map(|number| {
            row(
                number + 2,
                &format!("client-{}", number % 700),
                &format!("builder-{number}.com"),
            )
        })
        .collect();
    let world = World::with_identities(&rows);
    let mut random = fastrand::Rng::with_seed(22);
    let mut kills = 0;
    loop {
        // Reading a row that is done is one point at which a run can die, and every run passes it again.
        let done = world.store.all_domains().len();
        world.crash.die_at(done + random.usize(1..200));
        if let Some(outcome) = world.import(&rows, ImportAs::Authenticated) {
            assert_eq!(outcome.not_done, []);
            break;
        }
        kills += 1;
        assert!(kills < 10_000, "it comes no further");
    }
    world.crash.live();
    assert!(kills > 50, "{kills}");
    world.assert_imported(&rows);
    let (one, filter) = (client("client-1"), ListFilter::default());
    let listed = world.store.domains(&one, &filter, 100, None);
    let listed = listed.now_or_never().unwrap().unwrap().items;
    assert_eq!(world.store.domains_there(&one), listed.len());
}

#[test]
fn valid_rows_are_read_and_invalid_rows_are_reported_with_the_reason() {
    let text = "\u{feff}client, domain ,contact_email,community\n\
                maple,Example.COM,anna@maple.com,Ridge\n\
                ma ple,example.org,,\n\
                maple,www.,,\n\
                maple,too,many,columns,here\n\
                maple,example.net,anna,\n\
                cedar,bücher.example.net,,\n";
    let (rows, not_done) = rows(text.as_bytes()).unwrap();
    let names: Vec<_> = rows
        .iter()
        .map(|row| (row.line, row.new.name.to_string()))
        .collect();
    assert_eq!(
        names,
        [
            (2, "example.com".to_owned()),
            (7, "xn--bcher-kva.example.net".to_owned())
        ]
    );
    let lines: Vec<u64> = not_done.iter().map(|row| row.line).collect();
    assert_eq!(lines, [3, 4, 5, 6]);
}

#[test]
fn a_file_without_the_required_columns_is_refused() {
    for text in [
        "",
        "example.com,maple\n",
        "client;domain\n",
        "client,domain,communty\nmaple,example.com,Maple Ridge\n",
        "client,domain,contact-email\n",
        "client,domain,client\nmaple,example.com,maple\n",
    ] {
        let refused = rows(text.as_bytes()).unwrap_err();
        assert_eq!(refused.exit_code(), WRONG_ARGUMENTS, "{text}");
    }
}

#[test]
fn a_misspelt_column_is_reported_with_the_valid_columns() {
    let refused = rows(b"client,domain,communty\nmaple,example.com,Maple Ridge\n").unwrap_err();
    let sentence = refused.to_string();
    for column in ["communty", "client", "domain", "community", "contact_email"] {
        assert!(sentence.contains(column), "{column}: {sentence}");
    }
}

#[test]
fn line_numbers_equal_those_that_a_spreadsheet_shows() {
    let text = b"\xef\xbb\xbfclient,domain\r\nmaple,example.com\r\n\"maple\",www.\r\ncedar,example.org\r\n";
    let (rows, not_done) = rows(text).unwrap();
    let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 4]);
    assert_eq!(not_done[0].line, 3);
}

#[test]
fn a_dry_run_reports_names_above_and_below_those_of_another_row() {
    let all = [
        row(2, "maple", "mail.example.com"),
        row(3, "cedar", "example.com"),
        row(4, "maple", "news.example.com"),
        row(5, "cedar", "a.mail.example.com"),
    ];
    let world = World::with_identities(&all);
    let planned = world.plan(&all);
    assert_eq!(
        reasons(&planned),
        [
            (3, "maple holds mail.example.com"),
            (5, "maple holds mail.example.com"),
        ]
    );
    let done = world.import(&all, ImportAs::Authenticated).unwrap();
    assert_eq!(reasons(&done), reasons(&planned));
}

#[test]
fn a_dry_run_reports_a_client_in_erasure() {
    use domain_auth::erasure::{EraseClients, Erasure};
    let rows = [row(2, "maple", "example.com")];
    let world = World::with_identities(&rows);
    let erasure = Erasure::begun_by(Actor::lasso_support("ops"), world.clock.now());
    let maple = client("maple");
    let begun = world.store.begin_erasure(&maple, &erasure);
    begun.now_or_never().unwrap().unwrap();
    assert_eq!(
        reasons(&world.plan(&rows)),
        [(2, "the client is being erased")]
    );
}
