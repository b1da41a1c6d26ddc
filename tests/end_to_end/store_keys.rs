//! Scenarios of idempotency keys and of counted emails, for the table and the store in memory.

use domain_auth::idempotency::{
    ATTEMPT_LEASE, Attempt, Begun, Fingerprint, IdempotencyKey, IdempotencyLedger, KEPT, KeyOwner,
    StoredAnswer,
};
use domain_auth::instructions::{
    CountInstructions, Counted, Day, Left, PER_CLIENT, PER_DOMAIN, PER_RECIPIENT,
    PER_RECIPIENT_OF_ALL, Recipient,
};
use domain_auth::names::EmailAddress;
use domain_auth::ports::Clock;
use domain_auth_testkit::{TestClock, client, domain_name};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

fn now() -> Timestamp {
    TestClock::default().now()
}

fn attempt(owner: KeyOwner, fingerprint: &str, at: Timestamp) -> Attempt {
    Attempt {
        owner,
        key: IdempotencyKey::parse("\"a # key\"").unwrap(),
        fingerprint: Fingerprint(fingerprint.to_owned()),
        at,
        client: None,
    }
}

pub(crate) async fn requests<S: IdempotencyLedger>(store: &S) {
    let maple = |fingerprint, at| attempt(KeyOwner::Client(client("maple")), fingerprint, at);
    let answer = StoredAnswer {
        status: 201,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: "{\"domain\":\"example.com\"}".to_owned(),
    };
    let first = maple("one", now());
    let outcomes = join_all((0..5).map(|_| store.begin(&first))).await;
    let go = outcomes
        .iter()
        .filter(|begun| matches!(begun, Ok(Begun::Go)));
    assert_eq!(go.count(), 1, "{outcomes:?}");
    assert_eq!(
        store.begin(&maple("two", now())).await.unwrap(),
        Begun::OtherRequest,
        "while the first is under way"
    );
    for other in [
        KeyOwner::Client(client("cedar")),
        KeyOwner::Supporter("maple".to_owned()),
        KeyOwner::Supporter("a#b".to_owned()),
    ] {
        let theirs = store.begin(&attempt(other, "two", now())).await;
        assert_eq!(theirs.unwrap(), Begun::Go);
    }

    // The first attempt has crashed.
    let late = now() + ATTEMPT_LEASE - SignedDuration::from_millis(1);
    assert_eq!(
        store.begin(&maple("one", late)).await.unwrap(),
        Begun::InProgress
    );
    let second = maple("one", now() + ATTEMPT_LEASE);
    assert_eq!(store.begin(&second).await.unwrap(), Begun::Go);
    // Or it was only slow: the second attempt counts.
    let slow = StoredAnswer {
        status: 200,
        ..answer.clone()
    };
    store.keep(&first, &slow).await.unwrap();
    store.forget(&first).await.unwrap();
    assert_eq!(
        store.begin(&maple("one", second.at)).await.unwrap(),
        Begun::InProgress
    );
    store.keep(&second, &answer).await.unwrap();
    store.forget(&second).await.unwrap();
    let much_later = second.at + KEPT - SignedDuration::from_secs(1);
    assert_eq!(
        store.begin(&maple("one", much_later)).await.unwrap(),
        Begun::Answered(answer)
    );
    assert_eq!(
        store.begin(&maple("two", much_later)).await.unwrap(),
        Begun::OtherRequest
    );

    // It has expired, whether DynamoDB has deleted it or not.
    let third = maple("two", second.at + KEPT);
    assert_eq!(store.begin(&third).await.unwrap(), Begun::Go);
    store.forget(&third).await.unwrap();
    assert_eq!(
        store.begin(&maple("three", third.at)).await.unwrap(),
        Begun::Go
    );
}

