//! Links for people without a login: from the client that makes one to the person who opens it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain_auth::links::LinkToken;
use domain_auth::ports::Ids;
use domain_auth_aws::SystemIds;
use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::{Value, json};

use crate::Suite;
use crate::requests::assert_problem;
use crate::world::{Answer, Shared, answer_to, between};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared("a_link_shows_the_records_and_their_states", path);
    suite.shared(
        "a_link_is_withdrawn_by_its_client_and_ends_with_its_domain",
        ends,
    );
    suite.shared(
        "random_tokens_get_the_same_answer_as_a_withdrawn_one",
        unknown,
    );
    suite.shared(
        "a_random_token_is_refused_like_a_withdrawn_one_and_their_times_are_printed",
        timed,
    );
    suite.shared("lasso_support_makes_links_on_behalf_of_a_client", behalf);
    suite.shared("the_instructions_email_has_a_link_and_the_files", letter);
}

/// A link to a domain of the first client.
pub(crate) async fn made(world: &Shared, domain: &str) -> Answer {
    let path = format!("/domains/{domain}/links");
    answer_to(world.request(Method::POST, &path, Some(world.client_admin()))).await
}

/// The response to a browser without a session at an address.
pub(crate) async fn open(world: &Shared, url: &Value) -> Answer {
    let url = url.as_str().expect("an address");
    let below = url.strip_prefix(&world.info.api_url).expect("of this API");
    answer_to(world.request(Method::GET, below, None)).await
}

/// Sends the form of a page.
async fn check(url: &Value) -> Response {
    let client = Client::builder().redirect(redirect::Policy::none());
    let url = format!("{}/check", url.as_str().expect("an address"));
    let sent = client.build().expect("a client").post(url).send().await;
    sent.expect("an answer")
}

fn states(page: &Answer) -> BTreeSet<(&str, &str)> {
    let records = page.text.split("data-record=\"").skip(1);
    let state = |record| {
        let (id, _): (&str, _) = str::split_once(record, '"').expect("an identifier");
        (id, between(record, "data-state=\"", "\""))
    };
    records.map(state).collect()
}

async fn path(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await.body;
    let link = made(&world, &domain).await;
    assert_eq!(link.status, StatusCode::CREATED, "{link:?}");
    let url = &link.body["url"];

    let page = open(&world, url).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert!(page.text.contains(&domain) && page.text.contains("Maple Homes"));
    for record in added["records"].as_array().expect("records") {
        let name = record["name"].as_str().expect("a name");
        assert!(page.text.contains(name), "{name}");
    }
    let before = world.domain(&domain).await;
    assert_eq!(
        states(&page).len(),
        added["records"].as_array().map_or(0, Vec::len)
    );

    // With exactly the records on the page, for one's own name server.
    let file = json!(format!(
        "{}/records?format=zone",
        url.as_str().expect("an address")
    ));
    let file = open(&world, &file).await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(
        file.text
            .contains(&format!("_amazonses.{domain}. 300 IN TXT")),
        "{}",
        file.text
    );
    world.publish(&domain, &added, &["verification", "dkim-1"]);
    assert_eq!(
        world.domain(&domain).await["dns_looked_at"],
        before["dns_looked_at"],
        "no look by opening"
    );

    world.put_off(&domain).await;
    let checked = check(url).await;
    assert_eq!(checked.status(), StatusCode::SEE_OTHER);
    let back = checked
        .url()
        .join(checked.headers()["location"].to_str().expect("a path"));
    assert_eq!(
        back.expect("an address").as_str(),
        url.as_str().expect("an address")
    );
    let page = open(&world, url).await;
    let states = states(&page);
    assert!(states.contains(&("verification", "found")), "{states:?}");
    assert!(states.contains(&("dkim-2", "missing")), "{states:?}");
    assert!(page.text.contains("data-wait="), "the pause of the domain");

    let history = format!("/domains/{domain}/history");
    let history = world.get(world.client_admin(), &history).await.body;
    let items = history["items"].as_array().expect("lines");
    let checked = items.iter().find(|line| line["action"] == "checked");
    let actor = &checked.expect("a check")["actor"];
    assert_eq!(actor["kind"], "link_holder", "{history}");
    assert_eq!(actor["subject"], link.body["id"], "{history}");
}

