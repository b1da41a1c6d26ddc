//! Every permission in the template is needed: each is removed from its role in turn, and the
//! function is then refused. All other tests show that no permission is missing, because the
//! emulator enforces IAM.

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::erasure::{EraseClients, Erasure};
use domain_auth::history::Actor;
use domain_auth::mail_refusal::AboutDomain;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{Clock, CommitChanges};
use domain_auth::state::{Provisioning, State, Trigger};
use domain_auth_aws::{SystemClock, SystemIds};
use domain_auth_testkit::{client, identity, new_domain};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::Suite;
use crate::world::{Shared, answer_to, between, scheduled};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone("add_domain_needs_each_of_its_permissions", add_domain);
    suite.alone("read_domains_needs_each_of_its_permissions", read_domains);
    suite.alone("read_staff_needs_each_of_its_permissions", read_staff);
    suite.alone("decide_domain_needs_each_of_its_permissions", decide_domain);
    suite.alone(
        "advance_domain_needs_each_of_its_permissions",
        advance_domain,
    );
    suite.alone(
        "release_domain_needs_each_of_its_permissions",
        release_domain,
    );
    suite.alone("remove_domain_needs_each_of_its_permissions", remove_domain);
    suite.alone(
        "send_instructions_needs_each_of_its_permissions",
        send_instructions,
    );
    suite.alone("share_domain_needs_each_of_its_permissions", share_domain);
    suite.alone("handoff_needs_each_of_its_permissions", handoff);
    suite.alone("check_domain_needs_each_of_its_permissions", check_domain);
    suite.alone(
        "verification_poller_needs_each_of_its_permissions",
        verification_poller,
    );
    suite.alone(
        "support_notifier_needs_each_of_its_permissions",
        support_notifier,
    );
}

async fn add_domain(world: Shared) {
    each_is_needed(&world, "add-domain", async || {
        world.recount().await;
        world.add(world.client_admin(), &world.fresh_domain()).await;
        let without_dkim = world.fresh_domain();
        let client = &world.info.clients.client_admin;
        world.own_identity(&without_dkim, client).await;
        world.add(world.client_admin(), &without_dkim).await;
    })
    .await;
}

async fn release_domain(world: Shared) {
    each_is_needed(&world, "release-domain", async || {
        let domain = world.fresh_domain();
        world.add(world.client_admin(), &domain).await;
        world.add(world.other_client_admin(), &domain).await;
        // A claim that is dropped, and a holder that loses its domain.
        let clients = &world.info.clients;
        for client in [&clients.other_client_admin, &clients.client_admin] {
            let path = format!("/staff/clients/{client}/domains/{domain}/release");
            world.recount().await;
            let request = world.request(Method::POST, &path, Some(world.support()));
            answer_to(request.json(&json!({ "reason": "Not theirs." }))).await;
        }
    })
    .await;
}

async fn remove_domain(world: Shared) {
    each_is_needed(&world, "remove-domain", async || {
        let domain = world.fresh_domain();
        world.add(world.client_admin(), &domain).await;
        world.recount().await;
        crate::removal::delete(&world, world.client_admin(), &domain).await;
    })
    .await;
}

async fn read_domains(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    each_is_needed(&world, "read-domains", async || {
        world.get(world.client_admin(), "/domains").await;
        world
            .get(world.client_admin(), &format!("/domains/{domain}"))
            .await;
        let sender = format!("/senders/sales@{domain}");
        world.get(world.client_admin(), &sender).await;
    })
    .await;
}

async fn read_staff(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let one = format!(
        "/staff/clients/{}/domains/{domain}",
        world.info.clients.client_admin
    );
    each_is_needed(&world, "read-staff", async || {
        for path in ["/staff/domains?status=pending", &one] {
            world.get(world.support(), path).await;
        }
    })
    .await;
}

