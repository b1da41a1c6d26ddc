//! Every file in `events/handoff`, every state of a domain, and every reason for which a link
//! cannot be opened.

mod nowhere;
mod steps;

use std::sync::Mutex;

use domain_auth::dns::{DnsLook, Zone, ZoneOutcome};
use domain_auth::domain::{Change, Domain, NewDomain};
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::history::{Actor, HistoryEntry};
use domain_auth::links::{LinkTarget, LinkToken, ReadLinks};
use domain_auth::names::{ClientId, Community, DomainName, EmailAddress, Note};
use domain_auth::ports::{
    Clock, CommitChanges, ListFilter, Page, PageStart, Ports, ReadDomains, StoreError, StoreFailure,
};
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::check::{CheckLimits, check};
use domain_auth::use_cases::links::{Made, make_link};
use domain_auth_http::{ClaimNames, PersonClaims, Reply, request_of};
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, SequentialIds, TestClock, TestPorts, answer_of, client,
    domain_name, identity, new_domain, request_in,
};
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use super::App;

/// A store that records its reads, and that may fail.
#[derive(Default)]
struct Asked {
    store: MemoryStore,
    calls: Mutex<Vec<&'static str>>,
    fails: bool,
}

impl Asked {
    fn note(&self, call: &'static str) -> Result<(), StoreError> {
        self.calls.lock().unwrap().push(call);
        if !self.fails {
            return Ok(());
        }
        Err(StoreError {
            action: call,
            failure: StoreFailure::Unavailable,
            source: "the table is away".into(),
        })
    }

    fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

impl ReadLinks for Asked {
    async fn link(&self, token: &LinkToken) -> Result<Option<LinkTarget>, StoreError> {
        self.note("link")?;
        self.store.link(token).await
    }
}

impl ReadDomains for Asked {
    async fn domain(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> Result<Option<Domain>, StoreError> {
        self.note("domain")?;
        self.store.domain(client, name).await
    }

    async fn look(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> Result<Option<DnsLook>, StoreError> {
        self.note("look")?;
        self.store.look(client, name).await
    }

    async fn domains(
        &self,
        _: &ClientId,
        _: &ListFilter,
        _: usize,
        _: Option<&PageStart>,
    ) -> Result<Page<Domain>, StoreError> {
        unreachable!("a link is to one domain")
    }

    async fn history(
        &self,
        _: &ClientId,
        _: &DomainName,
        _: usize,
        _: Option<&PageStart>,
    ) -> Result<Page<HistoryEntry>, StoreError> {
        unreachable!("a link shows no history")
    }
}

struct AskedPorts;

impl Ports for AskedPorts {
    type Store = Asked;
    type Ses = ();
    type Dns = ();
    type Publisher = ();
    type Mail = ();
    type Queue = ();
    type Meter = ();
    type Clock = TestClock;
    type Ids = SequentialIds;
}

struct World {
    app: App<AskedPorts>,
    ids: SequentialIds,
    dns: FakeDns,
    link: Option<Made>,
}

impl World {
    /// A domain that was added a moment ago, with the first link to it.
    async fn of(new: NewDomain, state: State) -> Self {
        let mut world = Self {
            app: App {
                store: Asked::default(),
                clock: TestClock::default(),
            },
            ids: SequentialIds::default(),
            dns: FakeDns::default(),
            link: None,
        };
        let name = new.name.clone();
        let owner = new.client.clone();
        let (now, ids) = (world.app.clock.now(), SequentialIds::default());
        let added = Domain::add(new, state, None, Actor::Service, now, &ids);
        world.commit(&added).await;
        let tools = world.tools();
        let made = make_link(&tools, (&owner, &name), 14, &Actor::Service);
        let made = made.await.unwrap();
        world.link = Some(made);
        world
    }

    async fn pending() -> Self {
        let world = Self::of(
            new_domain("maple-homes", "example.com"),
            State::provisioning(),
        )
        .await;
        let provisioned = Trigger::Provisioned(identity(&domain_name("example.com")));
        world.moved(provisioned).await;
        world
    }

    fn tools(&self) -> StoreTools<'_, TestPorts> {
        StoreTools {
            store: &self.app.store.store,
            clock: &self.app.clock,
            ids: &self.ids,
        }
    }

    fn token(&self) -> &LinkToken {
        &self.link.as_ref().unwrap().token
    }

    async fn commit(&self, change: &Change) {
        self.app.store.store.commit(change).await.unwrap();
    }

    async fn domain(&self) -> Domain {
        let (client, name) = (client("maple-homes"), domain_name("example.com"));
        let domain = self.app.store.store.domain(&client, &name).await;
        domain.unwrap().unwrap()
    }

    async fn moved(&self, trigger: Trigger) {
        let (domain, now) = (self.domain().await, self.app.clock.now());
        let ids = SequentialIds::default();
        let moved = domain.transition(trigger, Actor::Service, None, now, &ids);
        self.commit(&moved.unwrap()).await;
    }

    /// Adds a DNS look, as a check does.
    async fn looked_at(&self) {
        let (ses, budget) = (FakeSes::default(), SesBudget::unlimited());
        let tools = self.tools().with_ses(&ses, &budget).with_dns(&self.dns);
        let (client, name) = (client("maple-homes"), domain_name("example.com"));
        let (policy, limits) = (FinalStepPolicy::default(), CheckLimits::default());
        let actor = Actor::Service;
        let checked = check(&tools, &policy, (&client, &name), &actor, limits);
        Box::pin(checked).await.unwrap();
    }

    async fn open(&self, token: &str) -> Reply {
        self.app.handle(opening(token)).await
    }
}

fn opening(token: &str) -> domain_auth_http::ParsedRequest {
    let path = format!("/handoff/{token}");
    let event = json!({
        "version": "2.0", "routeKey": "GET /handoff/{token}", "rawPath": path, "rawQueryString": "",
        "headers": {}, "pathParameters": { "token": token },
        "requestContext": {
            "routeKey": "GET /handoff/{token}", "stage": "$default", "timeEpoch": 0,
            "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1",
                      "sourceIp": "192.0.2.1", "userAgent": "tests" },
        },
        "isBase64Encoded": false,
    });
    let claims = ClaimNames {
        client_id: "client".to_owned(),
        roles: "roles".to_owned(),
        mass_mail_scope: None,
        person: PersonClaims::default(),
    };
    request_of(event, &claims).unwrap()
}

/// The content, without the style and the script that every page has.
fn main_of(reply: &Reply) -> String {
    let (_, main) = reply.body().split_once("<main").unwrap();
    let (main, _) = main.split_once("<div id=\"said\"").unwrap();
    format!("<main{main}")
}

/// A response without the parts that change with the style and the script.
fn shown(reply: &Reply) -> Value {
    let mut answer = answer_of(reply);
    if reply.body().contains("<main") {
        answer["body"] = json!(main_of(reply));
    }
    let policy = answer["headers"]["content-security-policy"]
        .as_str()
        .unwrap();
    let words = policy.split('\'').map(|word| match word.split_once('-') {
        Some(("sha256", _)) => "sha256-…",
        Some(_) | None => word,
    });
    let words: Vec<&str> = words.collect();
    answer["headers"]["content-security-policy"] = json!(words.join("'"));
    answer
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/handoff", "*.json", |file| {
        let reply = runtime.block_on(async {
            let world = World::pending().await;
            for record in world.domain().await.records().iter().take(3) {
                world.dns.publish(record);
            }
            world.looked_at().await;
            world.app.clock.advance(SignedDuration::from_secs(13));
            world.app.handle(request_in(file)).await
        });
        insta::assert_json_snapshot!(shown(&reply));
    });
}

/// The page of the domain in a state, if the state has one.
async fn page_in(status: Status) -> Option<Reply> {
    let name = domain_name("example.com");
    let new = || new_domain("maple-homes", "example.com");
    let world = match status {
        Status::Contested => {
            let contested = State::contested("5e".repeat(16), TestClock::default().now());
            World::of(new(), contested).await
        }
        Status::Provisioning | Status::Removing => World::of(new(), State::provisioning()).await,
        Status::Pending
        | Status::Verified
        | Status::Authenticated
        | Status::AtRisk
        | Status::Failed
        | Status::Rejected => World::pending().await,
    };
    let triggers = match status {
        Status::Contested | Status::Provisioning | Status::Pending => vec![],
        Status::Verified => vec![Trigger::SesVerified],
        Status::Authenticated => vec![Trigger::SesVerified, Trigger::Completed],
        Status::AtRisk => {
            let reason = "Records of example.com are missing.".to_owned();
            vec![
                Trigger::SesVerified,
                Trigger::Completed,
                Trigger::RecordsBroken { reason },
            ]
        }
        Status::Failed => vec![Trigger::SesFailed(FailureReason::DeadlinePassed)],
        Status::Rejected => {
            let reason = "SECRET: the client has not paid".to_owned();
            vec![Trigger::SesVerified, Trigger::Refused { reason }]
        }
        Status::Removing => vec![Trigger::Removed],
    };
    for trigger in triggers {
        world.moved(trigger).await;
    }
    assert_eq!(world.domain().await.name, name);
    let reply = world.open(world.token().as_str()).await;
    (reply.status() == StatusCode::OK).then_some(reply)
}

