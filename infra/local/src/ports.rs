//! Ports on 127.0.0.1. A port that is in use is reported before anything is built, with the flag
//! that changes it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use crate::Error;

/// The address on which all parts of the local stack listen.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The other addresses of the DNS server, 127.0.0.2 to 127.0.0.9: separate name servers for zones
/// that use them.
pub(crate) fn name_servers() -> Vec<IpAddr> {
    (2..=9)
        .map(|last| Ipv4Addr::new(127, 0, 0, last).into())
        .collect()
}

/// The port itself if it is free, or a free one for 0.
pub(crate) fn tcp(port: u16, option: &'static str) -> Result<u16, Error> {
    TcpListener::bind(loopback(port))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| explain(port, option, source))
}

/// Fails if the port is in use, over UDP or TCP. Port 0 always passes.
pub(crate) fn check_udp_and_tcp(port: u16, option: &'static str) -> Result<(), Error> {
    UdpSocket::bind(loopback(port)).map_err(|source| explain(port, option, source))?;
    tcp(port, option).map(drop)
}

fn explain(port: u16, option: &'static str, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse { port, option },
        _ => Error::Port { port, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_for_a_port_in_use_names_the_flag_that_changes_it() {
        let taken = TcpListener::bind(loopback(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = tcp(port, "--port").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "port {port} is already in use; stop what uses it, or choose another with --port"
            )
        );
    }

    #[test]
    fn a_port_in_use_only_on_udp_is_in_use_for_dns() {
        let taken = UdpSocket::bind(loopback(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = check_udp_and_tcp(port, "--dns-port").unwrap_err();
        assert!(matches!(error, Error::PortInUse { .. }), "{error}");
    }

    #[test]
    fn port_zero_chooses_a_free_port() {
        assert_ne!(tcp(0, "--port").unwrap(), 0);
    }
}
