//! Rules for every route. The tests go through the list of routes, so they cover a new route
//! automatically.

use domain_auth_http::{Access, Operation};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::contract::example_body;
use crate::requests::assert_problem;
use crate::world::{Answer, Shared, answer_to};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared("every_route_needs_a_token_that_is_valid", tokens);
    suite.shared("every_route_accepts_only_its_own_role", roles);
    suite.shared(
        "every_route_reads_roles_from_every_format_of_the_claim",
        claims,
    );
    suite.shared(
        "every_route_answers_for_another_clients_domain_as_for_an_unclaimed_one",
        other_clients,
    );
    suite.shared(
        "every_route_refuses_an_unknown_parameter",
        unknown_parameters,
    );
    suite.alone("no_route_that_reads_asks_ses_dns_or_sns", reads);
}

/// The values for the path of a call.
pub(crate) struct Target<'a> {
    pub(crate) client: &'a str,
    pub(crate) domain: &'a str,
    /// The token of a link, which is all that its holder needs.
    pub(crate) token: &'a str,
}

/// A token that belongs to no link.
pub(crate) const NO_LINK: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Target<'_> {
    pub(crate) fn path(&self, operation: Operation) -> String {
        operation
            .route()
            .path
            .replace("{client}", self.client)
            .replace("{domain}", self.domain)
            .replace("{address}", &format!("sales@{}", self.domain))
            .replace("{link}", "no-such-link")
            .replace("{token}", self.token)
    }
}

/// The response of a public operation whose path has the token of no link.
pub(crate) fn without_link(operation: Operation) -> StatusCode {
    if !operation.route().path.contains("{token}") {
        return StatusCode::OK;
    }
    match operation.route().method {
        "GET" => StatusCode::NOT_FOUND,
        // A form leads back to its page, which says that there is no such link.
        _ => StatusCode::SEE_OTHER,
    }
}

async fn call(world: &Shared, operation: Operation, path: &str, token: Option<&str>) -> Answer {
    let method: Method = operation.route().method.parse().unwrap();
    let mut request = world.request(method, path, token);
    if let Some(body) = example_body(operation) {
        request = request.json(&body);
    }
    answer_to(request).await
}

async fn tokens(world: Shared) {
    let (signed, _) = world.client_admin().rsplit_once('.').unwrap();
    let forged = format!("{signed}.AAAA");
    let target = Target {
        client: &world.info.clients.client_admin,
        domain: "not-claimed.com",
        token: NO_LINK,
    };
    for operation in Operation::ALL {
        let expected = match operation.route().access {
            Access::Anyone => without_link(*operation),
            Access::ClientAdmin | Access::LassoSupport | Access::MassMail => {
                StatusCode::UNAUTHORIZED
            }
        };
        for token in [None, Some(forged.as_str()), Some("nonsense")] {
            let answer = call(&world, *operation, &target.path(*operation), token).await;
            assert_eq!(answer.status, expected, "{operation} with {token:?}");
        }
    }
}

async fn roles(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    // A look of the poller would not be an action of the caller.
    world.put_off(&domain).await;
    let before = world.domain(&domain).await;
    let target = Target {
        client: &world.info.clients.client_admin,
        domain: &domain,
        token: NO_LINK,
    };
    let no_role = world.info.tokens.no_role.as_str();
    let mass_mail = world.mass_mail();
    for operation in Operation::ALL {
        let refused = match operation.route().access {
            Access::Anyone => continue,
            Access::ClientAdmin => vec![no_role, mass_mail, world.support()],
            Access::LassoSupport => vec![no_role, mass_mail, world.client_admin()],
            Access::MassMail => vec![no_role, world.support()],
        };
        for token in refused {
            let answer = call(&world, *operation, &target.path(*operation), Some(token)).await;
            assert_problem(&answer, 403, "forbidden");
        }
    }
    let after = world.domain(&domain).await;
    for member in ["status", "status_since", "records"] {
        assert_eq!(after[member], before[member], "nothing was done");
    }
}

async fn claims(world: Shared) {
    for operation in Operation::ALL {
        let (role, other) = match operation.route().access {
            Access::Anyone => continue,
            Access::ClientAdmin | Access::MassMail => ("client-admin", "lasso-support"),
            Access::LassoSupport => ("lasso-support", "client-admin"),
        };
        for (role, allowed) in [(role, true), (other, false), ("none-of-ours", false)] {
            for shape in shapes(role) {
                let claims =
                    json!({ "sub": "1", "custom:client_id": "claims", "cognito:groups": shape });
                let status = invoked(&world, *operation, &claims).await;
                assert_eq!(status != 403, allowed, "{operation} with {shape}: {status}");
            }
        }
        let without = json!({ "sub": "1", "custom:client_id": "claims" });
        assert_eq!(
            invoked(&world, *operation, &without).await,
            403,
            "{operation}"
        );
        let without = json!({ "sub": "1", "cognito:groups": role });
        let needs_client = operation.route().access != Access::LassoSupport;
        let status = invoked(&world, *operation, &without).await;
        assert_eq!(status == 403, needs_client, "{operation}: {status}");
    }
}

/// One role, in the forms that authorizers use.
fn shapes(role: &str) -> [Value; 6] {
    [
        json!(role),
        json!([role, "another"]),
        json!(format!("[another {role}]")),
        json!(format!("[\"another\",\"{role}\"]")),
        json!(format!("another,{role}")),
        json!(format!("another {role}")),
    ]
}