#[tokio::test]
async fn every_state_except_removing_has_a_page() {
    for status in Status::ALL {
        let page = page_in(status).await;
        assert_eq!(page.is_some(), status != Status::Removing, "{status}");
        let Some(page) = page else { continue };
        assert!(!page.body().contains("SECRET"), "{status}");
        assert!(
            page.body().len() < 50_000,
            "{status}: {}",
            page.body().len()
        );
        insta::assert_snapshot!(format!("in_state_{status}"), main_of(&page));
    }
}

#[tokio::test]
async fn the_page_reveals_only_the_domain_and_the_client() {
    let new = NewDomain {
        community: Some(Community::parse("Maple Ridge").unwrap()),
        contact_email: Some(EmailAddress::parse("kim@maple.example").unwrap()),
        ..new_domain("maple-homes", "example.com")
    };
    let world = World::of(new, State::provisioning()).await;
    let provisioned = Trigger::Provisioned(identity(&domain_name("example.com")));
    world.moved(provisioned).await;
    let note = Note::parse("We are the ones from the fair.").unwrap();
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    let tools = world.tools();
    let notified = domain_auth::use_cases::notify::notify(
        &tools,
        (&client, &name),
        Some(&note),
        &Actor::Service,
        true,
    );
    notified.await.unwrap();
    let page = main_of(&world.open(world.token().as_str()).await);
    assert!(page.contains("example.com") && page.contains("maple-homes"));
    for secret in [
        "Maple Ridge",
        "kim@",
        "maple.example",
        "the fair",
        "history",
    ] {
        assert!(!page.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn texts_from_clients_and_zones_are_escaped() {
    // The longest identifier, and a name that imitates another.
    let new = new_domain("https://evil.example/x", "xn--80ak6aa92e.com");
    let world = World::of(new, State::provisioning()).await;
    let page = world.open(world.token().as_str()).await;
    let main = main_of(&page);
    assert!(!main.contains("evil.example"), "{main}");
    assert!(main.contains("(xn--80ak6aa92e.com)"), "{main}");

    let world = World::pending().await;
    let mut record = world.domain().await.records().remove(0);
    let hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'";
    record.data = domain_auth::records::RecordData::Txt {
        text: hostile.to_owned(),
    };
    world.dns.publish(&record);
    world.looked_at().await;
    let page = world.open(world.token().as_str()).await;
    let main = main_of(&page);
    assert!(main.contains("alert(1)"), "it is shown: {main}");
    assert!(
        !main.contains("<script") && !main.contains("<img"),
        "{main}"
    );
}

#[tokio::test]
async fn an_error_page_is_shown_if_the_store_does_not_answer() {
    let mut world = World::pending().await;
    world.app.store.fails = true;
    let reply = world.open(&"B".repeat(43)).await;
    assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
    insta::assert_snapshot!(main_of(&reply));
}

#[tokio::test]
async fn the_page_uses_the_dns_providers_field_names() {
    let world = World::pending().await;
    world.looked_at().await;
    let domain = world.domain().await;
    let look = world.app.store.store.look(&domain.client, &domain.name);
    let mut change = domain.updated(|_| {});
    change.look = Some(DnsLook {
        zone: ZoneOutcome::Found(Zone {
            apex: "example.com".to_owned(),
            name_servers: vec!["ada.ns.cloudflare.com".to_owned()],
        }),
        ..look.await.unwrap().unwrap()
    });
    world.commit(&change).await;
    let page = world.open(world.token().as_str()).await;
    let main = main_of(&page);
    assert!(main.contains("At <strong>Cloudflare</strong>"), "{main}");
    assert!(main.contains("https://dash.cloudflare.com"), "{main}");
}
