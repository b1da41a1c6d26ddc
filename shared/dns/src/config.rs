//! The configuration of look-ups, read once at start-up.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use thiserror::Error;

/// The configured recursive resolvers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecursiveServers {
    /// The servers in the system's `/etc/resolv.conf`.
    System,
    /// Exactly these servers, in the order of preference.
    Given(Vec<SocketAddr>),
}

/// Limits of time and of concurrency. The defaults suit a poller in a function with 1,024 open
/// files and a resolver that accepts about a thousand packets per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls of the port that run at the same time; further calls wait.
    pub calls: usize,
    /// Queries in flight for one call. Each call has its own limit, so that a domain with dead
    /// servers delays no other look-up. The number of sockets is this times `calls`.
    pub queries_per_call: usize,
    /// Time for a reply on UDP, after which the query is sent once more, with the same time again
    /// (twice as much for the recursive resolver).
    pub reply: Duration,
    /// Time for a connection and a reply on TCP.
    pub stream: Duration,
    /// Time for one question, at all servers together.
    pub question: Duration,
    /// Time for one call, after it has got its permit.
    pub call: Duration,
    /// Time that a call waits for its permit.
    pub turn: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 32,
            queries_per_call: 8,
            reply: Duration::from_secs(1),
            stream: Duration::from_secs(2),
            question: Duration::from_secs(5),
            call: Duration::from_secs(10),
            turn: Duration::from_secs(30),
        }
    }
}

/// The configuration of look-ups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsConfig {
    /// The resolvers for the recursive view, for zone cuts and for the addresses of name servers.
    pub recursive: RecursiveServers,
    /// The port of authoritative servers: 53, except in development.
    pub authoritative_port: u16,
    /// Whether authoritative servers may have addresses that are not public.
    pub allow_special_addresses: bool,
    /// The limits.
    pub limits: Limits,
    /// Whether name servers without an IPv4 address are queried over IPv6. `None`: if this machine
    /// has a route to IPv6.
    pub ipv6: Option<bool>,
}

/// A variable of the environment is invalid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// `DNS_SERVERS` is not a list of socket addresses.
    #[error("DNS_SERVERS must be a comma-separated list of ip:port, but has {0:?}")]
    Servers(String),
    /// `DNS_AUTHORITATIVE_PORT` is not a port.
    #[error("DNS_AUTHORITATIVE_PORT must be a port from 1 to 65535, but is {0:?}")]
    AuthoritativePort(String),
    /// The system's resolver configuration cannot be read.
    #[error("/etc/resolv.conf names no name server, and DNS_SERVERS is not set")]
    NoSystemServers,
}

impl DnsConfig {
    /// The configuration for production: the system's resolver, port 53, public addresses.
    pub fn system() -> Self {
        Self {
            recursive: RecursiveServers::System,
            authoritative_port: 53,
            allow_special_addresses: false,
            limits: Limits::default(),
            ipv6: None,
        }
    }

    /// Reads `DNS_SERVERS` and `DNS_AUTHORITATIVE_PORT`, both optional. An empty value counts as
    /// unset. Setting either allows authoritative servers on addresses that are not public.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let set = |name| var(name).filter(|value| !value.trim().is_empty());
        let mut config = Self::system();
        if let Some(servers) = set("DNS_SERVERS") {
            config.recursive = RecursiveServers::Given(parse_servers(&servers)?);
            config.allow_special_addresses = true;
        }
        if let Some(port) = set("DNS_AUTHORITATIVE_PORT") {
            config.authoritative_port = match port.trim().parse() {
                Ok(port) if port > 0 => port,
                Ok(_) | Err(_) => return Err(ConfigError::AuthoritativePort(port)),
            };
            config.allow_special_addresses = true;
        }
        Ok(config)
    }

    /// The addresses of the recursive resolvers, at least one.
    pub(crate) fn servers(&self) -> Result<Vec<SocketAddr>, ConfigError> {
        let servers = match &self.recursive {
            RecursiveServers::Given(servers) => servers.clone(),
            RecursiveServers::System => {
                let text = std::fs::read("/etc/resolv.conf")
                    .map_err(|_unreadable| ConfigError::NoSystemServers)?;
                system_servers(&text)
            }
        };
        if servers.is_empty() {
            return Err(ConfigError::NoSystemServers);
        }
        Ok(servers)
    }
}

fn parse_servers(list: &str) -> Result<Vec<SocketAddr>, ConfigError> {
    list.split(',')
        .map(str::trim)
        .map(|server| match server.parse::<SocketAddr>() {
            Ok(address) if address.port() > 0 => Ok(address),
            Ok(_) | Err(_) => Err(ConfigError::Servers(server.to_owned())),
        })
        .collect()
}

/// The name servers of a `resolv.conf`. Lines that cannot be read are ignored, as in the C library.
fn system_servers(text: &[u8]) -> Vec<SocketAddr> {
    let (parsed, _unreadable_lines) = resolv_conf::Config::parse_with_errors(text);
    parsed
        .nameservers
        .iter()
        .map(|server| match IpAddr::from(server) {
            IpAddr::V4(address) => SocketAddr::from((address, 53)),
            IpAddr::V6(address) => SocketAddrV6::new(address, 53, 0, 0).into(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(servers: Option<&str>, port: Option<&str>) -> Result<DnsConfig, ConfigError> {
        DnsConfig::from_vars(|name| {
            match name {
                "DNS_SERVERS" => servers,
                "DNS_AUTHORITATIVE_PORT" => port,
                other => panic!("{other} is not a variable of the look-ups"),
            }
            .map(str::to_owned)
        })
    }

    #[test]
    fn without_settings_the_system_resolver_and_only_public_addresses_are_used() {
        assert_eq!(config(None, None), Ok(DnsConfig::system()));
        assert_eq!(config(Some(""), Some(" ")), Ok(DnsConfig::system()));
    }

    #[test]
    fn either_variable_allows_special_addresses() {
        let servers = config(Some("127.0.0.1:5353, [::1]:54"), None).unwrap();
        assert_eq!(
            servers.servers().unwrap(),
            [
                "127.0.0.1:5353".parse().unwrap(),
                "[::1]:54".parse().unwrap()
            ]
        );
        assert_eq!(servers.authoritative_port, 53);
        assert!(servers.allow_special_addresses);

        let port = config(None, Some("5353")).unwrap();
        assert_eq!(port.recursive, RecursiveServers::System);
        assert_eq!(port.authoritative_port, 5353);
        assert!(port.allow_special_addresses);
    }

    #[test]
    fn the_error_for_an_invalid_value_names_its_variable() {
        for servers in ["localhost:53", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:53,"] {
            let error = config(Some(servers), None).unwrap_err();
            assert!(error.to_string().contains("DNS_SERVERS"), "{servers}");
        }
        for port in ["0", "65536", "dns"] {
            let error = config(None, Some(port)).unwrap_err();
            assert!(
                error.to_string().contains("DNS_AUTHORITATIVE_PORT"),
                "{port}"
            );
        }
    }

    #[test]
    fn resolv_conf_is_read_like_the_c_library_reads_it() {
        let text = b"search example.com\nnameserver 10.0.0.2\nnonsense\nnameserver fd00:ec2::253\n";
        assert_eq!(
            system_servers(text),
            [
                "10.0.0.2:53".parse().unwrap(),
                "[fd00:ec2::253]:53".parse().unwrap()
            ]
        );
    }
}