/// The status of an operation on a domain that does not exist, with claims that no issuer here
/// makes.
async fn invoked(world: &Shared, operation: Operation, claims: &Value) -> u64 {
    let route = operation.route();
    let parameters = json!({
        "client": "claims", "domain": "not-claimed.com", "address": "sales@not-claimed.com",
    });
    let target = Target {
        client: "claims",
        domain: "not-claimed.com",
        token: NO_LINK,
    };
    let path = target.path(operation);
    let event = json!({
        "version": "2.0",
        "routeKey": route.key(),
        "rawPath": path,
        "rawQueryString": "",
        "headers": {},
        "pathParameters": parameters,
        "requestContext": {
            "routeKey": route.key(),
            "stage": "$default",
            "requestId": "1",
            "timeEpoch": 0,
            "http": { "method": route.method, "path": path, "protocol": "HTTP/1.1",
                      "sourceIp": "192.0.2.1", "userAgent": "tests" },
            "authorizer": { "jwt": { "claims": claims, "scopes": null } },
        },
        "isBase64Encoded": false,
    });
    let answer = world.invoke(route.function, &event).await;
    let status = answer.body["statusCode"].as_u64();
    status.unwrap_or_else(|| panic!("{operation}: {answer:?}"))
}

async fn other_clients(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let before = world.domain(&domain).await;
    let (other_client, unclaimed) = (&world.info.clients.other_client_admin, "not-claimed.com");
    for operation in Operation::ALL {
        let route = operation.route();
        // Operations on a client as a whole are only for Lasso support, and have no domain.
        if route.parameters().all(|parameter| parameter == "client") {
            continue;
        }
        let token = match route.access {
            Access::Anyone => continue,
            Access::ClientAdmin | Access::MassMail => world.other_client_admin(),
            // Under the other client's name.
            Access::LassoSupport => world.support(),
        };
        let mut answers = Vec::new();
        for domain in [domain.as_str(), unclaimed] {
            let target = Target {
                client: other_client,
                domain,
                token: NO_LINK,
            };
            let answer = call(&world, *operation, &target.path(*operation), Some(token)).await;
            let same = answer.text.replace(domain, "domain");
            answers.push((answer.status, answer.content_type, answer.retry_after, same));
        }
        assert_eq!(answers[0], answers[1], "{operation}");
        let (status, .., body) = &answers[0];
        assert!(
            *status == StatusCode::NOT_FOUND || *operation == Operation::GetSender,
            "{operation}: {status} {body}"
        );
    }
    let after = world.domain(&domain).await;
    assert_eq!(after["status"], before["status"]);
    let list = world
        .get(world.other_client_admin(), "/domains?limit=100")
        .await;
    assert!(
        !list.text.contains(&domain),
        "it is in no list of another client"
    );
}

async fn unknown_parameters(world: Shared) {
    let target = Target {
        client: &world.info.clients.client_admin,
        domain: "not-claimed.com",
        token: NO_LINK,
    };
    for operation in Operation::ALL {
        if operation.ignores_parameters() {
            continue;
        }
        let token = match operation.route().access {
            Access::Anyone | Access::ClientAdmin => world.client_admin(),
            Access::LassoSupport => world.support(),
            Access::MassMail => world.mass_mail(),
        };
        let path = target.path(*operation);
        let unknown = format!("{path}?colour=red");
        let answer = call(&world, *operation, &unknown, Some(token)).await;
        assert_problem(&answer, 422, "validation_failed");
        let [error] = answer.body["errors"].as_array().unwrap().as_slice() else {
            panic!("{operation}: {answer:?}");
        };
        assert_eq!(error["parameter"], "colour");
        let detail = error["detail"].as_str().unwrap();
        for known in operation.query_parameters() {
            assert!(detail.contains(known), "{operation}: {detail}");
            let twice = format!("{path}?{known}=1&{known}=1");
            let answer = call(&world, *operation, &twice, Some(token)).await;
            assert_problem(&answer, 422, "validation_failed");
            assert_eq!(answer.body["errors"][0]["parameter"], *known);
        }
    }
}

async fn reads(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let target = Target {
        client: &world.info.clients.client_admin,
        domain: &domain,
        token: NO_LINK,
    };
    let link = crate::links::made(&world, &domain).await.body;
    let url = link["url"].as_str().expect("an address");
    let (_, token) = url.rsplit_once('/').expect("a token");
    let target = Target { token, ..target };
    let told = world.messages_of_topic().await;
    // The schedule may start a run in between; then it is tried again.
    world
        .until("no run of the poller came in between", async || {
            let before = (
                world.ses_counts().await,
                told.count().await,
                world.dns_questions(),
            );
            for operation in Operation::ALL {
                let token = match operation.route().access {
                    Access::Anyone | Access::ClientAdmin | Access::MassMail => world.client_admin(),
                    Access::LassoSupport => world.support(),
                };
                if operation.route().method == "GET" {
                    let mut path = target.path(*operation);
                    if *operation == Operation::GetHandoffRecords {
                        path += "?format=zone";
                    }
                    let answer = call(&world, *operation, &path, Some(token)).await;
                    assert_eq!(answer.status, StatusCode::OK, "{operation}: {answer:?}");
                }
            }
            before
                == (
                    world.ses_counts().await,
                    told.count().await,
                    world.dns_questions(),
                )
        })
        .await;
    // The counters work: a new domain causes an event, and a check asks both SES and DNS.
    let (ses, told_before) = (world.ses_counts().await, told.count().await);
    let dns = world.dns_questions();
    world.add(world.client_admin(), &world.fresh_domain()).await;
    let check = target.path(Operation::CheckDomain);
    let token = Some(world.client_admin());
    call(&world, Operation::CheckDomain, &check, token).await;
    assert_ne!(world.ses_counts().await, ses);
    assert_ne!(told.count().await, told_before);
    assert_ne!(world.dns_questions(), dns);
}
