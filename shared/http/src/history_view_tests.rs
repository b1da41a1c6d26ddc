use domain_auth::evidence::{self, Evidence};
use domain_auth::history::Person;
use domain_auth::names::{ClientId, DisplayName, DomainName};
use domain_auth::state::DisplacedBy;
use serde_json::{Value, json};

use super::*;

fn seen_by(reader: Reader, page: Page<HistoryEntry>) -> HistoryView {
    let client = ClientId::parse("maple").unwrap();
    let name = DomainName::parse("example.com").unwrap();
    let cursors = Cursors::new("secret");
    match reader {
        Reader::Client => {
            let mut history = ClientHistory::new(page.items.len(), None);
            history.add(page.map(HistoryEntry::for_client));
            history.view(&cursors, List::History(&client, &name))
        }
        Reader::Support => {
            HistoryView::for_support(page, &cursors, List::ClientHistory(&client, &name))
        }
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the evidence of a line may be absent"
)]
fn stored(action: Action, evidence: Value) -> Option<Evidence> {
    Some(Evidence::stored(action, evidence))
}

fn page(actor: Actor, action: Action) -> Page<HistoryEntry> {
    let entry = HistoryEntry {
        at: Timestamp::UNIX_EPOCH,
        sequence: 2,
        actor,
        action,
        from: Some(Status::Verified),
        to: Status::Contested,
        evidence: stored(action, json!({ "reason": "why" })),
    };
    Page {
        items: vec![entry],
        next: None,
    }
}

#[test]
fn a_client_does_not_learn_which_person_at_lasso_acted() {
    let actor = Actor::LassoSupport {
        subject: "jo".to_owned(),
        person: Person::new(DisplayName::of_claim("Jo Field"), None),
    };
    let page = page(actor, Action::Rejected);
    let client = seen_by(Reader::Client, page.clone()).items.remove(0);
    assert_eq!((client.actor.subject, client.actor.name), (None, None));
    assert_eq!(client.sentence, "Lasso support rejected the domain: “why”.");
    assert!(client.evidence.is_some());
    let support = seen_by(Reader::Support, page).items.remove(0);
    assert_eq!(support.actor.subject.as_deref(), Some("jo"));
    assert_eq!(support.actor.name.as_deref(), Some("Jo Field"));
    assert_eq!(
        support.sentence,
        "Jo Field (Lasso support) rejected the domain: “why”."
    );
}

#[test]
fn client_and_support_learn_which_person_of_the_client_acted() {
    let actor = Actor::ClientAdmin {
        subject: "anna".to_owned(),
        person: Person::new(
            DisplayName::of_claim("Anna Berg"),
            DisplayName::of_claim("Maple Homes"),
        ),
    };
    let page = page(actor, Action::Added);
    for reader in [Reader::Client, Reader::Support] {
        let line = seen_by(reader, page.clone()).items.remove(0);
        assert_eq!(line.sentence, "Anna Berg (Maple Homes) added the domain.");
        assert_eq!(line.actor.subject.as_deref(), Some("anna"));
        assert_eq!(line.actor.name.as_deref(), Some("Anna Berg"));
        assert_eq!(line.actor.client_name.as_deref(), Some("Maple Homes"));
    }
}

fn of_ses() -> Option<Evidence> {
    let evidence = json!({ "reason": "identity_of_another_client" });
    stored(Action::Displaced, evidence)
}

#[test]
fn the_earlier_ses_identity_of_a_name_is_hidden_from_the_client() {
    let mut displaced = page(Actor::Service, Action::Displaced);
    displaced.items[0].evidence = of_ses();
    let mut added = page(Actor::Service, Action::Added).items.remove(0);
    (added.from, added.to) = (None, Status::Provisioning);
    displaced.items.push(added);
    let client = seen_by(Reader::Client, displaced.clone());
    assert_eq!(client.items.len(), 1);
    let line = &client.items[0];
    assert_eq!((line.action, line.to), (Action::Added, Status::Contested));
    assert_eq!(seen_by(Reader::Support, displaced).items.len(), 2);
}