async fn ends(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let (one, other) = (
        made(&world, &domain).await.body,
        made(&world, &domain).await.body,
    );
    let path = format!(
        "/domains/{domain}/links/{}",
        one["id"].as_str().expect("an identifier")
    );
    let withdraw = async |token| answer_to(world.request(Method::DELETE, &path, Some(token))).await;
    let foreign = withdraw(world.other_client_admin()).await;
    assert_problem(&foreign, 404, "not_found");
    assert_eq!(open(&world, &one["url"]).await.status, StatusCode::OK);
    assert_eq!(
        withdraw(world.client_admin()).await.status,
        StatusCode::NO_CONTENT
    );
    assert_problem(&withdraw(world.client_admin()).await, 404, "no_such_link");
    assert_eq!(
        open(&world, &one["url"]).await.status,
        StatusCode::NOT_FOUND
    );
    let links = world
        .get(world.client_admin(), &format!("/domains/{domain}/links"))
        .await;
    assert_eq!(links.body["items"][0]["id"], other["id"]);
    assert_eq!(open(&world, &other["url"]).await.status, StatusCode::OK);
    crate::removal::delete(&world, world.client_admin(), &domain).await;
    assert_eq!(
        open(&world, &other["url"]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(check(&other["url"]).await.status(), StatusCode::SEE_OTHER);
}

async fn unknown(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let link = made(&world, &domain).await.body;
    let path = format!(
        "/domains/{domain}/links/{}",
        link["id"].as_str().expect("an identifier")
    );
    answer_to(world.request(Method::DELETE, &path, Some(world.client_admin()))).await;
    let withdrawn = open(&world, &link["url"]).await;
    assert_eq!(withdrawn.status, StatusCode::NOT_FOUND);
    for _ in 0..20 {
        let token = LinkToken::of_bits(&SystemIds.bits());
        let url = json!(format!("{}/handoff/{}", world.info.api_url, token.as_str()));
        let answer = open(&world, &url).await;
        assert_eq!(
            (answer.status, answer.text),
            (withdrawn.status, withdrawn.text.clone())
        );
    }
}

/// Requests a random token and a withdrawn one in turn. `LINK_TOKENS` is how often. The durations
/// are printed but not checked: `functions/handoff` asserts that both make the same reads.
#[expect(
    clippy::print_stdout,
    reason = "a measurement, which no test is held to"
)]
async fn timed(world: Shared) {
    let turns = std::env::var_os("LINK_TOKENS").unwrap_or_else(|| "50".into());
    let turns: u32 = turns
        .to_str()
        .and_then(|turns| turns.parse().ok())
        .expect("a number");
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let link = made(&world, &domain).await.body;
    let id = link["id"].as_str().expect("an identifier");
    let path = format!("/domains/{domain}/links/{id}");
    let request = world.request(Method::DELETE, &path, Some(world.client_admin()));
    assert_eq!(answer_to(request).await.status, StatusCode::NO_CONTENT);
    let withdrawn = open(&world, &link["url"]).await;
    assert_eq!(withdrawn.status, StatusCode::NOT_FOUND);

    let mut took: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for _turn in 0..turns {
        let token = LinkToken::of_bits(&SystemIds.bits());
        let random = json!(format!("{}/handoff/{}", world.info.api_url, token.as_str()));
        for (took, url) in took.iter_mut().zip([&random, &link["url"]]) {
            let began = Instant::now();
            let answer = open(&world, url).await;
            took.push(began.elapsed());
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert_eq!(answer.text, withdrawn.text);
        }
    }
    let [random, withdrawn] = took.map(median);
    println!(
        "{turns} random tokens: median {random:?}; a withdrawn one: median {withdrawn:?}; ratio {:.3}.",
        random.as_secs_f64() / withdrawn.as_secs_f64()
    );
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

async fn behalf(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let clients = &world.info.clients;
    let path = |client: &str| format!("/staff/clients/{client}/domains/{domain}/links");
    let make = async |client: &str| {
        let request = world.request(Method::POST, &path(client), Some(world.support()));
        answer_to(request.json(&json!({ "days": 1 }))).await
    };
    assert_problem(&make(&clients.other_client_admin).await, 404, "not_found");
    let link = make(&clients.client_admin).await;
    assert_eq!(link.status, StatusCode::CREATED, "{link:?}");
    assert_eq!(open(&world, &link.body["url"]).await.status, StatusCode::OK);
    let links = world
        .get(world.client_admin(), &format!("/domains/{domain}/links"))
        .await;
    assert_eq!(links.body["items"][0]["id"], link.body["id"]);
    let history = world
        .get(world.client_admin(), &format!("/domains/{domain}/history"))
        .await;
    let newest = &history.body["items"][0];
    assert_eq!(
        (&newest["action"], &newest["actor"]["kind"]),
        (&json!("link_made"), &json!("lasso_support"))
    );
}

async fn letter(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let address = format!("sam@{domain}");
    let path = format!("/domains/{domain}/instructions");
    let request = world.request(Method::POST, &path, Some(world.client_admin()));
    let sent = answer_to(request.json(&json!({ "email": address }))).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{sent:?}");
    let letters = crate::ready::letters_to(&world, &address).await;
    let letter = &letters[0];
    let html = letter["BodyHtml"].as_str().expect("a text");
    let url = json!(between(html, "<a href=\"", "\""));
    let page = open(&world, &url).await;
    assert_eq!(page.status, StatusCode::OK, "{url}");
    assert!(page.text.contains(&domain));
    let files = letter["Attachments"].as_array().expect("files");
    let named: Vec<_> = files.iter().map(|file| &file["FileName"]).collect();
    let expected = ["zone", "csv"].map(|kind| json!(format!("{domain}-dns-records.{kind}")));
    assert_eq!(named, expected.iter().collect::<Vec<_>>());
    for file in files {
        let content = file["Content"].as_str().expect("a text");
        assert!(
            content.contains(&format!("_amazonses.{domain}")),
            "{content}"
        );
    }
    let links = world
        .get(world.client_admin(), &format!("/domains/{domain}/links"))
        .await;
    assert_eq!(links.body["items"][0]["emailed"], true);
}