pub(crate) async fn emails<S: CountInstructions>(store: &S) {
    let (maple, today) = (client("maple"), Day::of(now()));
    let name = domain_name("example.com");
    let to = recipient("dns@example.com");
    let outcomes = join_all((0..20).map(|_| store.count(&maple, &name, &to, today))).await;
    let mut left: Vec<Left> = Vec::new();
    for outcome in outcomes {
        match outcome.unwrap() {
            Counted::Yes(counted) => left.push(counted),
            refused => assert_eq!(refused, Counted::DomainLimit),
        }
    }
    left.sort_unstable_by_key(|left| left.domain);
    let expected: Vec<Left> = (0..PER_DOMAIN)
        .map(|domain| Left {
            domain,
            client: PER_CLIENT - PER_DOMAIN + domain,
        })
        .collect();
    assert_eq!(left, expected);

    store.give_back(&maple, &name, &to, today).await.unwrap();
    assert_eq!(
        store.count(&maple, &name, &to, today).await.unwrap(),
        Counted::Yes(left[0])
    );
    let tomorrow = Day::of(today.end());
    let fresh = Left {
        domain: PER_DOMAIN - 1,
        client: PER_CLIENT - 1,
    };
    assert_eq!(
        store.count(&maple, &name, &to, tomorrow).await.unwrap(),
        Counted::Yes(fresh)
    );
    let cedar = client("cedar");
    assert_eq!(
        store.count(&cedar, &name, &to, today).await.unwrap(),
        Counted::Yes(fresh)
    );

    for number in 0..(PER_CLIENT - PER_DOMAIN) {
        let name = domain_name(&format!("d{number}.com"));
        let to = recipient(&format!("dns@d{number}.com"));
        let counted = store.count(&maple, &name, &to, today).await.unwrap();
        assert!(matches!(counted, Counted::Yes(_)), "{number} {counted:?}");
    }
    let one_more = domain_name("one-more.com");
    assert_eq!(
        store.count(&maple, &one_more, &to, today).await.unwrap(),
        Counted::ClientLimit
    );
    assert_eq!(
        store.count(&maple, &name, &to, today).await.unwrap(),
        Counted::DomainLimit
    );
}

fn recipient(address: &str) -> Recipient {
    Recipient::of(&EmailAddress::parse(address).unwrap())
}

pub(crate) async fn recipients<S: CountInstructions>(store: &S) {
    let (maple, today) = (client("maple"), Day::of(now()));
    let to = recipient("dns@example.com");
    let names: Vec<_> = (0..20).map(|n| domain_name(&format!("d{n}.com"))).collect();
    let counts = names
        .iter()
        .map(|name| store.count(&maple, name, &to, today));
    let outcomes = join_all(counts).await;
    let counted = |outcome: &&Result<Counted, _>| matches!(outcome, Ok(Counted::Yes(_)));
    let sent: Vec<_> = outcomes.iter().filter(counted).collect();
    assert_eq!(sent.len(), usize::try_from(PER_RECIPIENT).unwrap());
    for outcome in &outcomes {
        let outcome = outcome.as_ref().unwrap();
        assert!(matches!(outcome, Counted::Yes(_) | Counted::RecipientLimit));
    }
    let counted = outcomes.iter().position(|outcome| counted(&outcome));
    let counted = &names[counted.unwrap()];
    store.give_back(&maple, counted, &to, today).await.unwrap();
    let again = store.count(&maple, counted, &to, today).await.unwrap();
    assert!(matches!(again, Counted::Yes(_)), "{again:?}");

    // All clients together have 20, and a refused email is not counted for its client either.
    let others: Vec<_> = (PER_RECIPIENT..PER_RECIPIENT_OF_ALL + 10)
        .map(|n| client(&format!("client{n}")))
        .collect();
    let name = domain_name("example.org");
    let outcomes = join_all(
        others
            .iter()
            .map(|other| store.count(other, &name, &to, today)),
    )
    .await;
    let sent = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Counted::Yes(_))));
    assert_eq!(
        sent.count(),
        usize::try_from(PER_RECIPIENT_OF_ALL - PER_RECIPIENT).unwrap()
    );
    let refused = outcomes
        .iter()
        .position(|outcome| matches!(outcome, Ok(Counted::RecipientLimit)));
    let refused = &others[refused.unwrap()];
    let elsewhere = recipient("dns@example.net");
    let first = store
        .count(refused, &name, &elsewhere, today)
        .await
        .unwrap();
    let all = Left {
        domain: PER_DOMAIN - 1,
        client: PER_CLIENT - 1,
    };
    assert_eq!(first, Counted::Yes(all));
    let tomorrow = Day::of(today.end());
    let fresh = store.count(&maple, &name, &to, tomorrow).await.unwrap();
    assert!(matches!(fresh, Counted::Yes(_)), "{fresh:?}");
}
