//! The DNS of all cases: one server with all their zones and faults, and the service's look at it.

use std::fmt::Write;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use domain_auth::dns::DnsLook;
use domain_auth::domain::{Domain, NewDomain};
use domain_auth::history::Actor;
use domain_auth::identity::{Dkim, DkimToken, MailFromLabel, SesIdentity, VerificationToken};
use domain_auth::ports::Clock;
use domain_auth::records::{Record, RecordData};
use domain_auth::state::{State, Trigger};
use domain_auth::use_cases::look::look_at_dns;
use domain_auth_dns::{DnsConfig, Limits, Resolver};
use domain_auth_testkit::{SequentialIds, TestClock, client};
use jiff::Timestamp;
use local_dns_server::{DnsControl, DnsServer, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::case::{Case, DKIM_TOKENS, SECRET, TOKEN};

/// The maximum number of name servers that a case can have.
const MAX_SERVERS: u8 = 8;

/// The running DNS.
pub(crate) struct World {
    resolver: Resolver,
    /// Stops when it is dropped.
    _server: DnsServer,
    _control: DnsControl,
    /// Deleted when it is dropped.
    _folder: TempDir,
}

impl World {
    /// Publishes the zones of all cases and sets their faults.
    pub(crate) async fn start(cases: &[Case]) -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        for (number, (zone, lines)) in cases.iter().flat_map(zones).enumerate() {
            // Two cases may have lines in one zone, so the file does not have the zone's name.
            let text = format!("$ORIGIN {zone}.\n{lines}");
            let path = folder.path().join(format!("corpus{number}.zone"));
            std::fs::write(path, text).map_err(|error| error.to_string())?;
        }
        let options = Options {
            zones_dir: folder.path().to_owned(),
            address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
        };
        let more: Vec<IpAddr> = (1..=MAX_SERVERS).map(server).collect();
        let started = DnsServer::start_at(options, &more).await;
        let started = started.map_err(|error| error.to_string())?;
        let problems = started.problems();
        if !problems.is_empty() {
            return Err(of_files(&problems, cases));
        }
        let anywhere = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
        let control = DnsControl::start(anywhere, &started).await;
        let control = control.map_err(|error| error.to_string())?;
        set_faults(&control, cases).await?;
        Ok(Self {
            resolver: resolver(started.address().port())?,
            _server: started,
            _control: control,
            _folder: folder,
        })
    }

    /// Looks at the domain of a case, as a check of the service does.
    pub(crate) async fn look(&self, case: &Case) -> Result<(Domain, DnsLook), String> {
        let domain = domain(case)?;
        let ses = case.fields.ses.map(crate::case::Ses::status);
        let resolver = self.resolver.begin_run();
        let look = look_at_dns(&resolver, &RealClock, &domain, ses).await;
        Ok((domain, look.ok_or("the domain has no records")?))
    }
}

/// The zones of a case, including its correctly published records.
fn zones(case: &Case) -> Vec<(String, String)> {
    let mut zones = case.zones.clone();
    let records = domain(case).map(|domain| domain.records());
    let published = records.unwrap_or_default();
    let published = published
        .iter()
        .filter(|record| case.is_published(record.id));
    // In the zone that is closest to the name, as in reality.
    for record in published {
        let encloses = |zone: &str| {
            record
                .name
                .strip_suffix(zone)
                .is_some_and(|front| front.ends_with('.'))
        };
        let closest = zones.iter_mut().filter(|(zone, _)| encloses(zone));
        if let Some((_, lines)) = closest.max_by_key(|(zone, _)| zone.len()) {
            let _infallible = writeln!(lines, "{}", line_of(record));
        }
    }
    zones
}

fn line_of(record: &Record) -> String {
    let name = &record.name;
    match &record.data {
        RecordData::Txt { text } => format!("{name}. TXT \"{text}\""),
        RecordData::Cname { target } => format!("{name}. CNAME {target}."),
        RecordData::Mx {
            preference,
            exchange,
        } => format!("{name}. MX {preference} {exchange}."),
    }
}