async fn decide_domain(world: Shared) {
    each_is_needed(&world, "decide-domain", async || {
        // The domains of a client without a record are counted.
        let limits = "/staff/clients/pilot-homes/limits";
        let limits = world.request(Method::PUT, limits, Some(world.support()));
        answer_to(limits.json(&json!({ "max_domains": 10, "reason": "A pilot." }))).await;
        let domain = world.fresh_domain();
        let added = world.add(world.client_admin(), &domain).await.body;
        world.publish(&domain, &added, &["verification"]);
        world.poll_until(&domain, "verified").await;
        let path = format!(
            "/staff/clients/{}/domains/{domain}/complete",
            world.info.clients.client_admin
        );
        answer_to(world.request(Method::POST, &path, Some(world.support()))).await;
        let contested = world.fresh_domain();
        world.identity_at_gate(json!({ "name": contested })).await;
        world.add(world.client_admin(), &contested).await;
        let client = &world.info.clients.client_admin;
        let path = format!("/staff/clients/{client}/domains/{contested}/adopt");
        let adopt = world.request(Method::POST, &path, Some(world.support()));
        answer_to(adopt.json(&json!({ "reason": "Made by hand." }))).await;
    })
    .await;
}

async fn advance_domain(world: Shared) {
    each_is_needed(&world, "advance-domain", async || {
        let domain = world.fresh_domain();
        world.add(world.client_admin(), &domain).await;
        world.fail(&domain).await;
        // The restarted domain is ready: an event to publish.
        for route in ["restart", "notify"] {
            let path = format!("/domains/{domain}/{route}");
            answer_to(world.request(Method::POST, &path, Some(world.client_admin()))).await;
        }
    })
    .await;
}

async fn send_instructions(world: Shared) {
    each_is_needed(&world, "send-instructions", async || {
        let domain = world.fresh_domain();
        world.add(world.client_admin(), &domain).await;
        let path = format!("/domains/{domain}/instructions");
        let request = world.request(Method::POST, &path, Some(world.client_admin()));
        let body = json!({ "email": format!("dns@{domain}") }).to_string();
        answer_to(request.body(body)).await;
    })
    .await;
}

async fn share_domain(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    each_is_needed(&world, "share-domain", async || {
        let path = format!("/domains/{domain}/links");
        let request = world.request(Method::POST, &path, Some(world.client_admin()));
        answer_to(request.header("idempotency-key", world.fresh_domain())).await;
    })
    .await;
}

async fn handoff(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let link = crate::links::made(&world, &domain).await.body;
    each_is_needed(&world, "handoff", async || {
        crate::links::open(&world, &link["url"]).await;
    })
    .await;
}

async fn check_domain(world: Shared) {
    each_is_needed(&world, "check-domain", async || {
        let domain = world.fresh_domain();
        let added = world.add(world.client_admin(), &domain).await.body;
        // So that the check has an event to publish.
        world.publish(&domain, &added, &["verification"]);
        let path = format!("/domains/{domain}/check");
        answer_to(world.request(Method::POST, &path, Some(world.client_admin()))).await;
    })
    .await;
}

async fn verification_poller(world: Shared) {
    let run = each_is_needed(&world, "verification-poller", async || {
        left_unfinished(&world, &world.fresh_domain()).await;
        let client = &world.info.clients.client_admin;
        let without_dkim = world.fresh_domain();
        world.own_identity(&without_dkim, client).await;
        left_unfinished(&world, &without_dkim).await;
        let adopting = world.fresh_domain();
        world.identity_at_gate(json!({ "name": adopting })).await;
        Box::pin(left_adopting(&world, &adopting)).await;
        let removing = world.fresh_domain();
        world.own_identity(&removing, client).await;
        Box::pin(left_removing(&world, &removing)).await;
        left_unproven(&world, &world.fresh_domain()).await;
        left_erasing(&world, &world.fresh_domain()).await;
        world.recount().await;
        // The first run registers the domain, the second asks SES about it; and it reads SES's list
        // of identities.
        world.forget_runs().await;
        for _ in 0..2 {
            world.invoke("verification-poller", &scheduled()).await;
        }
    });
    Box::pin(run).await;
}

