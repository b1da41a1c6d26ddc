//! The lists of Lasso support: a domain is in those lists that its entry says it waits in, with the same entry.

use answer_rules::Answer;
use domain_auth_http::json;
use lambda_http::http::StatusCode;
use serde_json::Value;

use crate::handlers::Sent;
use crate::world::World;

/// A query of `GET /staff/domains`.
type Query = &'static [(&'static str, &'static str)];

const LASSO: Query = &[("waiting_for", "lasso")];
const CLIENT: Query = &[("waiting_for", "client")];

/// What the lists have that the entry of a domain contradicts.
pub(crate) fn wrong(world: &World, answer: &Answer) -> Vec<String> {
    let waits_for = answer.entry.waiting.waits_for;
    let lists: [(Query, bool); 3] = [
        // Without a filter, the list is that of domains that wait for Lasso.
        (&[], waits_for == Some("lasso")),
        (LASSO, waits_for == Some("lasso")),
        (CLIENT, waits_for == Some("client")),
    ];
    let wrong = lists.into_iter().filter_map(|(query, expected)| {
        let entry = entry_of(world, answer, query);
        let is_same = entry.as_ref().is_none_or(|entry| {
            entry["waiting"]["since"] == rendered(answer)["waiting"]["since"]
                && entry["waiting"]["for"].as_str() == waits_for
        });
        let is_listed = entry.is_some();
        (is_listed != expected || !is_same).then(|| {
            format!(
                "{query:?}: listed {is_listed} beside {:?}, {entry:?}",
                answer.entry.waiting
            )
        })
    });
    wrong.collect()
}

fn rendered(answer: &Answer) -> Value {
    serde_json::from_str(json(StatusCode::OK, &answer.entry).body()).expect("a body in JSON")
}

/// The entry of the domain in a list.
fn entry_of(world: &World, answer: &Answer, query: Query) -> Option<Value> {
    let reply = world.sent(&Sent {
        method: "GET",
        path: "/staff/domains".to_owned(),
        query,
        body: None,
        client: None,
    });
    assert_eq!(reply.status(), StatusCode::OK, "{}", reply.body());
    let list: Value = serde_json::from_str(reply.body()).expect("a body in JSON");
    let mut entries = list["items"].as_array().expect("a list").iter();
    let found = entries.find(|entry| entry["client"] == answer.staff.client.as_str());
    found.cloned()
}
