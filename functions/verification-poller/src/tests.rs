//! A scheduled run, on fakes.

use domain_auth::domain::Domain;
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges};
use domain_auth::state::{State, Status};
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock, new_domain,
};
use jiff::SignedDuration;

use super::App;

#[tokio::test]
async fn a_run_ends_before_the_deadline_while_ses_throttles_everything() {
    let app = App {
        store: MemoryStore::default(),
        ses: FakeSes::default(),
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        dns: FakeDns::default(),
        ses_calls_per_second: 1,
    };
    let now = app.clock.now();
    let new = new_domain("maple-homes", "example.com");
    let added = Domain::add(
        new,
        State::provisioning(),
        None,
        Actor::Service,
        now,
        &app.ids,
    );
    app.store.commit(&added).await.unwrap();
    app.ses
        .fail("CreateEmailIdentity", &[SesFault::Throttled; 1_000]);

    let deadline = now + SignedDuration::from_mins(1);
    let report = app.run(deadline).await.unwrap();

    assert!(app.clock.now() < deadline);
    assert!(
        app.ses.calls("CreateEmailIdentity") < 40,
        "throttled calls are spaced"
    );
    assert_eq!(
        report.published, 1,
        "what was to be published is published all the same"
    );
    assert_eq!(
        app.store.all_domains()[0].state.status(),
        Status::Provisioning
    );
}