async fn support_notifier(world: Shared) {
    each_is_needed(&world, "support-notifier", async || {
        // Emails that say that mail stops do not wait for the end of a minute.
        let stops = || crate::support_email::delivery("displaced-sending", &world.fresh_domain());
        world.control_ses(json!({ "faults": [] })).await;
        world.invoke("support-notifier", &stops()).await;
        // For other events, the function reads which alerts Lasso support got before.
        let usual = crate::support_email::delivery("verified", &world.fresh_domain());
        world.invoke("support-notifier", &usual).await;
        // A message that is delivered again, and one that becomes a dead letter.
        let throttled = json!([{ "operation": "SendEmail", "times": 1, "error": "Throttling" }]);
        world.control_ses(json!({ "faults": throttled })).await;
        world.invoke("support-notifier", &stops()).await;
        let poison = crate::support_email::delivery_in("not-json");
        world.invoke("support-notifier", &poison).await;
        // An email about a domain that was not delivered.
        let refused = world.fresh_domain();
        world.add(world.client_admin(), &refused).await;
        world
            .invoke("support-notifier", &bounce_about(&world, &refused))
            .await;
    })
    .await;
    world.control_ses(json!({ "faults": [] })).await;
}

/// Amazon SES's report of instructions that bounced.
fn bounce_about(world: &Shared, domain: &str) -> Value {
    let about = AboutDomain {
        client: ClientId::parse(&world.info.clients.client_admin).expect("a client"),
        domain: DomainName::parse(domain).expect("a domain"),
    };
    let mut tags = json!({ "audience": ["administrator"] });
    for (name, value) in about.tags() {
        tags[name] = json!([value]);
    }
    let now = SystemClock.now().to_string();
    let event = json!({
        "eventType": "Bounce",
        "mail": {
            "timestamp": now,
            "messageId": format!("bounced-{domain}"),
            "destination": [format!("dns@{domain}")],
            "tags": tags,
        },
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [{ "emailAddress": format!("dns@{domain}"), "status": "5.1.1" }],
            "timestamp": now,
        },
    });
    let mut delivery = crate::support_email::delivery("verified", domain);
    delivery["Records"][0]["body"] = json!(event.to_string());
    delivery
}

/// The state after decide-domain, when Lasso support has given the client an identity.
async fn left_adopting(world: &Shared, domain: &str) {
    let added = left_unfinished(world, domain).await;
    let adopting = added.updated(|domain| {
        domain.state = State::Provisioning(Provisioning {
            may_adopt: true,
            ..Provisioning::default()
        });
    });
    let written = world.table().await.commit(&adopting).await;
    written.expect("a domain written");
}

/// The state after remove-domain crashed after its first write.
async fn left_removing(world: &Shared, domain: &str) {
    let added = left_unfinished(world, domain).await;
    let trigger = Trigger::Provisioned(identity(&added.name));
    let long_ago = added.added_at;
    let pending = added.transition(trigger, Actor::Service, None, long_ago, &SystemIds);
    let pending = pending.expect("a pending domain").domain;
    let removing = pending.transition(Trigger::Removed, Actor::Service, None, long_ago, &SystemIds);
    let mut removing = removing.expect("a domain that can be removed");
    removing.domain.version = added.version + 1;
    let written = world.table().await.commit(&removing).await;
    written.expect("a domain written");
}

/// A claim that was not proven in time.
async fn left_unproven(world: &Shared, domain: &str) {
    let new = new_domain(&world.info.clients.client_admin, domain);
    let long_ago: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let state = State::contested("5e".repeat(32), long_ago);
    let change = Domain::add(new, state, None, Actor::Service, long_ago, &SystemIds);
    let written = world.table().await.commit(&change).await;
    written.expect("a claim written");
}

/// The state after remove-domain, for a client without domains that is to be erased.
async fn left_erasing(world: &Shared, client_id: &str) {
    let long_ago: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let erasure = Erasure::begun_by(Actor::Service, long_ago);
    let table = world.table().await;
    let begun = table.begin_erasure(&client(client_id), &erasure).await;
    begun.expect("an erasure begun");
}

/// The state after add-domain crashed after its first write.
async fn left_unfinished(world: &Shared, domain: &str) -> Domain {
    let new = new_domain(&world.info.clients.client_admin, domain);
    let long_ago: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let claims =
        ClaimRegister::empty(new.name.organizational()).taken(&new.name, &new.client, long_ago);
    let (state, claims) = (State::provisioning(), Some(claims));
    let change = Domain::add(new, state, claims, Actor::Service, long_ago, &SystemIds);
    world
        .table()
        .await
        .commit(&change)
        .await
        .expect("a domain written");
    change.domain
}