#[test]
fn the_earlier_ses_identity_of_a_name_is_hidden_wherever_a_page_ends() {
    let (client, name) = (
        ClientId::parse("maple").unwrap(),
        DomainName::parse("example.com").unwrap(),
    );
    let (cursors, list) = (Cursors::new("secret"), List::History(&client, &name));
    let mut checked = page(Actor::Service, Action::Checked).items.remove(0);
    (checked.from, checked.to) = (Some(Status::Contested), Status::Contested);
    let mut displaced = page(Actor::Service, Action::Displaced).items.remove(0);
    displaced.evidence = of_ses();
    let mut stuck = page(Actor::Service, Action::Stuck).items.remove(0);
    (stuck.from, stuck.to) = (Some(Status::Provisioning), Status::Provisioning);
    let mut ready = page(Actor::Service, Action::Ready).items.remove(0);
    (ready.from, ready.to) = (Some(Status::Provisioning), Status::Provisioning);
    let mut added = page(Actor::Service, Action::Added).items.remove(0);
    (added.from, added.to) = (None, Status::Provisioning);
    let stored = [checked, displaced, stuck, ready, added];
    let read = |limit: usize, start: Option<&PageStart>| {
        let after = start.map_or(0, |start| start.0.parse().unwrap());
        let end = stored.len().min(after + limit);
        Page {
            items: stored[after..end].to_vec(),
            next: (end < stored.len()).then(|| PageStart(end.to_string())),
        }
    };
    for limit in 1..=5 {
        let (mut cursor, mut shown) = (None::<String>, Vec::new());
        loop {
            let start = cursor.map(|cursor| cursors.page_start(list, &cursor).unwrap());
            let mut history = ClientHistory::new(limit, start);
            while let Some((wanted, start)) = history.wanted() {
                let page = read(wanted, start);
                history.add(page.map(HistoryEntry::for_client));
            }
            let view = history.view(&cursors, list);
            let whole = view.items.len() == limit || view.next_cursor.is_none();
            assert!(whole, "a short page tells of what is not shown");
            shown.extend(view.items.iter().map(|line| (line.action, line.to)));
            cursor = view.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let all = [Action::Checked, Action::Ready, Action::Added];
        assert_eq!(
            shown,
            all.map(|action| (action, Status::Contested)),
            "{limit}"
        );
    }
}

#[test]
fn internal_evidence_is_shown_only_to_support() {
    let mut page = page(Actor::Service, Action::ProofFound);
    for seen in [
        json!({ "record": "r", "servers": [] }),
        json!({ "record": "r" }),
    ] {
        let mut whole = seen.clone();
        whole["internal"] = json!({ "holders": [] });
        page.items[0].evidence = stored(Action::ProofFound, whole.clone());
        let client = seen_by(Reader::Client, page.clone());
        assert_eq!(client.items[0].evidence, Some(seen));
        let support = seen_by(Reader::Support, page.clone());
        assert_eq!(support.items[0].evidence, Some(whole));
    }
}

#[test]
fn a_client_learns_why_it_lost_a_name_and_not_to_whom() {
    let released = DisplacedBy::ReleasedByLassoSupport {
        reason: "Sold.".to_owned(),
    };
    for (why, shown) in [
        (
            DisplacedBy::ProvenByAnotherClient,
            json!({ "reason": "proven_by_another_client" }),
        ),
        (
            released,
            json!({ "reason": "released_by_lasso_support", "explanation": "Sold." }),
        ),
        (
            DisplacedBy::IdentityNotOurs,
            json!({ "reason": "contested" }),
        ),
    ] {
        let cedar = ClientId::parse("cedar").unwrap();
        let name = DomainName::parse("example.com").unwrap();
        let known = evidence::of_takeover(&why, &cedar, &name).for_support();
        // As lines of the releases before have it.
        let mut earlier = known.clone();
        earlier["client"] = json!("cedar");
        for evidence in [known, earlier] {
            let mut page = page(Actor::Service, Action::Displaced);
            page.items[0].evidence = stored(Action::Displaced, evidence.clone());
            let client = seen_by(Reader::Client, page.clone());
            assert_eq!(client.items[0].evidence, Some(shown.clone()));
            let support = seen_by(Reader::Support, page);
            assert_eq!(support.items[0].evidence, Some(evidence));
        }
    }
}

#[test]
fn a_client_does_not_learn_which_right_another_has_to_the_name() {
    let page = page(Actor::Service, Action::Displaced);
    let client = seen_by(Reader::Client, page.clone());
    let contested = json!({ "reason": "contested" });
    assert_eq!(client.items[0].evidence, Some(contested));
    let support = seen_by(Reader::Support, page);
    assert_eq!(support.items[0].evidence, Some(json!({ "reason": "why" })));
}
