//! Looks for an identity's records in DNS, as SES does.

use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{Resolver, TokioResolver};
use ses_model::{Look, SIGNING_HOSTED_ZONE, Seen};

/// Looks at one DNS server, without a cache.
#[derive(Debug)]
pub(crate) struct Lookup {
    resolver: TokioResolver,
}

impl Lookup {
    pub(crate) fn new(server: SocketAddr) -> Result<Self, NetError> {
        let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        for connection in &mut connections {
            connection.port = server.port();
        }
        let server = NameServerConfig::new(server.ip(), true, connections.into());
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.cache_size = 0;
        options.attempts = 2;
        options.timeout = Duration::from_secs(1);
        Ok(Self {
            resolver: builder.build()?,
        })
    }

    /// Looks for one record set.
    pub(crate) async fn look(&self, look: &Look) -> Seen {
        match look {
            Look::Text { domain, token } => self.text(domain, token).await,
            Look::Dkim { domain, tokens } => self.dkim(domain, tokens).await,
            Look::Selector { domain, selector } => {
                let name = format!("{selector}._domainkey.{domain}");
                self.all(&name, RecordType::TXT, |_| true).await
            }
            Look::MailFrom { domain, region } => self.mail_from(domain, region).await,
        }
    }

    async fn text(&self, domain: &str, token: &str) -> Seen {
        let usual = self
            .all(&format!("_amazonses.{domain}"), RecordType::TXT, |values| {
                values.iter().any(|value| value == token)
            })
            .await;
        if usual == Seen::Found {
            return usual;
        }
        let prefixed = format!("amazonses:{token}");
        let at_domain = self
            .all(domain, RecordType::TXT, |values| {
                values
                    .iter()
                    .any(|value| value == token || *value == prefixed)
            })
            .await;
        match at_domain {
            Seen::Found => Seen::Found,
            // SES ignores other records at the domain itself.
            Seen::Missing | Seen::Different => usual,
            Seen::Unknown => Seen::Unknown,
        }
    }

    async fn dkim(&self, domain: &str, tokens: &[String; 3]) -> Seen {
        let looks = tokens.iter().map(|token| async move {
            let target = format!("{token}.{SIGNING_HOSTED_ZONE}");
            self.all(
                &format!("{token}._domainkey.{domain}"),
                RecordType::CNAME,
                |values| values.len() == 1 && values[0].eq_ignore_ascii_case(&target),
            )
            .await
        });
        worst(join_all(looks).await)
    }

    async fn mail_from(&self, domain: &str, region: &str) -> Seen {
        let target = format!("feedback-smtp.{region}.amazonses.com");
        let (exchange, policy) = tokio::join!(
            self.all(domain, RecordType::MX, |values| {
                values.len() == 1 && values[0].eq_ignore_ascii_case(&target)
            }),
            self.all(domain, RecordType::TXT, |values| {
                values.iter().any(|value| {
                    let value = value.to_ascii_lowercase();
                    value.starts_with("v=spf1 ") && value.contains("include:amazonses.com")
                })
            }),
        );
        worst([exchange, policy])
    }

    /// Looks up one record set and checks its values: TXT strings joined, targets without the last
    /// dot.
    async fn all(
        &self,
        name: &str,
        record_type: RecordType,
        expected: impl Fn(&[String]) -> bool,
    ) -> Seen {
        let Ok(mut name) = Name::from_ascii(name) else {
            return Seen::Missing;
        };
        name.set_fqdn(true);
        match self.resolver.lookup(name, record_type).await {
            Ok(found) => {
                let values: Vec<_> = found
                    .answers()
                    .iter()
                    .filter(|record| record.record_type() == record_type)
                    .map(|record| value(&record.data))
                    .collect();
                if values.is_empty() {
                    Seen::Missing
                } else if expected(&values) {
                    Seen::Found
                } else {
                    Seen::Different
                }
            }
            Err(error) if error.is_no_records_found() => Seen::Missing,
            Err(error) => {
                tracing::debug!(%error, %record_type, "DNS did not answer");
                Seen::Unknown
            }
        }
    }
}

fn value(data: &RData) -> String {
    match data {
        RData::TXT(text) => text
            .txt_data
            .iter()
            .map(|part| String::from_utf8_lossy(part))
            .collect(),
        RData::CNAME(target) => host(&target.0),
        RData::MX(server) => host(&server.exchange),
        other => other.to_string(),
    }
}

fn host(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
}

/// All must be found. If DNS did not answer for one, the result is unknown, and nothing counts as
/// missing.
fn worst(all: impl IntoIterator<Item = Seen>) -> Seen {
    let rank = |seen: &Seen| match seen {
        Seen::Found => 0,
        Seen::Different => 1,
        Seen::Missing => 2,
        Seen::Unknown => 3,
    };
    all.into_iter().max_by_key(rank).unwrap_or(Seen::Unknown)
}
