//! Lasso support searches for the clients that have or claim a name.

use domain_auth::domain::Domain;
use domain_auth::names::SuffixList;
use domain_auth::ports::{Page, PageStart};
use domain_auth::use_cases::find::find;
use domain_auth_testkit::domain_name;

use crate::world::World;

fn named(world: &World, name: &str, limit: usize, start: Option<&PageStart>) -> Page<Domain> {
    let name = domain_name(name);
    let found = find(&world.store, SuffixList::default(), &name, limit, start);
    futures::executor::block_on(found).unwrap()
}

fn shown(page: &Page<Domain>) -> Vec<String> {
    let items = page.items.iter();
    items
        .map(|domain| {
            let status = domain.state.status();
            format!("{} {} {status}", domain.name, domain.client)
        })
        .collect()
}

#[test]
fn the_search_finds_a_name_with_its_parents_and_children() {
    let world = World::new();
    world.add("maple", "example.com");
    world.add("maple", "a.news.example.com");
    world.add("cedar", "news.example.com");
    world.add("oak", "news.example.com");
    world.add("oak", "other.example.com");
    world.add("oak", "example.org");
    let all = named(&world, "news.example.com", 10, None);
    assert_eq!(
        shown(&all),
        [
            "example.com maple pending",
            "news.example.com cedar contested",
            "news.example.com oak contested",
            "a.news.example.com maple pending",
        ]
    );
    assert!(all.next.is_none());
    // For a name that no client has, the search finds the names above it.
    let below = named(&world, "free.other.example.com", 10, None);
    assert_eq!(
        shown(&below),
        [
            "example.com maple pending",
            "other.example.com oak contested"
        ]
    );
    assert!(named(&world, "example.net", 10, None).items.is_empty());
}

#[test]
fn pages_of_found_domains_neither_skip_nor_repeat_one() {
    let world = World::new();
    world.add("maple", "example.com");
    for client in ["cedar", "oak", "elm"] {
        world.add(client, "example.com");
    }
    let mut seen = Vec::new();
    let mut start = None;
    loop {
        let page = named(&world, "example.com", 3, start.as_ref());
        seen.extend(shown(&page));
        start = page.next;
        if start.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        [
            "example.com cedar contested",
            "example.com elm contested",
            "example.com maple pending",
            "example.com oak contested",
        ]
    );
}