/// The domain of a case as it is stored while SES looks for its records.
fn domain(case: &Case) -> Result<Domain, String> {
    let (clock, ids) = (TestClock::default(), SequentialIds::default());
    let now = clock.now();
    let new = NewDomain {
        name: case.domain.clone(),
        client: client("maple-homes"),
        community: None,
        contact_email: None,
    };
    let state = if case.fields.contested {
        State::contested(SECRET.to_owned(), now)
    } else {
        State::provisioning()
    };
    let mut domain = Domain::add(new, state, None, Actor::Service, now, &ids).domain;
    if !case.fields.contested {
        let provisioned = Trigger::Provisioned(identity(case)?);
        let moved = domain.transition(provisioned, Actor::Service, None, now, &ids);
        domain = moved.map_err(|error| error.to_string())?.domain;
    }
    domain.former_tokens = case.fields.former.clone();
    Ok(domain)
}

fn identity(case: &Case) -> Result<SesIdentity, String> {
    let token = |text| DkimToken::parse(text).map_err(|error| format!("{error:?}"));
    let verification = VerificationToken::parse(TOKEN).map_err(|error| format!("{error:?}"))?;
    Ok(SesIdentity {
        verification_token: Some(verification),
        dkim: Some(Dkim {
            tokens: [
                token(DKIM_TOKENS[0])?,
                token(DKIM_TOKENS[1])?,
                token(DKIM_TOKENS[2])?,
            ],
            signing_hosted_zone: case.fields.signing_hosted_zone.clone(),
        }),
        mail_from: Some(MailFromLabel::default_label()),
        region: case.fields.region.clone(),
        adopted: None,
    })
}

/// The configuration of the functions in the local stack, with timeouts for a network on one
/// machine.
fn resolver(port: u16) -> Result<Resolver, String> {
    let config = DnsConfig::from_vars(|name| match name {
        "DNS_SERVERS" => Some(format!("127.0.0.1:{port}")),
        "DNS_AUTHORITATIVE_PORT" => Some(port.to_string()),
        _ => None,
    });
    let mut config = config.map_err(|error| error.to_string())?;
    config.limits = Limits {
        reply: Duration::from_millis(500),
        stream: Duration::from_secs(1),
        ..Limits::default()
    };
    Resolver::new(config).map_err(|error| error.to_string())
}

/// The address of a name server, counted from 1.
fn server(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, number + 1).into()
}

/// Sets the name servers and the faults of all cases, limited to the names of their own zones.
async fn set_faults(control: &DnsControl, cases: &[Case]) -> Result<(), String> {
    let mut servers = serde_json::Map::new();
    let mut faults = Vec::new();
    for case in cases {
        if let Some(count) = case.fields.servers {
            let addresses: Vec<IpAddr> = (1..=count.min(MAX_SERVERS)).map(server).collect();
            servers.insert(case.zone.clone(), json!(addresses));
        }
        for fault in &case.fields.faults {
            let mut fault = fault.clone();
            let name = fault.get("name").and_then(Value::as_str).unwrap_or("{z}");
            let name = Value::from(case.fill_in(name));
            fault.insert("name".to_owned(), name);
            faults.push(json!(fault));
        }
    }
    let url = format!("{}/control", control.url());
    let body = json!({ "servers": servers, "faults": faults }).to_string();
    let answer = reqwest::Client::new().post(url).body(body).send().await;
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.status().is_success() {
        return Ok(());
    }
    let why = answer.text().await;
    Err(why.unwrap_or_else(|error| error.to_string()))
}

/// The server's complaints about the files, with the names of the cases.
fn of_files(problems: &[local_dns_server::ZoneProblem], cases: &[Case]) -> String {
    let names: Vec<String> = cases
        .iter()
        .flat_map(|case| {
            zones(case)
                .into_iter()
                .map(|(zone, _)| format!("{} ({zone})", case.name))
        })
        .collect();
    let of = |problem: &local_dns_server::ZoneProblem| {
        let file = problem.file.file_stem().and_then(|stem| stem.to_str());
        let number = file.and_then(|file| file.strip_prefix("corpus")?.parse::<usize>().ok());
        let name = number.and_then(|number| names.get(number)).cloned();
        // The case does not contain the first line of the file.
        format!("{}: {}", name.unwrap_or_default(), problem.message)
    };
    problems.iter().map(of).collect::<Vec<_>>().join("\n")
}

/// The machine's clock: look-ups over a network take real time.
struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }
}