/// The emulator does not implement this call, so it cannot refuse it.
const ANSWERED_BY_THE_GATE: &str = "ses:GetSuppressedDestination";

/// Removes each action from the function's role in turn, makes the calls that need it, and searches
/// the function's log for the refusal.
async fn each_is_needed(world: &Shared, function: &str, act: impl AsyncFn()) {
    let resource = pascal_case(function) + "Function";
    let role = role_of(world, &resource).await;
    let name = format!("{resource}RolePolicy0");
    let policy = policy_of(world, &role, &name).await;
    // SNS has its own error code (Amazon SNS API reference, "Common errors").
    let refusals = async || {
        world.logged(function, "AccessDenied").await
            + world.logged(function, "AuthorizationError").await
    };
    act().await;
    assert_eq!(refusals().await, 0, "nothing is refused to begin with");

    let mut unneeded = Vec::new();
    for action in actions_in(&policy) {
        put_policy(world, &role, &name, &without(&policy, &action)).await;
        let before = refusals().await;
        act().await;
        if refusals().await == before && action != ANSWERED_BY_THE_GATE {
            unneeded.push(action);
        }
    }
    put_policy(world, &role, &name, &policy).await;
    assert!(unneeded.is_empty(), "{function} does not need {unneeded:?}");
    world.run_poller().await;
}

pub(crate) fn pascal_case(name: &str) -> String {
    name.split('-')
        .filter_map(|word| Some(word.get(..1)?.to_uppercase() + word.get(1..)?))
        .collect()
}

/// The name of a function's role; `function` is its name in the template.
pub(crate) async fn role_of(world: &Shared, function: &str) -> String {
    let roles = world
        .query("iam", &[("Action", "ListRoles"), ("Version", "2010-05-08")])
        .await;
    let prefix = format!("<RoleName>{}-{function}Role-", world.info.stack_name);
    let (_, rest) = roles.split_once(&prefix).expect("a role of its own");
    format!(
        "{}-{function}Role-{}",
        world.info.stack_name,
        between(rest, "", "<")
    )
}

pub(crate) async fn policy_of(world: &Shared, role: &str, name: &str) -> Value {
    let call = [
        ("Action", "GetRolePolicy"),
        ("Version", "2010-05-08"),
        ("RoleName", role),
        ("PolicyName", name),
    ];
    let answer = world.query("iam", &call).await;
    let document = between(&answer, "<PolicyDocument>", "</PolicyDocument>");
    serde_json::from_str(&percent_decoded(document)).expect("a policy in JSON")
}

pub(crate) async fn put_policy(world: &Shared, role: &str, name: &str, policy: &Value) {
    let document = policy.to_string();
    let mut call = vec![
        ("Version", "2010-05-08"),
        ("RoleName", role),
        ("PolicyName", name),
    ];
    // IAM accepts no policy that grants nothing.
    if policy["Statement"] == json!([]) {
        call.push(("Action", "DeleteRolePolicy"));
    } else {
        call.extend([("Action", "PutRolePolicy"), ("PolicyDocument", &document)]);
    }
    world.query("iam", &call).await;
}

fn actions_of(statement: &Value) -> Vec<String> {
    match &statement["Action"] {
        Value::String(action) => vec![action.clone()],
        Value::Array(actions) => actions
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        other => panic!("no actions in {other}"),
    }
}

fn actions_in(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().expect("statements");
    statements.iter().flat_map(actions_of).collect()
}

pub(crate) fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().expect("statements");
    for statement in &mut *statements {
        let mut actions = actions_of(statement);
        actions.retain(|granted| granted != action);
        statement["Action"] = json!(actions);
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    policy
}

/// IAM returns policies percent-encoded (RFC 3986 section 2.1).
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let mut byte = *first;
        if let (b'%', [high, low, tail @ ..]) = (first, tail) {
            let digits = [*high, *low];
            let digits = std::str::from_utf8(&digits).expect("two digits");
            byte = u8::from_str_radix(digits, 16).expect("two hexadecimal digits");
            rest = tail;
        }
        bytes.push(byte);
    }
    String::from_utf8(bytes).expect("UTF-8")
}
