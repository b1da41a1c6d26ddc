//! Scenarios of turns and of counted checks, for the table and the store in memory.

use domain_auth::check_limit::{CheckCount, CheckLimit, CountChecks};
use domain_auth::domain::Domain;
use domain_auth::history::Actor;
use domain_auth::idempotency::KeyOwner;
use domain_auth::ports::{Clock, CommitChanges, Due, DueDomains};
use domain_auth::ses_share::{RequestCalls, SesTurns, Turn, TurnRequest};
use domain_auth::state::State;
use domain_auth_aws::SystemIds;
use domain_auth_testkit::{TestClock, client, new_domain};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

fn seconds(seconds: i64) -> Timestamp {
    TestClock::default().now() + SignedDuration::from_secs(seconds)
}

fn owner(name: &str) -> KeyOwner {
    KeyOwner::Client(client(name))
}

pub(crate) async fn due<S: CommitChanges + DueDomains>(store: &S) {
    let added = [
        ("maple", 1),
        ("maple", 2),
        ("maple", 3),
        ("cedar", 4),
        ("oak", 5),
        ("cedar", 6),
    ];
    for (whose, due) in added {
        let new = new_domain(whose, &format!("d{due}.com"));
        let state = State::provisioning();
        let change = Domain::add(new, state, None, Actor::Service, seconds(due), &SystemIds);
        store.commit(&change).await.unwrap();
    }
    let names = |domains: Vec<Domain>| -> Vec<String> {
        let names = domains.into_iter().map(|domain| domain.name.to_string());
        names.collect()
    };
    let queue = Due::Provisioning;
    let all = names(store.due(queue, seconds(9), 100).await.unwrap());
    assert_eq!(
        all,
        ["d1.com", "d4.com", "d5.com", "d2.com", "d6.com", "d3.com"]
    );
    let three = names(store.due(queue, seconds(9), 3).await.unwrap());
    assert_eq!(three, all[..3], "a crowd hides no client");
    let since = store.due_since(Some(seconds(3)), queue, seconds(5), 100);
    assert_eq!(names(since.await.unwrap()), ["d3.com", "d4.com", "d5.com"]);
}

pub(crate) async fn at_ses<S: SesTurns>(store: &S) {
    let request = |calls, whose: &str, at| TurnRequest::new(calls, owner(whose), seconds(at), 1);
    let turn = async |calls, whose: &str, at| store.turn(&request(calls, whose, at)).await.unwrap();
    let at = |at| Turn::At(seconds(at));
    let check = RequestCalls::Check;
    assert_eq!(turn(check, "maple", 0).await, at(0));
    assert_eq!(turn(check, "maple", 1).await, Turn::Refused);
    assert_eq!(turn(check, "cedar", 1).await, at(2), "after one turn");
    assert_eq!(
        turn(check, "oak", 1).await,
        Turn::Refused,
        "it would be 3 s"
    );
    assert_eq!(turn(check, "maple", 2).await, at(4));
    assert_eq!(turn(RequestCalls::Remove, "maple", 2).await, at(2));
    assert_eq!(turn(check, "maple", 60).await, at(60));

    let clients: Vec<String> = (0..8).map(|n| format!("client-{n}")).collect();
    let turns = join_all(clients.iter().map(|whose| turn(check, whose, 100))).await;
    let mut given: Vec<_> = turns
        .into_iter()
        .filter_map(|turn| match turn {
            Turn::At(at) => Some(at),
            Turn::Refused => None,
        })
        .collect();
    given.sort();
    assert_eq!(given, [seconds(100), seconds(102)], "each has its own");

    let register = RequestCalls::Register;
    store.keep_for_poller(seconds(210)).await.unwrap();
    assert_eq!(turn(register, "maple", 209).await, Turn::Refused);
    assert_eq!(turn(RequestCalls::Restart, "maple", 209).await, at(209));
    assert_eq!(turn(register, "cedar", 210).await, at(211));
    store.keep_for_poller(seconds(300)).await.unwrap();
    store.keep_for_poller(seconds(220)).await.unwrap();
    assert_eq!(
        turn(register, "maple", 220).await,
        at(220),
        "it was done before"
    );

    // From a clock that was an hour ahead.
    assert_eq!(turn(check, "maple", 3_600).await, at(3_600));
    assert_eq!(turn(check, "maple", 300).await, at(300));
    assert_eq!(turn(check, "maple", 300).await, Turn::Refused);
}

pub(crate) async fn checks<S: CountChecks>(store: &S) {
    let count = async |asker: &KeyOwner, at| {
        let limit = CheckLimit::of(asker, 10);
        store.count_check(asker, limit, seconds(at)).await.unwrap()
    };
    let maple = owner("maple");
    let counts = join_all((0..25).map(|_| count(&maple, 0))).await;
    let counted = |counts: &[CheckCount]| {
        let counted = counts.iter().filter(|count| **count == CheckCount::Counted);
        counted.count()
    };
    assert_eq!(
        counted(&counts),
        10,
        "however many come at once: {counts:?}"
    );
    let six = SignedDuration::from_secs(6);
    assert_eq!(count(&maple, 0).await, CheckCount::TooMany(six));
    assert_eq!(count(&maple, 6).await, CheckCount::Counted);
    assert_eq!(count(&owner("cedar"), 6).await, CheckCount::Counted);
    let supporter = KeyOwner::Supporter("maple".to_owned());
    let counts = join_all((0..50).map(|_| count(&supporter, 6))).await;
    assert_eq!(counted(&counts), 40);
    assert_eq!(count(&maple, 600).await, CheckCount::Counted);
}
