//! The mass-mail product, a program with client credentials: it can only ask about the senders of
//! every client.

use domain_auth_http::{Access, Operation};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::contract::example_body;
use crate::requests::assert_problem;
use crate::routes::{NO_LINK, Target, without_link};
use crate::world::{Answer, Shared, answer_to, percent_encoded};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "the_mass_mail_product_may_ask_and_nothing_else",
        may_ask_only,
    );
    suite.shared(
        "the_mass_mail_product_asks_about_each_client_by_name",
        asks_about_each_client,
    );
    suite.shared("a_whole_mailing_is_judged_in_one_request", whole_mailing);
    suite.shared(
        "a_client_administrator_asks_about_senders_of_the_own_client_alone",
        own_client_alone,
    );
}

async fn may_ask_only(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    world.put_off(&domain).await;
    let before = world.domain(&domain).await;
    let client = &world.info.clients.client_admin;
    let target = Target {
        client,
        domain: &domain,
        token: NO_LINK,
    };
    for operation in Operation::ALL {
        let route = operation.route();
        let mut path = target.path(*operation);
        if *operation == Operation::GetSender {
            path = format!("{path}?client={client}");
        }
        let method: Method = route.method.parse().unwrap();
        let mut request = world.request(method, &path, Some(world.mass_mail()));
        if let Some(body) = example_body(*operation) {
            request = request.json(&body);
        }
        let answer = answer_to(request).await;
        match route.access {
            Access::Anyone => assert_eq!(answer.status, without_link(*operation), "{operation}"),
            Access::MassMail => {
                assert_eq!(answer.status, StatusCode::OK, "{operation}: {answer:?}");
            }
            Access::ClientAdmin | Access::LassoSupport => {
                assert_problem(&answer, 403, "forbidden");
            }
        }
    }
    assert_eq!(world.domain(&domain).await, before, "nothing was done");
}

async fn asks_about_each_client(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let clients = &world.info.clients;
    let address = percent_encoded(&format!("\"Maple Homes\" <sales@{domain}>"));
    for (client, reason) in [
        (clients.client_admin.as_str(), "waiting_for_dns"),
        (&clients.other_client_admin, "not_initiated"),
        ("no-such-client", "not_initiated"),
    ] {
        let one = format!("/senders/{address}?client={client}");
        let one = world.get(world.mass_mail(), &one).await;
        assert_eq!(one.body["reason"], reason, "{client}: {one:?}");
        let body = json!({ "client": client, "addresses": [format!("sales@{domain}")] });
        let many = ask(&world, world.mass_mail(), &body).await;
        assert_eq!(many.body["items"][0]["reason"], reason, "{client}");
        assert_eq!(many.body["items"][0]["message"], one.body["message"]);
    }
    let without = world
        .get(world.mass_mail(), &format!("/senders/{address}"))
        .await;
    assert_problem(&without, 422, "validation_failed");
    assert_eq!(without.body["errors"][0]["parameter"], "client");
    let without = json!({ "addresses": ["sales@example.com"] });
    let without = ask(&world, world.mass_mail(), &without).await;
    assert_problem(&without, 422, "validation_failed");
    assert_eq!(without.body["errors"][0]["pointer"], "/client");
}

async fn whole_mailing(world: Shared) {
    let (one, other) = (world.fresh_domain(), world.fresh_domain());
    for domain in [&one, &other] {
        world.add(world.client_admin(), domain).await;
    }
    let client = &world.info.clients.client_admin;
    // The longest allowed addresses, each with a name.
    let address = |number: usize| match number % 4 {
        0 => format!("\"{}\" <{number}@{one}>", "Maple Homes ".repeat(20)),
        1 => format!("\"{}\" <{number}@news{number}.{other}>", "x".repeat(200)),
        2 => format!("sales@unknown{number}-homes.com"),
        _ => format!("nonsense {number}"),
    };
    let addresses: Vec<String> = (0..100).map(address).collect();
    let body = json!({ "client": client, "addresses": addresses });
    assert!(body.to_string().len() > 8 * 1024);
    let answer = ask(&world, world.mass_mail(), &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let items = answer.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 100);
    for (number, item) in items.iter().enumerate() {
        let reason = [
            "waiting_for_dns",
            "waiting_for_dns",
            "not_initiated",
            "invalid_address",
        ];
        assert_eq!(item["address"], addresses[number]);
        assert_eq!(item["reason"], reason[number % 4], "{item}");
    }
    let too_many: Vec<String> = (0..101).map(address).collect();
    let too_many = json!({ "client": client, "addresses": too_many });
    let refused = ask(&world, world.mass_mail(), &too_many).await;
    assert_problem(&refused, 422, "validation_failed");
    let too_large = json!({ "client": client, "addresses": ["x".repeat(65 * 1024)] });
    let refused = ask(&world, world.mass_mail(), &too_large).await;
    assert_problem(&refused, 413, "payload_too_large");
}

async fn own_client_alone(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let addresses = json!([format!("sales@{domain}")]);
    let clients = &world.info.clients;
    let own = json!({ "client": clients.client_admin, "addresses": addresses });
    for body in [json!({ "addresses": addresses }), own.clone()] {
        let answer = ask(&world, world.client_admin(), &body).await;
        assert_eq!(answer.body["items"][0]["reason"], "waiting_for_dns");
    }
    for client in [&clients.client_admin, "no-such-client"] {
        let path = format!("/senders/sales@{domain}?client={client}");
        let refused = world.get(world.other_client_admin(), &path).await;
        assert_problem(&refused, 403, "forbidden");
        let body = json!({ "client": client, "addresses": addresses });
        let refused = ask(&world, world.other_client_admin(), &body).await;
        assert_problem(&refused, 403, "forbidden");
    }
    for token in [world.support(), &world.info.tokens.no_role] {
        assert_problem(&ask(&world, token, &own).await, 403, "forbidden");
    }
}

async fn ask(world: &Shared, token: &str, body: &Value) -> Answer {
    let request = world.request(Method::POST, "/senders", Some(token));
    answer_to(request.json(body)).await
}
