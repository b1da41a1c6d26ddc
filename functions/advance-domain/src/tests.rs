//! Every file in `events/advance-domain`, through the handler, on fakes.

use domain_auth::domain::Domain;
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges};
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth_http::ClaimNames;
use domain_auth_testkit::{
    FakeSes, MemoryStore, SequentialIds, SesFault, TestClock, answer_of, identity, new_domain,
    request_in,
};

use super::App;

type TestApp = App<MemoryStore, FakeSes, TestClock, SequentialIds>;

/// `example.com` of `maple-homes` failed, `example.org` of theirs is pending.
async fn app() -> TestApp {
    let app = App {
        store: MemoryStore::default(),
        ses: FakeSes::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        claims: ClaimNames {
            client_id: "custom:client_id".to_owned(),
            roles: "cognito:groups".to_owned(),
        },
    };
    let (now, ids) = (app.clock.now(), &app.ids);
    for (name, failed) in [("example.com", true), ("example.org", false)] {
        let new = new_domain("maple-homes", name);
        let mut triggers = vec![Trigger::Provisioned(identity(&new.name))];
        let failure = Trigger::SesFailed(FailureReason::DeadlinePassed);
        triggers.extend(failed.then_some(failure));
        let state = State::provisioning();
        let mut change = Domain::add(new, state, None, Actor::Service, now, ids);
        app.store.commit(&change).await.unwrap();
        for trigger in triggers {
            let moved = change
                .domain
                .transition(trigger, Actor::Service, None, now, ids);
            change = moved.unwrap();
            app.store.commit(&change).await.unwrap();
        }
    }
    app
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/advance-domain", "*.json", |file| {
        let reply = runtime.block_on(async { app().await.handle(request_in(file)).await });
        insta::assert_json_snapshot!(answer_of(&reply));
    });
}

#[tokio::test]
async fn a_throttled_ses_is_503_and_changes_nothing() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../events/advance-domain/restart.json"
    );
    for operation in ["VerifyDomainIdentity", "VerifyDomainDkim"] {
        let app = app().await;
        app.ses.fail(operation, &[SesFault::Throttled]);
        let answer = answer_of(&app.handle(request_in(file.as_ref())).await);
        assert_eq!(answer["status"], 503);
        assert_eq!(answer["body"]["code"], "ses_unavailable");
        assert_eq!(answer["headers"]["retry-after"], "5");
        let domains = app.store.all_domains();
        assert_eq!(domains[0].state.status(), Status::Failed);
        let again = answer_of(&app.handle(request_in(file.as_ref())).await);
        assert_eq!(again["body"]["status"], "pending");
    }
}
